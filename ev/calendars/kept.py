"""State across a restart: readings of calendars, and a login in a file only its owner can read."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from ev.calendars.expand import Expanded


@dataclass(frozen=True, slots=True)
class Read:
    """Last reading of a calendar, at `at` (UTC)."""

    at: datetime
    said: Expanded


Readings = dict[str, Read]
"""The last good reading of each calendar, by its name."""


class Keeper(Protocol):
    """Store of the readings across a restart."""

    def load(self) -> Readings | None:
        """The stored readings; None without any."""
        ...

    def save(self, value: Readings) -> None:
        """Keep the readings; an error is logged only."""
        ...


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to the file atomically. Mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        beside = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            beside.unlink()
            raise
