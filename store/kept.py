"""State of an app across a restart, in one JSON file, written atomically and checked when read."""

import logging
import re
import zlib
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from base.language import phrase
from store.files import set_aside, write_whole

T = TypeVar("T")
_SEAL = re.compile(rb'\{"crc32":"([0-9a-f]{8})",?')
log = logging.getLogger(__name__)


class KeptFile(Generic[T]):
    """The file at `path` has one value of `kind`, an object in JSON. Delete it to begin again.

    Its first key is the checksum of the rest; older versions wrote none.
    """

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path, self._file = path, TypeAdapter(kind)

    def save(self, value: T) -> None:
        """Write it to disk atomically; a failure is logged only."""
        content = self._file.dump_json(value)
        comma = "" if content == b"{}" else ","
        head = f'{{"crc32":"{zlib.crc32(content):08x}"{comma}'
        try:
            write_whole(self._path, head.encode() + content[1:])
        except OSError as error:
            log.warning(
                phrase("{name} cannot be written now ({text})", name=self._path.name, text=error)
            )

    def load(self) -> T | None:
        """The stored state; None without any. A file that cannot be read is set aside and
        logged."""
        try:
            return self._file.validate_json(_unsealed(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why: object = error
            if isinstance(error, ValidationError):
                why = error.errors(include_url=False)[0]["msg"]
            set_aside(self._path, why, phrase("what it had learned is lost and is learned again"))
            return None


def _unsealed(content: bytes) -> bytes:
    """The content, if its checksum holds."""
    seal = _SEAL.match(content)
    if seal is None:
        return content
    rest = b"{" + content[seal.end() :]
    if int(seal[1], 16) != zlib.crc32(rest):
        raise ValueError("its checksum is wrong")
    return rest
