"""The tmux sessions that startup_cron.sh made for this folder, and no others."""

import os
import signal
import time
from contextlib import suppress

from setup.machine import Machine

PATIENCE_S = 25.0


def own(machine: Machine) -> list[str]:
    """The names of our running sessions."""
    listed = machine.run("tmux", "list-sessions", "-F", "#{session_name}\t#{@home}") or ""
    rows = (line.partition("\t") for line in listed.splitlines())
    return [name for name, _, home in rows if home == str(machine.folder)]


def stop(machine: Machine, app: str | None = None) -> list[str]:
    """End our programs, or one of them, and their sessions. A program that does not end in time is
    killed: it would block the port and the folder of the next one.
    """
    names = [name for name in own(machine) if app in (None, name)]
    groups = [int(_told(machine, name, "#{pane_pid}") or 0) for name in names]
    for name in names:
        machine.run("tmux", "send-keys", "-t", f"={name}:", "C-c")
    until = time.monotonic() + PATIENCE_S
    while any(_runs(machine, name) for name in names) and time.monotonic() < until:
        time.sleep(0.2)
    for name in names:
        machine.run("tmux", "kill-session", "-t", f"={name}")
    for group in filter(None, groups):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    return names


def start(machine: Machine) -> bool:
    """True if startup_cron.sh started the configured programs."""
    return machine.run(str(machine.folder / "startup_cron.sh"), limit_s=900.0) is not None


def _runs(machine: Machine, name: str) -> bool:
    return _told(machine, name, "#{pane_dead}") == "0"


def _told(machine: Machine, name: str, what: str) -> str:
    """tmux's answer about the session's pane, "" without one."""
    return (machine.run("tmux", "list-panes", "-t", f"={name}:", "-F", what) or "").strip()
