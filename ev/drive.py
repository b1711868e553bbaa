"""State of one charger: last set-point, starts, stops, sleeping car."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from base.time import local_day
from ev.current import power_kw
from ev.facts import ChargerPhase, ChargerState, SetPoint
from ev.inputs import AUTO, Wish

SETTLE = timedelta(seconds=25)
WAKE = timedelta(seconds=120)
NAP = timedelta(seconds=15)
WAKES = 3
REFUSED = timedelta(hours=1)


class Shown(StrEnum):
    """What the diary knows of a cable."""

    GONE = "gone"
    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Written:
    """What the diary said last of a cable: who is on it, whether it charges, what a trip costs.

    `wanted` is what the car wanted then, so that it need not be said again; `alarm` the departure
    for which it was said that the car cannot be ready.
    """

    shown: Shown = Shown.GONE
    name: str = ""
    price: str = ""
    wanted: str = ""
    alarm: datetime | None = None


NOTHING_TOLD = SetPoint(0.0, 1, "nothing told yet")
NOTHING_WRITTEN = Written()


@dataclass(frozen=True, slots=True)
class Drive:
    """One charger's past, as far as it decides. Times are UTC, None when it never was.

    `since` is when the set-point last changed, `stopped` when a charging car was last paused.
    More could be taken since `calm_since`; power is offered and not taken since `offered`. `before`
    is what a lost meter interrupted. `starts` are those of `day`; `reached_pct` is the target it
    was charged to. The plan lacks energy for the departure `lacking_for` since `lacking_since`;
    `alarm` is the departure for which that was said. It draws more than it was told since
    `above_since`. `wish` is the owner's last command.
    """

    set: SetPoint = NOTHING_TOLD
    since: datetime | None = None
    stopped: datetime | None = None
    switched: datetime | None = None
    calm_since: datetime | None = None
    offered: datetime | None = None
    nap_until: datetime | None = None
    wakes: int = 0
    refused: datetime | None = None
    before: SetPoint | None = None
    charging: bool = False
    plugged: bool = False
    reached_pct: float = 0.0
    day: date | None = None
    starts: int = 0
    lacking_for: datetime | None = None
    lacking_since: datetime | None = None
    alarm: datetime | None = None
    above_since: datetime | None = None
    wish: Wish = AUTO
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
    drive = _not_after(drive, now)
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


def heard(drive: Drive, wish: Wish) -> Drive:
    """The drive after its owner's word: a new one is tried at once, whatever the car refused."""
    if wish == drive.wish:
        return drive
    return replace(drive, wish=wish, wakes=0, offered=None, nap_until=None, refused=None)


def _not_after(drive: Drive, now: datetime) -> Drive:
    """The drive when our clock was set back: nothing has happened later than now."""
    times = (drive.since, drive.stopped, drive.switched, drive.calm_since, drive.lacking_since,
             drive.offered, drive.refused)  # fmt: skip
    if all(at is None or at <= now for at in times):
        return drive
    since, stopped, switched, calm, lacking, offered, refused = (
        at and min(at, now) for at in times
    )
    return replace(
        drive,
        since=since,
        stopped=stopped,
        switched=switched,
        calm_since=calm,
        lacking_since=lacking,
        offered=offered,
        refused=refused,
        nap_until=None,
    )


def told(drive: Drive, wanted: SetPoint, now: datetime) -> Drive:
    """The drive with this set-point."""
    last = drive.set
    same_phases = wanted.phases == last.phases
    if wanted == last and drive.before is None:
        return drive
    if wanted.current_a == last.current_a and (same_phases or wanted.current_a == 0):
        return replace(drive, set=replace(wanted, phases=last.phases), before=None)
    stops = last.current_a > 0 and wanted.current_a == 0
    return replace(
        drive,
        set=wanted,
        since=now,
        before=None,
        calm_since=None,
        stopped=now if stops and drive.charging else drive.stopped,
        switched=drive.switched if same_phases else now,
    )


def toward_kw(drive: Drive, now: datetime) -> float | None:
    """The power to which a car is on its way after a new set-point; None when it is there."""
    moving = drive.since is not None and now - drive.since < SETTLE
    return power_kw(drive.set) if moving else None


def drawn_a(drive: Drive, charger: ChargerState, now: datetime) -> float:
    """The most the car may be drawing on a phase at this moment."""
    measured_a = max(charger.currents_a, default=0.0)
    if drive.since is not None and now - drive.since < SETTLE:
        return max(measured_a, drive.set.current_a)
    return measured_a
