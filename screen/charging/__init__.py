"""The screen of car charging."""
