"""Copies of the history while a new version is tried: one that cannot go back takes none of it."""

import shutil
from pathlib import Path

FOLDER = ".trial/kept"
FILES = tuple(
    f"{folder}history/{name}"
    for folder in ("", ".replayed/")
    for name in ("quarters.db", "prices.db")
)
_FORM = slice(60, 64)  # user_version in the header of an SQLite file


def save(folder: Path) -> None:
    """The databases are copied; no program has them open."""
    for name in FILES:
        if (path := folder / name).exists():
            (folder / FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / FOLDER / name)


def restore(folder: Path) -> None:
    """A database whose form was upgraded is restored: the version before cannot read the new one.
    Later bookings come from the meter's registers.
    """
    for name in FILES:
        kept, path = folder / FOLDER / name, folder / name
        if kept.exists() and _form(kept) != _form(path):
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            shutil.copy2(kept, path)


def drop(folder: Path) -> None:
    """The copies are gone."""
    shutil.rmtree((folder / FOLDER).parent, ignore_errors=True)


def _form(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(_FORM.stop)[_FORM]
