"""Batteries on their wires: each family's driver, and what all of them share."""
