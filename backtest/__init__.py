"""Replay of a past year: a home, its cars and its battery under several strategies."""
