"""Bytes from the P1 port become a Telegram, and a Telegram becomes a Reading."""
