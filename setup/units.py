"""The systemd user units of this folder, where they were chosen in place of tmux at boot."""

from pathlib import Path

from setup import texts
from setup.machine import Machine, read

FOLDER = Path(".config/systemd/user")
_MANAGER = ("systemctl", "--user")


def restarted(machine: Machine) -> list[str]:
    """Our units that ran, and now run with what is in the folder now."""
    ours = (texts.unit_name(app) for app in texts.PROGRAMS)
    there = [name for name in ours if _of(machine.folder, machine.home / FOLDER / name)]
    ran = [name for name in there if machine.run(*_MANAGER, "is-active", "--quiet", name) == ""]
    if ran:
        machine.run(*_MANAGER, "restart", *ran)
    return ran


def _of(folder: Path, unit: Path) -> bool:
    return texts.working_directory(folder) in read(unit).splitlines()
