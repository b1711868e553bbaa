"""Bytes of a P1 line become telegrams and their readings, in one step."""

from dataclasses import dataclass

from p1.framing import Counts, Frame, Framer, Rejected
from p1.reader import Reader
from p1.reading import Reading
from p1.telegram import Telegram, parse


@dataclass(frozen=True, slots=True)
class Decoded:
    """A valid telegram: its lines and its reading."""

    telegram: Telegram
    reading: Reading


class Decoder:
    """Decodes the bytes of one meter. Never raises for any bytes."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._reader = Reader()
        self.counts: Counts = self._framer.counts
        """Counts since the start."""

    def feed(self, chunk: bytes) -> list[Decoded | Rejected]:
        """The telegrams that `chunk` completes, good and bad, in order."""
        return [
            self._decoded(found) if isinstance(found, Frame) else found
            for found in self._framer.feed(chunk)
        ]

    def _decoded(self, frame: Frame) -> Decoded:
        telegram = parse(frame.raw)
        return Decoded(telegram, self._reader.read(telegram))
