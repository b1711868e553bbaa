"""Cars of a household that is replayed: made up, or as somebody described them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from backtest.trips import SPARE_KWH, commuter, second_car
from backtest.world import Car, Trip
from base.time import BRUSSELS, DAY, QUARTER

PAST_DAYS = 56
PAST_SEED = 10_000
NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight")
MOST_KW = 11.0


@dataclass(frozen=True, slots=True)
class DescribedTrip:
    """A trip of a described car, UTC: the energy at departure and the energy used, kWh."""

    leaves: datetime
    returns: datetime
    need_kwh: float
    use_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A car as somebody described it. None: as the simulated one in its place."""

    capacity_kwh: float | None = None
    most_kw: float = MOST_KW
    least_kw: float | None = None
    trips: tuple[DescribedTrip, ...] | None = None


MADE_UP = Model()


def name_of(number: int) -> str:
    """The name of a car: one, two, ... eight, car9."""
    return NAMES[number] if number < len(NAMES) else f"car{number + 1}"


def usual_kwh(number: int) -> float:
    """Capacity of the simulated cars, in turn."""
    return 77.0 if number % 2 else 60.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """`count` cars: those of `models`, then simulated ones."""

    count: int
    least_kw: float
    models: tuple[Model, ...] = ()

    def cars(self, start: datetime, quarters: int) -> tuple[Car, ...]:
        """The cars, with their trips in `quarters` from `start`."""
        return tuple(self._car(number, start, quarters) for number in range(self.count))

    def _car(self, number: int, start: datetime, quarters: int) -> Car:
        model = self.models[number] if number < len(self.models) else MADE_UP
        made_up = second_car if number % 2 else commuter
        capacity_kwh = model.capacity_kwh or usual_kwh(number)
        before = PAST_DAYS * 96
        if model.trips is None:
            seed = 1 + 100 * number
            trips = made_up(start, quarters, seed)
            past = made_up(start - PAST_DAYS * DAY, before, seed + PAST_SEED)
        else:
            trips = tuple(within(model.trips, start, quarters))
            past = tuple(within(model.trips, start - PAST_DAYS * DAY, before))
        return Car(
            name=name_of(number),
            capacity_kwh=capacity_kwh,
            trips=tuple(_fitting(each, capacity_kwh) for each in trips),
            past=tuple(
                replace(each, leave=each.leave - before, back=each.back - before) for each in past
            ),
            least_kw=self.least_kw if model.least_kw is None else model.least_kw,
            most_kw=model.most_kw,
        )


def within(told: Sequence[DescribedTrip], start: datetime, quarters: int) -> Iterator[Trip]:
    """Trips that leave and return within `quarters` from `start`; the first of two overlapping
    ones."""
    free = 1
    for each in sorted(told, key=lambda each: each.leaves):
        leave = (each.leaves - start) // QUARTER
        back = max(leave + 1, -((start - each.returns) // QUARTER))
        if free <= leave and back < quarters:
            free = back + 1
            yield Trip(
                leave=leave,
                back=back,
                need_kwh=each.need_kwh,
                use_kwh=each.use_kwh,
                told_back=back,
                told_kwh=each.use_kwh,
            )


def habit(
    days: frozenset[int], leaves: time, returns: time, kwh: float, first: date, last: date
) -> Iterator[DescribedTrip]:
    """The same trip on the same days of each week (0 is Monday), Belgian time."""
    for count in range((last - first).days + 1):
        day = first + timedelta(days=count)
        if day.weekday() in days:
            home = day if returns > leaves else day + DAY
            yield DescribedTrip(
                datetime.combine(day, leaves, BRUSSELS),
                datetime.combine(home, returns, BRUSSELS),
                kwh + SPARE_KWH,
                kwh,
            )


def _fitting(trip: Trip, capacity_kwh: float) -> Trip:
    """A trip beyond the capacity of the car: the rest is charged elsewhere."""
    if trip.need_kwh <= capacity_kwh:
        return trip
    use_kwh = min(trip.use_kwh, capacity_kwh)
    return replace(trip, need_kwh=capacity_kwh, use_kwh=use_kwh, told_kwh=use_kwh)
