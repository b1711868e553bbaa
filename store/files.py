"""Files that are complete or absent, even after a crash during the write."""

import logging
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE, S_ISLNK

from base.language import phrase

OTHERS = 0o077
log = logging.getLogger(__name__)


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically: a reader sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _firm(path.parent)


def remove(path: Path) -> None:
    """Remove `path` durably: it does not return after a power cut."""
    path.unlink(missing_ok=True)
    _firm(path.parent)


def set_aside(path: Path, why: object, then: str) -> None:
    """Renames the file, or anything with its name, and logs that; `then` is the consequence."""
    aside = path.with_name(f"{path.name}.bad-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        path.replace(aside)
    except OSError as error:
        log.error(
            phrase(
                "{name} cannot be read ({reason}) and cannot be renamed ({text})",
                name=path.name,
                reason=why,
                text=error.strerror,
            )
        )
    else:
        log.error(
            phrase(
                "{name} cannot be read ({reason}): set aside as {aside}; {text}",
                name=path.name,
                reason=why,
                aside=aside.name,
                text=then,
            )
        )


def keep_private(folder: Path) -> None:
    """Make the house's files in `folder` readable by their owner only; older versions did not."""
    kept = [
        folder / name
        for name in ("data.pickle", "ev.json", "bs.json", "calendars.json", "phones.json")
    ]
    for room in (folder / "log", folder / "history"):
        kept += [room, *room.rglob("*")]
    for path in kept:
        with suppress(OSError):  # it is not there, or another's
            mode = path.stat(follow_symlinks=False).st_mode
            if mode & OTHERS and not S_ISLNK(mode):
                path.chmod(S_IMODE(mode) & ~OTHERS)


def _firm(path: Path) -> None:
    """Sync the names in a folder to the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
