"""Parts of the meter program."""
