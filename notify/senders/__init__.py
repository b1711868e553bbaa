"""Notification services: one file and one registry row for each."""
