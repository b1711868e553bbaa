"""A past year lived again: the home, its cars and its battery under several strategies."""
