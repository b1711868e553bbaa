"""The tmux sessions that startup_cron.sh made for this folder, and no others."""

import time

from setup.machine import Machine

PATIENCE_S = 25.0


def own(machine: Machine) -> list[str]:
    """The names of our sessions that are there."""
    listed = machine.run("tmux", "list-sessions", "-F", "#{session_name}\t#{@home}") or ""
    rows = (line.partition("\t") for line in listed.splitlines())
    return [name for name, _, home in rows if home == str(machine.folder)]


def stop(machine: Machine, app: str | None = None) -> list[str]:
    """Our programs, or one of them, were asked to end and have ended; their sessions are gone."""
    names = [name for name in own(machine) if app in (None, name)]
    for name in names:
        machine.run("tmux", "send-keys", "-t", f"={name}:", "C-c")
    until = time.monotonic() + PATIENCE_S
    while any(_runs(machine, name) for name in names) and time.monotonic() < until:
        time.sleep(0.2)
    for name in names:
        machine.run("tmux", "kill-session", "-t", f"={name}")
    return names


def start(machine: Machine) -> bool:
    """Whether startup_cron.sh started what is configured."""
    return machine.run(str(machine.folder / "startup_cron.sh"), limit_s=900.0) is not None


def _runs(machine: Machine, name: str) -> bool:
    return machine.run("tmux", "list-panes", "-t", f"={name}:", "-F", "#{pane_dead}") == "0\n"
