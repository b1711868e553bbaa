"""Readings become the quarter hour: so far, forecast, month peak, headroom."""
