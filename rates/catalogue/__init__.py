"""Contracts by supplier, product, region and month of the card, each with what the card prints."""
