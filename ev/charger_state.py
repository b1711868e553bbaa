"""State of one charger: last set-point, starts, stops, sleeping car."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from base.language import phrase
from base.time import local_day
from ev.electrical import power_kw
from ev.facts import ChargerPhase, ChargerState, SetPoint
from ev.inputs import AUTO, Wish

SETTLE = timedelta(seconds=25)
WAKE = timedelta(seconds=120)
NAP = timedelta(seconds=15)
WAKES = 3
REFUSED = timedelta(hours=1)


class Shown(StrEnum):
    """State of a cable as last logged."""

    GONE = "gone"
    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Last log lines of a cable: its car, whether it charges, the cost of its trip.

    `wanted` is the car's demand then, so that it is not logged again; `alarm` the departure
    for which it was said that the car cannot be ready.
    """

    shown: Shown = Shown.GONE
    name: str = ""
    price: str = ""
    wanted: str = ""
    alarm: datetime | None = None


NOTHING_TOLD = SetPoint(0.0, 1, phrase("no set-point yet"))
NOTHING_WRITTEN = Written()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """State of one charger from one decision to the next. Times are UTC, None for never.

    `since` is when the set-point last changed, `stopped` when a charging car was last paused. A
    rise is possible since `calm_since`; power is offered but unused since `offered`. `before` is
    the set-point before the meter was lost. `starts` are those of `day`; `reached_pct` is the
    target it was charged to. Energy is missing in the plan for the departure `lacking_for` since
    `lacking_since`; `alarm` is the departure for which that was said. It draws more than its
    set-point since `above_since`. `wish` is the owner's last command.
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
        """True if it is set to charge, or was when the meter was lost."""
        return (self.before or self.set).current_a > 0

    @property
    def now_kw(self) -> float:
        return power_kw(self.before or self.set)


def looked(control: Control, charger: ChargerState, now: datetime) -> Control:
    """Observe the charger: cars that come and go, contactors that close."""
    control = _not_after(control, now)
    today = local_day(now)
    if control.day != today:
        control = replace(control, day=today, starts=0)
    if not charger.plugged and charger.phase is ChargerPhase.STANDBY and control.plugged:
        control = Control(
            set=control.set,
            since=control.since,
            switched=control.switched,
            day=control.day,
            starts=control.starts,
            written=control.written,
        )
    charging = charger.phase is ChargerPhase.CHARGING
    if charging and not control.charging:
        control = replace(control, starts=control.starts + 1)
    if charging != control.charging or charger.plugged != control.plugged:
        plugged = charger.plugged or (control.plugged and charger.phase is not ChargerPhase.STANDBY)
        control = replace(control, charging=charging, plugged=plugged)
    return _listened(control, charger, now)


def _listened(control: Control, charger: ChargerState, now: datetime) -> Control:
    """Wake a sleeping car, which takes no power, by a short pause."""
    if (
        control.charging
        or control.set.current_a == 0
        or charger.phase is not ChargerPhase.CONNECTED
    ):
        if control.charging and (control.wakes or control.offered):
            return replace(control, offered=None, wakes=0, refused=None)
        return control if control.offered is None else replace(control, offered=None)
    if control.offered is None:
        return replace(control, offered=control.since or now)
    if now - control.offered < WAKE:
        return control
    if control.wakes < WAKES:
        return replace(control, offered=None, wakes=control.wakes + 1, nap_until=now + NAP)
    return replace(control, offered=None, wakes=0, refused=now)


def heard(control: Control, wish: Wish) -> Control:
    """Apply the owner's command: a new one is tried at once, whatever the car refused."""
    if wish == control.wish:
        return control
    return replace(control, wish=wish, wakes=0, offered=None, nap_until=None, refused=None)


def _not_after(control: Control, now: datetime) -> Control:
    """Limit all times to `now`, after the clock was set back."""
    times = (
        control.since,
        control.stopped,
        control.switched,
        control.calm_since,
        control.lacking_since,
        control.offered,
        control.refused,
    )
    if all(at is None or at <= now for at in times):
        return control
    since, stopped, switched, calm, lacking, offered, refused = (
        at and min(at, now) for at in times
    )
    return replace(
        control,
        since=since,
        stopped=stopped,
        switched=switched,
        calm_since=calm,
        lacking_since=lacking,
        offered=offered,
        refused=refused,
        nap_until=None,
    )


def told(control: Control, wanted: SetPoint, now: datetime) -> Control:
    """Apply a set-point."""
    last = control.set
    same_phases = wanted.phases == last.phases
    if wanted == last and control.before is None:
        return control
    if wanted.current_a == last.current_a and (same_phases or wanted.current_a == 0):
        return replace(control, set=replace(wanted, phases=last.phases), before=None)
    stops = last.current_a > 0 and wanted.current_a == 0
    return replace(
        control,
        set=wanted,
        since=now,
        before=None,
        calm_since=None,
        stopped=now if stops and control.charging else control.stopped,
        switched=control.switched if same_phases else now,
    )


def toward_kw(control: Control, now: datetime) -> float | None:
    """Power that the car is moving to after a new set-point, kW; None once settled."""
    moving = control.since is not None and now - control.since < SETTLE
    return power_kw(control.set) if moving else None


def drawn_a(control: Control, charger: ChargerState, now: datetime) -> float:
    """The most the car may be drawing on a phase at this moment."""
    measured_a = max(charger.currents_a, default=0.0)
    if control.since is not None and now - control.since < SETTLE:
        return max(measured_a, control.set.current_a)
    return measured_a
