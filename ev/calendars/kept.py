"""What outlives a restart: a file only its owner can read, never half written."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import TypeAdapter, ValidationError

from ev.calendars.expand import Expanded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar said when it was last read, at `at` (UTC)."""

    at: datetime
    said: Expanded


_FILE = TypeAdapter(dict[str, Read])


def load(path: Path) -> dict[str, Read]:
    """The last readings by calendar; none, said once, when the file is broken."""
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be read and is made anew (%s).", path, type(error).__name__)
        return {}


def save(path: Path, readings: Mapping[str, Read]) -> None:
    """The readings are on disk; when they cannot be, that is said and nothing else."""
    try:
        write_private(path, _FILE.dump_json(dict(readings)))
    except OSError as error:
        log.warning("The calendars could not be kept in %s (%s).", path, error.strerror)


def write_private(path: Path, content: bytes) -> None:
    """The file holds `content` or, after a power cut, what it held before. Mode 0600."""
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
