"""Screens: pure render functions, and the modules that draw them."""
