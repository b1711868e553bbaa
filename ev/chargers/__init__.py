"""Chargers on their wires: each family in a folder of its own, and what all of them share."""
