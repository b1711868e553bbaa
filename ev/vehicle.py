"""State of a car, its plausibility, and its forecast state of charge. Pure.

A car's cloud reports rarely and late; the charger counts each second. So a SoC that was read is an
anchor, to which the energy charged since is added. Reports from before the plug-in are ignored: the
car has driven, or sleeps and repeats itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from ev.facts import Car, CarStatus
from ev.habit import Outing, remembered
from ev.session import Session, energy_at

ARRIVAL = timedelta(minutes=10)
"""A car that reports when it is switched off does so at most this long before the plug-in."""
SEEN_LATE = timedelta(minutes=1)
"""The charger is read every few seconds, so a car may report the plug-in before that."""
SOCS_KEPT = 6
UNREAD = ("estimate", "owner")
"""Sources without readings: they do not show the car's drives."""
MOST_AGE = timedelta(days=2)
TAPER_PCT, TAPER_PART = 95.0, 0.5
"""Above this SoC a car takes less than it could: half, as a rule of thumb for AC charging."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """A report about a car: its time (UTC), and its source."""

    value: T
    at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """The last report of each field of a car; of its SoC the last few, oldest first. `phases` and
    `least_a` were learned on a cable of ours, None before that. `unplugged_at` is its last report
    of not being plugged in, `plugged_from` the first one of being so. It left a cable of ours at
    `left_at` with `left_pct`, announced `left_ahead` by its calendar; `outings` are its completed
    drives, oldest first.
    """

    car: Car
    socs: tuple[Said[float], ...] = ()
    range_km: Said[float] | None = None
    plugged: Said[bool] | None = None
    charging: Said[bool] | None = None
    target_pct: Said[float] | None = None
    phases: int | None = None
    least_a: float | None = None
    home: Said[bool] | None = None
    unplugged_at: datetime | None = None
    plugged_from: datetime | None = None
    left_at: datetime | None = None
    left_pct: float | None = None
    left_ahead: timedelta | None = None
    outings: tuple[Outing, ...] = ()

    @property
    def as_seen(self) -> Car:
        """The car, with the phases and the minimum current learned on a cable of ours."""
        phases = self.car.phases if self.phases is None else min(self.phases, self.car.phases)
        return replace(self.car, phases=phases, least_a=max(self.car.least_a, self.least_a or 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Estimated state of a car. None if unknown.

    `soc_pct` goes back to what `source` read at `read_at`; `estimated` when energy was added.
    `plugged` and `charging` are the car's own reports, when plausible.
    """

    soc_pct: float | None = None
    read_at: datetime | None = None
    source: str = ""
    estimated: bool = False
    range_km: float | None = None
    plugged: bool | None = None
    charging: bool | None = None
    target_pct: float | None = None


def heard(vehicle: Vehicle, status: CarStatus) -> Vehicle:
    """The vehicle with the new values in `status`; an older one never replaces a newer one."""
    return replace(
        _plug_heard(vehicle, status),
        socs=_with_soc(vehicle.socs, status),
        range_km=_newer(vehicle.range_km, status.range_km, status),
        plugged=_newer(vehicle.plugged, status.plugged, status),
        charging=_newer(vehicle.charging, status.charging, status),
        target_pct=_newer(vehicle.target_pct, status.target_pct, status),
        home=_newer(vehicle.home, status.home, status),
    )


def words_not_after(vehicle: Vehicle, session: Session | None, now: datetime) -> Vehicle:
    """The vehicle after our clock was put back: no report is later than now, and the estimated SoC
    stays."""
    past = tuple(said for said in vehicle.socs if said.at <= now)
    believed_pct = estimate(vehicle, session).soc_pct
    if past != vehicle.socs and believed_pct is not None:
        past = (*past, Said(believed_pct, now, vehicle.socs[-1].source))
    return replace(
        vehicle,
        socs=past,
        range_km=_not_later(vehicle.range_km, now),
        plugged=_not_later(vehicle.plugged, now),
        charging=_not_later(vehicle.charging, now),
        target_pct=_not_later(vehicle.target_pct, now),
        home=_not_later(vehicle.home, now),
        unplugged_at=vehicle.unplugged_at and min(vehicle.unplugged_at, now),
        plugged_from=vehicle.plugged_from and min(vehicle.plugged_from, now),
        left_at=vehicle.left_at and min(vehicle.left_at, now),
        outings=tuple(each for each in vehicle.outings if each.back <= now),
    )


def _not_later(said: Said[T] | None, now: datetime) -> Said[T] | None:
    """The reported time, now at the latest."""
    return said if said is None or said.at <= now else replace(said, at=now)


def left(vehicle: Vehicle, session: Session, ahead: timedelta | None = None) -> Vehicle:
    """The vehicle as it drives away, with the SoC it has now; its calendar announced the trip this
    long `ahead`, None: not at all."""
    soc_pct = estimate(vehicle, session).soc_pct
    status = CarStatus(car=vehicle.car.name, source="estimate", at=session.at, soc_pct=soc_pct)
    away = heard(returned(vehicle, session, ends=True), status)
    return replace(away, left_at=session.at, left_pct=soc_pct, left_ahead=ahead)


