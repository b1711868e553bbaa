"""Parts of the car charging program."""
