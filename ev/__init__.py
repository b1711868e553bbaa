"""Needs and grants become a set-point for each charger, so that every car is ready in time."""
