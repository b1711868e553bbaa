"""Needs and grants become a set-point for the home battery."""
