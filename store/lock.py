"""A data folder belongs to one daemon of a kind at a time; the lock ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from base.language import phrase


class BusyError(Exception):
    """Another daemon of this kind uses the folder."""


def locked(folder: Path, program: str, what: str) -> int:
    """The open folder, locked. BusyError when another `program` has its `what` there."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise BusyError(
            phrase(
                "another {program} uses {folder} for its {what}",
                program=program,
                what=what,
                folder=folder,
            )
        ) from None
    return held


@contextmanager
def kept(folder: Path, program: str, what: str) -> Iterator[None]:
    """Inside the context, the folder exists and is locked."""
    folder.mkdir(parents=True, exist_ok=True)
    held = locked(folder, program, what)
    try:
        yield
    finally:
        os.close(held)
