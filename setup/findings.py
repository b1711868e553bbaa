"""Judgement of doctor's facts: a line for each, in English until `page` reads it.

No clock, no file, no socket.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from base import messages
from base.language import ENGLISH, Language, phrase

CLOCK_S = 120.0
LEAST_FREE_MB = 500
MANY_ERRORS_PCT = 2.0
NAMES = (
    phrase("settings"),
    phrase("serial port"),
    phrase("telegrams"),
    phrase("clock"),
    phrase("disk"),
    phrase("packages"),
    phrase("charger"),
    phrase("battery"),
    phrase("car"),
    phrase("calendar"),
    phrase("contract"),
    phrase("tariffs"),
    phrase("prices"),
    phrase("price service"),
    phrase("notifications"),
)
"""The first words of lines, except those of the programs."""
STATES = (phrase("ok"), phrase("WRONG"), phrase("soon"))


class State(StrEnum):
    """States of a finding."""

    OK = "ok"
    WRONG = "WRONG"
    SOON = "soon"  # nothing is wrong yet
    NONE = "-"  # this house does without, or it cannot be told


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page. `text` has the result, or the remedy."""

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


def line(finding: Finding, language: Language = ENGLISH) -> str:
    """The finding as the householder reads it."""
    told = language.read
    names, states = max(14, *map(len, map(told, NAMES))), max(6, *map(len, map(told, STATES)))
    head = f"{told(finding.name):<{names}} {told(finding.state):<{states}}"
    return f"{head} {told(finding.text)}"


def page(findings: Sequence[Finding], language: Language = ENGLISH) -> str:
    """All findings, a line each, and the number of faults at the end."""
    lines = [line(one, language) for one in findings]
    bad = sum(one.state is State.WRONG for one in findings)
    end = (
        language.many("{count} to look at.", "{count} to look at.", bad)
        if bad
        else language.say("All is well.")
    )
    return "\n".join([*lines, "", end])


def telegrams(vitals: messages.Vitals) -> Finding:
    """The telegrams that dm receives."""
    wire, age_s = vitals.wire, vitals.heard_s.get("meter")
    if wire is None or not wire.good:
        said = phrase("the meter program runs but has read none yet: {reason}", reason=vitals.why)
        return wrong("telegrams", said)
    rejected = sum(wire.rejected.values())
    if (wire.error_pct or 0.0) > MANY_ERRORS_PCT and age_s is not None and age_s <= 10:
        said = phrase(
            "{read:d} read, {damaged:d} damaged ({pct:.1f} %): use a shorter or shielded cable,"
            " away from chargers",
            read=wire.good,
            damaged=rejected,
            pct=wire.error_pct,
        )
        return wrong("telegrams", said)
    said = phrase(
        "{read:d} read, {damaged:d} damaged; the last one {s:.0f} s ago",
        read=wire.good,
        damaged=rejected,
        s=age_s or 0.0,
    )
    if age_s is None or age_s > 10:
        return wrong("telegrams", f"{said}: {vitals.why}")
    return ok("telegrams", said)


def clock(ahead_s: float | None, synchronised: bool | None) -> Finding:
    """This machine's clock compared with the meter's, and its synchronisation."""
    if ahead_s is not None and abs(ahead_s) > CLOCK_S:
        if ahead_s > 0:
            said = phrase(
                "{s:.0f} s behind the meter's clock: sudo timedatectl set-ntp true", s=ahead_s
            )
        else:
            said = phrase(
                "{s:.0f} s ahead of the meter's clock: sudo timedatectl set-ntp true", s=-ahead_s
            )
        return wrong("clock", said)
    if synchronised is False:
        return wrong("clock", phrase("not synchronised: sudo timedatectl set-ntp true"))
    if ahead_s is not None:
        return ok("clock", phrase("{s:.0f} s from the meter's clock", s=abs(ahead_s)))
    if synchronised:
        return ok("clock", phrase("synchronised by the network"))
    return without("clock", phrase("not compared with the meter's: no telegram yet"))


def disk(free_mb: int, writable: bool) -> Finding:
    """The disk under the history."""
    if not writable:
        said = phrase("the folder cannot be written: an SD card that has gone read-only?")
        return wrong("disk", said)
    if free_mb < LEAST_FREE_MB:
        said = phrase("only {mb:d} MB are left: sudo apt-get clean, or a larger card", mb=free_mb)
        return wrong("disk", said)
    return ok("disk", phrase("{gb:.1f} GB free", gb=free_mb / 1000))


def packages(bits: int) -> Finding:
    """Check of this system's packages when they were installed (docs/decisions/0006-hashes.md)."""
    if bits == 32:
        said = phrase("32-bit system: installed by version, hashes not checked")
        return without("packages", said)
    return ok("packages", phrase("hashes checked when they were installed"))


def once(app: Finding, devices: Sequence[Finding]) -> Finding:
    """The daemon's line; a fault that only repeats a device's line is not counted."""
    same = [one for one in devices if one.state is State.WRONG and _clause(one) in app.text]
    if app.state is not State.WRONG or not same or ";" in app.text:
        return app
    said = phrase("it runs, but its {what} has a problem, see below", what=same[0].name)
    return ok(app.name, said)


def _clause(finding: Finding) -> str:
    """A device's line by its program: the name is followed by no colon."""
    return finding.text.replace(": ", " ", 1).strip(".")


def _lasted(seconds: float) -> str:
    """Such as 40 s, 12 min, 5.5 h or 21 days."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return phrase("{days:.0f} days", days=seconds / 86400)


def daemon(app: str, port: int, vitals: messages.Vitals | None, why: str) -> Finding:
    """One of our programs, from the answer on its websocket."""
    name = f"{app} :{port}"
    if vitals is None:
        return wrong(name, phrase("{reason}: start it with ./startup_cron.sh", reason=why))
    up = _lasted(vitals.uptime_s)
    failed = [
        phrase("{part} failed {n:d} x", part=part, n=n) for part, n in vitals.restarts.items()
    ]
    if not vitals.healthy:
        return wrong(name, phrase("{reason} (up {span})", reason=vitals.why, span=up))
    if vitals.settings_changed:
        said = phrase(
            "config.py changed since start: ./do_py.sh restart {app} (up {span})", app=app, span=up
        )
        return wrong(name, said)
    runs = phrase("version {version}, up {span}", version=vitals.version, span=up)
    return ok(name, "; ".join([runs, ", ".join(failed)] if failed else [runs]))
