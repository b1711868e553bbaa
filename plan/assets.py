"""What each peer asked for becomes an asset the program can plan: a car, a battery, a consumer.

Whatever cannot be (a battery of 0 kWh, a deadline in the past, no state of charge) is left out or
made the nearest sensible value, with a sentence. Energy of a car is counted where it is paid: at
the charger, in kWh more than it has now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from base import messages
from base.time import HOUR

MISSED_EUR_KWH = 1.0
"""What a kWh missing at a departure costs when nobody said."""
AT_ONCE_EUR_KWH = 10.0
"""The same for a car that must charge whatever it costs."""
UNKNOWN_SOC = 50.0
SOONEST = timedelta(minutes=15)
ONE_PHASE_KW = 5.0


@dataclass(frozen=True, slots=True)
class Stay:
    """A car is on its cable from `start` until `end`, None: as far as anyone knows.

    At the end the charger should have given `need_kwh` since now; the trip then uses `use_kwh`.
    """

    start: datetime
    end: datetime | None
    need_kwh: float = 0.0
    use_kwh: float = 0.0
    missed_eur_kwh: float = MISSED_EUR_KWH


@dataclass(frozen=True, slots=True)
class Car:
    """`room_kwh` is the most the charger can give from now on, before any trip; after a stop it
    rests for `least_idle_s`."""

    peer: str
    name: str
    power_kw: float
    least_kw: float
    most_kw: float
    room_kwh: float
    stays: tuple[Stay, ...]
    phases: int = 3
    least_idle_s: float = messages.LEAST_IDLE_S

    def plugged(self, now: datetime) -> bool:
        """Whether it is on its cable."""
        return self.stays[0].start <= now

    @property
    def at_once(self) -> bool:
        """Whether it charges whatever that costs."""
        return any(stay.missed_eur_kwh >= AT_ONCE_EUR_KWH for stay in self.stays)


@dataclass(frozen=True, slots=True)
class Battery:
    """Energy in kWh inside the battery; `stored_kwh` may be below `reserve_kwh`."""

    peer: str
    name: str
    power_kw: float
    stored_kwh: float
    reserve_kwh: float
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    efficiency: float
    wear_eur_kwh: float

    @property
    def phases(self) -> int:
        """By its power: above 5 kW the law asks for three."""
        return 1 if max(self.charge_kw, self.discharge_kw) <= ONE_PHASE_KW else 3


@dataclass(frozen=True, slots=True)
class Consumer:
    """Anything else that asks: it takes between `least_kw` and `most_kw`, or nothing.

    Nobody says on which phase it is: it may be on the fullest.
    """

    peer: str
    power_kw: float
    least_kw: float
    most_kw: float
    phases: int = 1

    @property
    def name(self) -> str:
        return self.peer


@dataclass(frozen=True, slots=True)
class Assets:
    """All that can be planned, in a fixed order, and what was odd about it."""

    cars: tuple[Car, ...] = ()
    batteries: tuple[Battery, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def takers(self) -> tuple[Car | Consumer, ...]:
        """All that only takes."""
        return (*self.cars, *self.consumers)

    @property
    def yields_kw(self) -> float:
        """The power that cars and batteries take now and give up when the house needs it."""
        cars_kw = sum(car.power_kw for car in self.cars if not car.at_once)
        return round(cars_kw + sum(max(0.0, each.power_kw) for each in self.batteries), 3)

    @property
    def every(self) -> tuple[Car | Consumer | Battery, ...]:
        """All of them."""
        return (*self.takers, *self.batteries)


def assets(needs: Mapping[str, messages.Need], now: datetime) -> Assets:
    """What the peers ask, at `now` (UTC). The order of the mapping does not matter."""
    cars, batteries, consumers, notes = [], [], [], list[str]()
    for peer, need in sorted(needs.items()):
        cars += [car(peer, each, now, notes) for each in need.cars]
        batteries += [battery(peer, each, notes) for each in need.batteries]
        if not need.cars and not need.batteries and need.most_kw > 0:
            least_kw = min(need.least_kw, need.most_kw)
            consumers.append(Consumer(peer, need.power_kw or 0.0, least_kw, need.most_kw))
    return Assets(
        tuple(each for each in cars if each),
        tuple(each for each in batteries if each),
        tuple(consumers),
        tuple(notes),
    )


def car(peer: str, need: messages.CarNeed, now: datetime, notes: list[str]) -> Car | None:
    """The car, None when there is nothing to plan for it. Sentences are added to `notes`."""
    if need.most_kw <= 0 or (need.urgency == "none" and not need.trips):
        return None
    least_kw = need.least_kw
    if least_kw > need.most_kw:
        notes.append(
            f"{need.name} asks at least {least_kw:.1f} kW but takes at most {need.most_kw:.1f} kW:"
            " its least power is left out"
        )
        least_kw = 0.0
    stays = tuple(_stays(need, now, notes))
    room_kwh = need.energy_kwh if need.room_kwh is None else need.room_kwh
    if not stays:
        return None
    return Car(
        peer, need.name, need.power_kw or 0.0, least_kw, need.most_kw,
        max(room_kwh, need.energy_kwh if need.plugged else 0.0), stays,
        need.phases, need.least_idle_s,
    )  # fmt: skip


def _stays(need: messages.CarNeed, now: datetime, notes: list[str]) -> Iterable[Stay]:
    """When the car is on its cable, from now on."""
    home: datetime | None = now if need.plugged else None
    missed = need.value_eur_kwh or MISSED_EUR_KWH
    deadline = need.deadline if need.urgency != "now" else None
    if need.plugged and need.urgency == "now":
        soon = now + SOONEST + need.energy_kwh / need.most_kw * HOUR
        yield Stay(now, soon, need.energy_kwh, 0.0, AT_ONCE_EUR_KWH)
        home = soon
    if need.plugged and deadline is not None:
        if deadline <= now:
            notes.append(f"{need.name} should have left already: it is planned as soon as may be")
        trip = next((each for each in need.trips if each.leaves == deadline), None)
        leaves = max(deadline, now + SOONEST)
        yield Stay(now, leaves, need.energy_kwh, trip.use_kwh if trip else 0.0, missed)
        home = trip.returns if trip else None
    for trip in sorted(need.trips, key=lambda each: each.leaves):
        if trip.leaves == deadline or trip.returns <= now:
            continue
        if home is not None and trip.leaves > home:
            yield Stay(home, trip.leaves, trip.need_kwh, trip.use_kwh, missed)
        home = trip.returns
    if home is not None:
        yield Stay(home, None)


def battery(peer: str, need: messages.BatteryNeed, notes: list[str]) -> Battery | None:
    """The battery, None when it can store nothing. Sentences are added to `notes`."""
    if need.capacity_kwh <= 0 or (need.charge_kw <= 0 and need.discharge_kw <= 0):
        notes.append(f"{need.name} can store nothing: it is left out of the plan")
        return None
    soc_pct = need.soc_pct
    if soc_pct is None:
        notes.append(f"{need.name} does not say how full it is: half full is assumed")
        soc_pct = UNKNOWN_SOC
    share = need.capacity_kwh / 100.0
    return Battery(
        peer, need.name, need.power_kw or 0.0, soc_pct * share, need.reserve_pct * share,
        need.capacity_kwh, need.charge_kw, need.discharge_kw, need.efficiency, need.wear_eur_kwh,
    )  # fmt: skip
