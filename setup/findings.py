"""Judgement of doctor's facts: a line for each. No clock, no file, no socket."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from base import messages

CLOCK_S = 120.0
LEAST_FREE_MB = 500
MANY_ERRORS_PCT = 2.0


class State(StrEnum):
    """States of a finding."""

    OK = "ok"
    WRONG = "WRONG"
    SOON = "soon"  # nothing is wrong yet
    NONE = "-"  # this house does without, or it cannot be told


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page. `text` says what is, or what helps."""

    name: str
    state: State
    text: str


def ok(name: str, text: str) -> Finding:
    return Finding(name, State.OK, text)


def wrong(name: str, text: str) -> Finding:
    return Finding(name, State.WRONG, text)


def soon(name: str, text: str) -> Finding:
    return Finding(name, State.SOON, text)


def without(name: str, text: str) -> Finding:
    return Finding(name, State.NONE, text)


def line(finding: Finding) -> str:
    return f"{finding.name:<14} {finding.state:<6} {finding.text}"


def page(findings: Sequence[Finding]) -> str:
    """All of it, a line each, what is wrong last repeated as a count."""
    lines = [line(one) for one in findings]
    bad = sum(one.state is State.WRONG for one in findings)
    end = "All is well." if not bad else f"{bad} to look at."
    return "\n".join([*lines, "", end])


def telegrams(vitals: messages.Vitals) -> Finding:
    """The telegrams, as dm hears them."""
    wire, age_s = vitals.wire, vitals.heard_s.get("meter")
    if wire is None or not wire.good:
        return wrong("telegrams", f"dm runs and has read none yet: {vitals.why}")
    rejected = sum(wire.rejected.values())
    count = f"{wire.good} read, {rejected} damaged"
    if age_s is None or age_s > 10:
        return wrong("telegrams", f"{count}; the last one {age_s or 0:.0f} s ago: {vitals.why}")
    if (wire.error_pct or 0.0) > MANY_ERRORS_PCT:
        return wrong(
            "telegrams",
            f"{count} ({wire.error_pct:.1f} %): a shorter or shielded cable, away from chargers",
        )
    return ok("telegrams", f"{count}; the last one {age_s:.0f} s ago")


def clock(ahead_s: float | None, synchronised: bool | None) -> Finding:
    """This machine's clock beside the meter's, and whether it is kept right."""
    if ahead_s is not None and abs(ahead_s) > CLOCK_S:
        side = "behind" if ahead_s > 0 else "ahead of"
        return wrong(
            "clock",
            f"it is {abs(ahead_s):.0f} s {side} the meter's: sudo timedatectl set-ntp true",
        )
    if synchronised is False:
        return wrong("clock", "nothing keeps it right: sudo timedatectl set-ntp true")
    if ahead_s is not None:
        return ok("clock", f"{abs(ahead_s):.0f} s from the meter's")
    if synchronised:
        return ok("clock", "kept by the network")
    return without("clock", "not compared with the meter's: no telegram yet")


def disk(free_mb: int, writable: bool) -> Finding:
    """The disk under the history."""
    if not writable:
        return wrong("disk", "the folder cannot be written: an SD card that has gone read-only?")
    if free_mb < LEAST_FREE_MB:
        return wrong("disk", f"only {free_mb} MB are left: sudo apt-get clean, or a larger card")
    return ok("disk", f"{free_mb / 1000:.1f} GB free")


def packages(bits: int) -> Finding:
    """Check of this system's packages when they were installed (docs/decisions/0006-hashes.md)."""
    if bits == 32:
        return without("packages", "32-bit system: installed by version, not checked by their hash")
    return ok("packages", "checked by their hash when they were installed")


def once(app: Finding, devices: Sequence[Finding]) -> Finding:
    """The daemon's line; one that only repeats what a device's own line says is not wrong."""
    same = [one for one in devices if one.state is State.WRONG and one.text.strip(".") in app.text]
    if app.state is not State.WRONG or not same or ";" in app.text:
        return app
    return ok(app.name, f"it runs; what is wrong is its {same[0].name}, see below")


def _lasted(seconds: float) -> str:
    """Such as 40 s, 12 min, 5.5 h or 21 days."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"


def daemon(app: str, port: int, vitals: messages.Vitals | None, why: str) -> Finding:
    """One of ours, as it answers on its websocket."""
    name = f"{app} :{port}"
    if vitals is None:
        return wrong(name, f"{why}: ./startup_cron.sh starts it")
    up = f"up {_lasted(vitals.uptime_s)}"
    failed = ", ".join(f"{part} failed {n} x" for part, n in vitals.restarts.items())
    if not vitals.healthy:
        return wrong(name, f"{vitals.why} ({up})")
    if vitals.settings_changed:
        return wrong(name, f"config.py changed since start: ./do_py.sh restart {app} ({up})")
    return ok(name, f"version {vitals.version}, {up}{'; ' + failed if failed else ''}")
