"""Notifications to the household: each cause once, and how it is sent."""
