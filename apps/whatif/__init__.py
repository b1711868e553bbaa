"""Parts of whatif.py: the past and its cost."""
