"""How a charger may move on: it falls at once, rises calmly, starts and switches seldom."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ev.current import STEP_A, Ability, best_phases, fitted_a, kw
from ev.drive import Drive
from ev.inputs import Rules
from ev.room import Room
from ev.session import LEAST_A

BEARABLE = 0.7
"""A car charges on at 6 A while the quarter leaves this part of it: most loads end sooner."""
STARTS_FREE = 3
"""After so many starts a day the rest after a stop grows by its own length, and so on."""


class Limit(StrEnum):
    """What keeps a car from the power it wants, if anything."""

    NOTHING = ""
    ROOM = "room"
    REST = "rest"
    CALM = "calm"
    FUSE = "fuse"
    STARTS = "starts"


def sunny_kw(
    drive: Drive, room: Room, able: Ability, now: datetime, rules: Rules
) -> tuple[Drive, float]:
    """What the sun gives this car: 0, or from 6 A up, which it holds through passing clouds."""
    if not drive.running:
        return drive, room.sun_kw if min(room.sun_kw, room.sunny_kw) >= able.least_kw else 0.0
    if room.sun_kw >= able.least_kw or room.sunny_kw >= able.least_kw / 2:
        lit = drive if drive.dark_since is None else replace(drive, dark_since=None)
        return lit, max(room.sun_kw, able.least_kw)
    dark_since = drive.dark_since or now
    held = (now - dark_since).total_seconds() < rules.cloud_s
    drive = drive if drive.dark_since else replace(drive, dark_since=now)
    return drive, able.least_kw if held else 0.0


def moved(
    drive: Drive,
    want_kw: float,
    room: Room,
    able: Ability,
    now: datetime,
    rules: Rules,
    *,
    seldom: bool,
) -> tuple[Drive, float, Limit]:
    """How much it charges now for a car that wants so much, and what keeps it from that.

    `seldom`: nothing is lost when it starts later, so the more it started today, the later.
    """
    least_kw = able.least_kw
    if want_kw < least_kw - 1e-6:
        return _calm(drive, None), 0.0, Limit.NOTHING
    now_kw = drive.now_kw if drive.running else 0.0
    goal_kw = min(want_kw, room.hold_kw, max(room.rise_kw, now_kw))
    limit = Limit.ROOM if goal_kw < want_kw - kw(STEP_A, 1) else Limit.NOTHING
    if goal_kw < least_kw - 1e-6:
        bears = drive.running and not room.granted and room.hold_kw > BEARABLE * least_kw
        return _calm(drive, None), least_kw if bears else 0.0, Limit.ROOM
    if goal_kw < now_kw + kw(STEP_A, 1):
        return _calm(drive, None), goal_kw, limit
    calm_since = drive.calm_since or now
    drive = _calm(drive, calm_since)
    if not drive.running and (limit := _rests(drive, now, rules, seldom=seldom)):
        return drive, 0.0, limit
    if (now - calm_since).total_seconds() < rules.calm_s:
        return drive, now_kw, Limit.CALM
    return drive, goal_kw, limit


def _calm(drive: Drive, since: datetime | None) -> Drive:
    return drive if drive.calm_since == since else replace(drive, calm_since=since)


def _rests(drive: Drive, now: datetime, rules: Rules, *, seldom: bool) -> Limit:
    """Why it may not start just now."""
    if seldom and drive.starts >= rules.starts_a_day:
        return Limit.STARTS
    idle_s = rules.idle_s * (1 + drive.starts // STARTS_FREE if seldom else 1)
    if drive.stopped is not None and (now - drive.stopped).total_seconds() < idle_s:
        return Limit.REST
    return Limit.NOTHING


def on_phases(
    drive: Drive, power_kw: float, room: Room, able: Ability, now: datetime, rules: Rules
) -> tuple[float, int, Limit]:
    """A and phases for this power: more phases seldom, fewer at once, never above the fuse."""
    told = drive.before or drive.set
    phases = best_phases(power_kw, able)
    if told.current_a > 0 and told.phases in able.phases and phases > told.phases:
        since = drive.switched
        if since is not None and (now - since).total_seconds() < rules.switch_s:
            phases = told.phases
    current_a = fitted_a(power_kw, able, phases)
    if room.fuse_a is not None and current_a > room.fuse_a:
        current_a = STEP_A * int(max(0.0, room.fuse_a) / STEP_A)
        return (current_a if current_a >= LEAST_A else 0.0), phases, Limit.FUSE
    return current_a, phases, Limit.NOTHING
