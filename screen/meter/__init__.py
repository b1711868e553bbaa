"""The meter's screen."""
