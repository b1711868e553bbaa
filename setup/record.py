"""Record of install's changes, so that uninstall reverts just those: .installed.json."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FILE = ".installed.json"


class Kind(StrEnum):
    """Kinds of changes to a machine."""

    CONFIG = "config"  # name: the key; was and now: its value as written
    FILE = "file"  # name: a file in the home or the project; was and now: its text
    MADE = "made"  # name: a file that was not there; now: its text
    ROOT_FILE = "root file"  # name: one of root's files that was not there; now: its text
    LOGIN = "login"  # name: the login file that got our block
    CRONTAB = "crontab"  # name: the line
    GROUP = "group"  # name: the group the user was added to
    UNIT = "unit"  # name: the systemd user unit
    LINGER = "linger"  # user units start without a login


class Done(BaseModel):
    """One thing that was done. `was` is None without an earlier value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    kind: Kind
    name: str
    was: str | None = None
    now: str = ""


class _Book(BaseModel):
    done: tuple[Done, ...] = ()


class Record:
    """The file, rewritten at each step, so that it is complete even when the next step fails."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._book = _Book()
        if self._path.exists():
            self._book = _Book.model_validate_json(self._path.read_text(encoding="utf-8"))

    @property
    def done(self) -> tuple[Done, ...]:
        return self._book.done

    def add(self, kind: Kind, name: str, was: str | None = None, now: str = "") -> None:
        """Record the step as done. After a second run, the value before the first one is kept."""
        same = next((one for one in self.done if (one.kind, one.name) == (kind, name)), None)
        new = Done(kind=kind, name=name, was=same.was if same else was, now=now)
        self._write(lambda one: one is not same, (new,))

    def drop(self, gone: Done) -> None:
        """Remove the step from the record."""
        self._write(lambda one: one is not gone, ())

    def _write(self, keeps: Callable[[Done], bool], more: tuple[Done, ...]) -> None:
        self._book = _Book(done=(*filter(keeps, self.done), *more))
        if not self.done:
            self._path.unlink(missing_ok=True)
            return
        beside = self._path.with_suffix(".new")
        beside.write_text(self._book.model_dump_json(indent=1) + "\n", encoding="utf-8")
        beside.replace(self._path)
