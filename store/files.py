"""Files that are whole or not there, whatever happens while they are written."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """`path` holds `content`; before that moment it held what it held, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _firm(path.parent)


def remove(path: Path) -> None:
    """There is no `path`, and it does not come back after a power cut."""
    path.unlink(missing_ok=True)
    _firm(path.parent)


def _firm(path: Path) -> None:
    """The names in a folder are on the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
