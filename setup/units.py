"""The systemd user units of this folder, where they were chosen instead of tmux at boot."""

from pathlib import Path

from setup import texts
from setup.machine import Machine, read

FOLDER = Path(".config/systemd/user")
_MANAGER = ("systemctl", "--user")


def active(machine: Machine, app: str | None = None) -> list[str]:
    """Our units that run, or that of one program."""
    ours = (texts.unit_name(name) for name in texts.PROGRAMS if app in (None, name))
    there = [name for name in ours if _of(machine.folder, machine.home / FOLDER / name)]
    return [name for name in there if machine.run(*_MANAGER, "is-active", "--quiet", name) == ""]


def stopped(machine: Machine, app: str | None = None) -> list[str]:
    """Our units that ran, and run no more until the next boot."""
    if ran := active(machine, app):
        machine.run(*_MANAGER, "stop", *ran)
    return ran


def start(machine: Machine, names: list[str]) -> None:
    """Start these units, with the files that are in the folder now."""
    if names:
        machine.run(*_MANAGER, "start", *names)


def _of(folder: Path, unit: Path) -> bool:
    return texts.working_directory(folder) in read(unit).splitlines()
