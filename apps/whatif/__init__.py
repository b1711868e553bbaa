"""What whatif.py is made of: the past, and what it costs."""
