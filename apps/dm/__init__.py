"""What the meter program is made of."""
