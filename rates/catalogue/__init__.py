"""Contracts by supplier, product, region and month of the card, with the card's printed prices."""
