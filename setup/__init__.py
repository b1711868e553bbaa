"""Upkeep: what puts the program on a machine, keeps it well, renews it and takes it away again."""
