"""What the three programs share."""
