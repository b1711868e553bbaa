"""Usual trips of a car: the weekly habit in the times at which it was away. Pure.

Only departures from and returns to our chargers count, never the calendar. A
habit that ended fades: its last weeks weigh most.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from base.language import phrase
from base.time import BRUSSELS, DAY, HOUR, local_day

WEEK = timedelta(days=7)
KEPT = 8 * WEEK
FADE = 0.75
"""Weight of an outing falls by this factor each week."""
ALIKE = 0.05
"""Weight of another working day, or the other day of the weekend, compared with the same
weekday."""
DOUBT = 0.5
"""Days without a trip that are added: few weeks make no certainty."""
LEAST_CHANCE, LEAST_KNOWN, LEAST_SEEN = 0.5, 3 * WEEK, 3
AWAY_LEAST, AWAY_MOST, USED_KWH = timedelta(minutes=30), 3 * DAY, 0.5
OUTINGS_MOST = 120
EARLY, LATE, FAR = 0.25, 0.5, 0.8
"""Quantiles of the past for departure, return and distance."""
WEEKEND = 5
DAYS = (
    phrase("Mondays"),
    phrase("Tuesdays"),
    phrase("Wednesdays"),
    phrase("Thursdays"),
    phrase("Fridays"),
    phrase("Saturdays"),
    phrase("Sundays"),
)


@dataclass(frozen=True, slots=True)
class Outing:
    """A car was away from the chargers of the house (UTC) and used `kwh` of its battery.

    `kwh` is None where its state of charge was not known. The calendar announced it `ahead` of its
    departure; None: never.
    """

    left: datetime
    back: datetime
    kwh: float | None = None
    ahead: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A trip that is expected with a chance of `chance`: it uses `kwh` of the battery on average,
    `most_kwh` at most times."""

    leaves: datetime
    returns: datetime
    chance: float
    kwh: float
    most_kwh: float


def remembered(outings: Sequence[Outing], outing: Outing) -> tuple[Outing, ...]:
    """The outings after one more; short moves are not added, old outings are dropped."""
    drove = outing.kwh is None or outing.kwh >= USED_KWH
    more = (outing,) if drove and AWAY_LEAST <= outing.back - outing.left <= AWAY_MOST else ()
    kept = (old for old in outings if outing.back - KEPT < old.left and old.back <= outing.left)
    return (*kept, *more)[-OUTINGS_MOST:]


def expected(outings: Sequence[Outing], now: datetime, days: int = 8) -> tuple[Usual, ...]:
    """The usual trips of today, as far as it has not left, and the days after, by departure.

    When the calendar usually has trips this far ahead, a day without an entry has no trip: a home
    that enters every trip in time has no usual ones.
    """
    known = sorted((each for each in outings if now - KEPT < each.left < now), key=_left)
    if not known or now - known[0].left < LEAST_KNOWN:
        return ()
    today = local_day(now)
    first = max(local_day(known[0].left), local_day(now - KEPT) + timedelta(days=1))
    past = [first + timedelta(days=count) for count in range((today - first).days)]
    made = _by_day(known)
    found = (
        _usual(today + timedelta(days=count), past, made, now)
        for count in range(days)
        if count or today not in made
    )
    return tuple(usual for usual in found if usual is not None and usual.leaves > now)


def unannounced(
    usual: Iterable[Usual], told: Iterable[tuple[datetime, datetime]]
) -> tuple[Usual, ...]:
    """Usual trips on days without an announced trip, and without overlap with one; `told` are the
    departures and returns."""
    spans = tuple(told)
    days = {local_day(leaves) for leaves, _ in spans}
    return tuple(
        each
        for each in usual
        if local_day(each.leaves) not in days
        and not any(leaves < each.returns and each.leaves < back for leaves, back in spans)
    )


def described(usual: Usual, km: float) -> str:
    """The usual trip in a sentence."""
    leaves = usual.leaves.astimezone(BRUSSELS)
    days, time_of_day = DAYS[leaves.weekday()], f"{leaves:%H:%M}"
    return phrase(
        "expected, as on most {days}: leaves {time}, {km:.0f} km",
        days=days,
        time=time_of_day,
        km=km,
    )


def _left(outing: Outing) -> datetime:
    return outing.left


def _by_day(outings: Iterable[Outing]) -> Mapping[date, Outing]:
    """The trips of each local day as one: from the first departure until the last return."""
    days: dict[date, Outing] = {}
    for each in outings:
        day = local_day(each.left)
        before = days.get(day)
        if before is None:
            days[day] = each
        else:
            kwh = None if before.kwh is None or each.kwh is None else before.kwh + each.kwh
            days[day] = Outing(before.left, each.back, kwh, before.ahead)
    return days


def _usual(
    day: date, past: Sequence[date], made: Mapping[date, Outing], now: datetime
) -> Usual | None:
    """The trip expected on a day; None when it is more likely that the car stays."""

    def told(each: date) -> bool:
        trip = made.get(each)
        if trip is None or trip.ahead is None:
            return False
        return _at(day, _hours(trip.left, each)) - now <= trip.ahead

    weighed = [(each, weight) for each, weight in _weighed(day, past) if not told(each)]
    gone = [(made[each], each, weight) for each, weight in weighed if each in made]
    whole = sum(weight for _, weight in weighed) + DOUBT
    chance = sum(weight for *_, weight in gone) / whole
    used = [(trip.kwh, weight) for trip, _, weight in gone if trip.kwh is not None]
    same = sum(each.weekday() == day.weekday() for _, each, _ in gone)
    if chance < LEAST_CHANCE or len(gone) < LEAST_SEEN or same < 2 or not used:
        return None
    leaves_h = _quantile(((_hours(trip.left, each), w) for trip, each, w in gone), EARLY)
    back_h = _quantile(((_hours(trip.back, each), w) for trip, each, w in gone), LATE)
    return Usual(
        leaves=_at(day, leaves_h),
        returns=_at(day, max(back_h, leaves_h + AWAY_LEAST / HOUR)),
        chance=min(1.0, chance),
        kwh=sum(kwh * weight for kwh, weight in used) / sum(weight for _, weight in used),
        most_kwh=_quantile(used, FAR),
    )


def _weighed(day: date, past: Sequence[date]) -> Iterator[tuple[date, float]]:
    """The past days like this one, with their weights."""
    for each in past:
        if (each.weekday() >= WEEKEND) == (day.weekday() >= WEEKEND):
            alike = 1.0 if each.weekday() == day.weekday() else ALIKE
            yield each, alike * FADE ** ((day - each) / WEEK)


def _quantile(values: Iterable[tuple[float, float]], part: float) -> float:
    """The first of the values, by size, up to which `part` of their weight lies."""
    ordered = sorted(values)
    whole, sofar = sum(weight for _, weight in ordered), 0.0
    for value, weight in ordered:
        sofar += weight
        if sofar >= part * whole:
            return value
    return ordered[-1][0]


def _hours(at: datetime, day: date) -> float:
    """Hours on the wall clock since the day began."""
    local = at.astimezone(BRUSSELS).replace(tzinfo=None)
    return (local - datetime.combine(day, time())) / HOUR


def _at(day: date, hours: float) -> datetime:
    """The time at which the wall clock shows this many hours since the day began, to the minute."""
    minutes = timedelta(minutes=round(hours * 60))
    return (datetime.combine(day, time()) + minutes).replace(tzinfo=BRUSSELS).astimezone(UTC)
