"""What one charger was told, and how it may move on: falls at once, rises calmly, starts seldom."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from ev.current import STEP_A, Ability, best_phases, fitted_a, kw, power_kw
from ev.facts import ChargerPhase, ChargerState, SetPoint
from ev.inputs import Rules, local_day
from ev.plan import Plan
from ev.room import Room
from ev.session import LEAST_A

BEARABLE = 0.7
"""A car charges on at 6 A while the quarter leaves this part of it: most loads end sooner."""
FALL_S = 10.0
SETTLE = timedelta(seconds=25)
WAKE = timedelta(seconds=120)
NAP = timedelta(seconds=15)
WAKES = 3
REFUSED = timedelta(hours=1)
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
    ASLEEP = "asleep"


class Shown(StrEnum):
    """What the diary knows of a cable."""

    GONE = "gone"
    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Written:
    """What the diary said last of a cable: who is on it, whether it charges, what a trip costs."""

    shown: Shown = Shown.GONE
    name: str = ""
    price: str = ""


NOTHING_TOLD = SetPoint(0.0, 1, "nothing told yet")
NOTHING_WRITTEN = Written()


@dataclass(frozen=True, slots=True)
class Drive:
    """One charger's past, as far as it decides. Times are UTC, None when it never was.

    `since` is when the set-point last changed, `stopped` when a charging car was last paused.
    More could be taken since `calm_since`; the sun gives too little since `dark_since`; power is
    offered and not taken since `offered`. `before` is what a lost meter interrupted. `starts` are
    those of `day`; `key` is what the plan was made for.
    """

    set: SetPoint = NOTHING_TOLD
    since: datetime | None = None
    stopped: datetime | None = None
    switched: datetime | None = None
    calm_since: datetime | None = None
    dark_since: datetime | None = None
    offered: datetime | None = None
    nap_until: datetime | None = None
    wakes: int = 0
    refused: datetime | None = None
    before: SetPoint | None = None
    charging: bool = False
    plugged: bool = False
    satisfied: bool = False
    day: date | None = None
    starts: int = 0
    plan: Plan | None = None
    key: str = ""
    written: Written = NOTHING_WRITTEN

    @property
    def running(self) -> bool:
        """Whether it is told to charge, or was when the meter was lost."""
        return (self.before or self.set).current_a > 0

    @property
    def now_kw(self) -> float:
        return power_kw(self.before or self.set)


def looked(drive: Drive, charger: ChargerState, now: datetime) -> Drive:
    """The drive after a look at its charger: cars that come and go, contactors that close."""
    today = local_day(now)
    if drive.day != today:
        drive = replace(drive, day=today, starts=0)
    if not charger.plugged and charger.phase is ChargerPhase.STANDBY and drive.plugged:
        drive = Drive(
            drive.set,
            drive.since,
            switched=drive.switched,
            day=drive.day,
            starts=drive.starts,
            written=drive.written,
        )
    charging = charger.phase is ChargerPhase.CHARGING
    if charging and not drive.charging:
        drive = replace(drive, starts=drive.starts + 1)
    if charging != drive.charging or charger.plugged != drive.plugged:
        plugged = charger.plugged or (drive.plugged and charger.phase is not ChargerPhase.STANDBY)
        drive = replace(drive, charging=charging, plugged=plugged)
    return _listened(drive, charger, now)


def _listened(drive: Drive, charger: ChargerState, now: datetime) -> Drive:
    """Whether the car takes what it is offered; one that sleeps is woken by a short pause."""
    if drive.charging or drive.set.current_a == 0 or charger.phase is not ChargerPhase.CONNECTED:
        if drive.charging and (drive.wakes or drive.offered):
            return replace(drive, offered=None, wakes=0, refused=None)
        return drive if drive.offered is None else replace(drive, offered=None)
    if drive.offered is None:
        return replace(drive, offered=drive.since or now)
    if now - drive.offered < WAKE:
        return drive
    if drive.wakes < WAKES:
        return replace(drive, offered=None, wakes=drive.wakes + 1, nap_until=now + NAP)
    return replace(drive, offered=None, wakes=0, refused=now)


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


def told(drive: Drive, wanted: SetPoint, now: datetime, *, forced: bool) -> Drive:
    """The drive with this set-point, or with the last one when a small fall can wait a moment."""
    last = drive.set
    same_phases = wanted.phases == last.phases
    if wanted == last and drive.before is None:
        return drive
    if wanted.current_a == last.current_a and (same_phases or wanted.current_a == 0):
        return replace(drive, set=replace(wanted, phases=last.phases), before=None)
    falls = same_phases and 0 < wanted.current_a < last.current_a
    if falls and not forced and drive.since and (now - drive.since).total_seconds() < FALL_S:
        return replace(drive, set=replace(last, why=wanted.why), before=None)
    stops = last.current_a > 0 and wanted.current_a == 0
    return replace(
        drive,
        set=wanted,
        since=now,
        before=None,
        calm_since=None,
        dark_since=drive.dark_since if wanted.current_a else None,
        stopped=now if stops and drive.charging else drive.stopped,
        switched=drive.switched if same_phases else now,
    )


def bounds_kw(drive: Drive, charger: ChargerState, now: datetime) -> tuple[float, float]:
    """The least and most a car may be taking now: what was measured, or what it is going to."""
    told_kw = power_kw(drive.set) if charger.plugged else 0.0
    if charger.power_kw is None:
        return 0.0, told_kw
    settled = drive.since is None or (
        now - drive.since >= SETTLE and charger.at - drive.since >= SETTLE / 2
    )
    if settled:
        return charger.power_kw, charger.power_kw
    return min(charger.power_kw, told_kw), max(charger.power_kw, told_kw)


def drawn_a(drive: Drive, charger: ChargerState, now: datetime) -> float:
    """The most the car may be drawing on a phase at this moment."""
    measured_a = max(charger.currents_a, default=0.0)
    if drive.since is not None and now - drive.since < SETTLE:
        return max(measured_a, drive.set.current_a)
    return measured_a