def returned(vehicle: Vehicle, session: Session, *, ends: bool = False) -> Vehicle:
    """The vehicle with the outing from which it came back to this session, and its energy once
    known; when the session `ends`, that is at least the energy charged."""
    if vehicle.left_at is None:
        return vehicle
    here = replace(vehicle, left_at=None, left_pct=None)
    if not session.seen:
        return here
    kwh = _used_kwh(vehicle, session)
    if kwh is None and ends and session.energy_kwh > 0:
        kwh = session.energy_kwh * vehicle.car.efficiency
    outing = Outing(vehicle.left_at, session.since, kwh, vehicle.left_ahead)
    outings = remembered(vehicle.outings, outing)
    return replace(vehicle if kwh is None and not ends else here, outings=outings)


def _used_kwh(vehicle: Vehicle, session: Session) -> float | None:
    """Energy out of its battery from its departure until this session; None when not known."""
    soc_pct, left_pct = estimate(vehicle, session).soc_pct, vehicle.left_pct
    if soc_pct is None or left_pct is None:
        return None
    charged_kwh = session.energy_kwh * vehicle.car.efficiency
    return max(0.0, (left_pct - soc_pct) / 100 * vehicle.car.capacity_kwh + charged_kwh)


def believed(said: Said[T] | None, session: Session | None) -> T | None:
    """The reported value, unless before the plug-in: a sleeping car repeats an old one."""
    if said is None or (session and said.at < session.since - SEEN_LATE):
        return None
    return said.value


def estimate(vehicle: Vehicle, session: Session | None) -> Estimate:
    """The car now: on our cable in `session`, or away (None)."""
    anchor = _anchor(vehicle, session)
    soc_pct = soc(vehicle.car, anchor, session)
    return Estimate(
        soc_pct=soc_pct,
        read_at=anchor.at if anchor else None,
        source=anchor.source if anchor else "",
        estimated=anchor is not None and soc_pct != anchor.value,
        range_km=believed(vehicle.range_km, session),
        plugged=believed(vehicle.plugged, session),
        charging=believed(vehicle.charging, session),
        target_pct=believed(vehicle.target_pct, None),
    )


def soc(car: Car, anchor: Said[float] | None, session: Session | None) -> float | None:
    """The SoC from an anchor and the energy charged since, 0 to 100 %."""
    if anchor is None:
        return None
    added_kwh = session.energy_kwh - energy_at(session, anchor.at) if session else 0.0
    added_pct = 100 * added_kwh * car.efficiency / car.capacity_kwh
    return min(max(anchor.value + added_pct, 0.0), 100.0)


def most_pct(vehicle: Vehicle, session: Session) -> float | None:
    """The highest possible SoC of the car if it is the one in this session; None when it is never
    read. A report from before the plug-in is enough: driving since can only have lowered it.
    """
    read = [said for said in vehicle.socs if said.source not in UNREAD]
    last = read[-1] if read and session.at - read[-1].at <= MOST_AGE else None
    return soc(vehicle.car, last, session)


def needed_kwh(car: Car, soc_pct: float, target_pct: float) -> float:
    """Energy that the charger must still deliver."""
    return max(target_pct - soc_pct, 0.0) / 100 * car.capacity_kwh / car.efficiency


def duration(car: Car, soc_pct: float, target_pct: float, kw: float) -> timedelta | None:
    """Time of charging at `kw`, the last 5 % slower. None without power."""
    fast_kwh = needed_kwh(car, soc_pct, min(target_pct, TAPER_PCT))
    slow_kwh = needed_kwh(car, max(soc_pct, TAPER_PCT), target_pct)
    if fast_kwh + slow_kwh == 0:
        return timedelta(0)
    return timedelta(hours=(fast_kwh + slow_kwh / TAPER_PART) / kw) if kw > 0 else None


def ready_at(
    car: Car, soc_pct: float, target_pct: float, kw: float, now: datetime
) -> datetime | None:
    """Time at which the car is ready if it charges at `kw` from now on. None: never."""
    takes = duration(car, soc_pct, target_pct, kw)
    return None if takes is None else now + takes


def _anchor(vehicle: Vehicle, session: Session | None) -> Said[float] | None:
    """The last SoC read, when the car has not driven since."""
    last = vehicle.socs[-1] if vehicle.socs else None
    return None if last and session and last.at < session.since - ARRIVAL else last


def _plug_heard(vehicle: Vehicle, status: CarStatus) -> Vehicle:
    """The vehicle with the times between which it was plugged in, as far as reported."""
    if status.plugged is None or (vehicle.plugged and vehicle.plugged.at > status.at):
        return vehicle
    if not status.plugged:
        return replace(vehicle, unplugged_at=status.at, plugged_from=None)
    return replace(vehicle, plugged_from=vehicle.plugged_from or status.at)


def _newer(known: Said[T] | None, value: T | None, status: CarStatus) -> Said[T] | None:
    if value is None or (known and known.at > status.at):
        return known
    return Said(value, status.at, status.source)


def _with_soc(socs: tuple[Said[float], ...], status: CarStatus) -> tuple[Said[float], ...]:
    if status.soc_pct is None or (socs and socs[-1].at > status.at):
        return socs
    kept = tuple(said for said in socs if said.at != status.at)
    return (*kept, Said(status.soc_pct, status.at, status.source))[-SOCS_KEPT:]
