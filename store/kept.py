"""What an app keeps over a restart in one JSON file, written whole; what is in it is checked."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from store.files import write_whole

T = TypeVar("T")
log = logging.getLogger(__name__)


class KeptFile(Generic[T]):
    """The file at `path` holds one value of `kind`. Delete it to start afresh."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path, self._file = path, TypeAdapter(kind)

    def save(self, value: T) -> None:
        """It is on disk, whole; when it cannot be, that is said and nothing else."""
        try:
            write_whole(self._path, self._file.dump_json(value))
        except OSError as error:
            log.warning("%s cannot be written now (%s)", self._path.name, error)

    def load(self) -> T | None:
        """What was kept; None when nothing was. A file that cannot be read is set aside, and
        said."""
        try:
            return self._file.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            aside = self._path.with_name(
                f"{self._path.name}.bad-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
            )
            self._path.replace(aside)
            why = error if isinstance(error, OSError) else error.errors(include_url=False)[0]["msg"]
            said = "%s cannot be read (%s): set aside as %s; what it knew is learned again"
            log.error(said, self._path.name, why, aside.name)
            return None
