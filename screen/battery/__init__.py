"""The screen of the home battery."""
