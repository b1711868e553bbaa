"""Chargers: a folder for each family, and the parts that all share."""
