"""restart and stop: the programs that startup_cron.sh or systemd runs from this folder."""

from collections.abc import Callable

from apps.shared.settings import load_settings
from base.checked import ConfigError
from base.language import phrase
from setup import sessions, texts, units
from setup.machine import Machine

APPS = tuple(texts.PROGRAMS)


def restart(machine: Machine, app: str | None = None) -> int:
    """The exit code: 0 when they run with the current settings; 2 when those are wrong."""
    try:
        settings = load_settings(machine.folder / "config.py")
    except ConfigError as error:
        machine.say(str(error))
        machine.say(phrase("Running programs keep the settings they started with."))
        return 2
    if app is not None and app not in settings.apps:
        machine.say(phrase("{app} has nothing to do in config.py: it is not started.", app=app))
        return 2
    if not (done := restarted(machine, app)):
        if not sessions.start(machine):
            machine.say(phrase("./startup_cron.sh failed: run it to see why."))
            return 1
        done = sessions.own(machine)
    machine.say(phrase("started: {apps}", apps=", ".join(done)))
    return 0


def restarted(
    machine: Machine, app: str | None = None, between: Callable[[], object] = lambda: None
) -> list[str]:
    """Restart the running programs; a program that had ended runs too.

    `between` is done when nothing of it runs.
    """
    stopped, paused = sessions.stop(machine, app), units.stopped(machine, app)
    between()
    if stopped:
        sessions.start(machine)
    units.start(machine, paused)
    return stopped + paused


def stop(machine: Machine, app: str | None = None) -> int:
    """The exit code: 0; nothing of this folder, or not that program, runs from here any more."""
    stopped = sessions.stop(machine, app) + units.stopped(machine, app)
    if stopped:
        gone = ", ".join(stopped)
        machine.say(phrase("stopped: {apps}. At the next boot they start again.", apps=gone))
    else:
        machine.say(phrase("Nothing was started from here with startup_cron.sh or systemd."))
    return 0
