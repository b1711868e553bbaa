"""Readings and prices become money."""
