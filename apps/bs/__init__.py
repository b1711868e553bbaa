"""Parts of the battery program."""
