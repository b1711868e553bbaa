"""What the car charging program is made of."""
