"""The demo: the real programs on a simulated house, with a past, and their screens."""
