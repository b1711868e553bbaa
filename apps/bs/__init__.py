"""What the battery program is made of."""
