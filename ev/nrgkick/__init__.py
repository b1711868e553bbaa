"""The NRGkick Gen2 over its local JSON API."""

from ev.nrgkick.driver import NrgKick

__all__ = ["NrgKick"]
