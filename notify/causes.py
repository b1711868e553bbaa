"""The eight causes of a notification, and those that apply now. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from base import messages
from base.time import BRUSSELS, DAY, local_day
from notify import sentences
from notify.sentences import Told

LEAST_OVER_KW = 0.1
TIME_TO_ACT = timedelta(minutes=3)
LEAST_LACK_KWH = 1.0
EVENING_H, PRICES_H = 18, 20
"""Hours of the day in Belgium at which a car should be plugged in, and prices known."""
SILENT = timedelta(minutes=10)
AGAIN = frozenset({"silence", "consent"})
"""Causes that may be notified again once they were over."""
KW_PEAK = 0.05
BILL_DAYS = 7
"""Days within which the bill of the month before is announced, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The facts at `now` (UTC). `charging` is by neighbour; `needs` of those present.

    `closed` is the whole bill of the month before, when it is known.
    """

    now: datetime
    house: messages.House
    peak: messages.PeakState | None = None
    outlook: messages.Outlook | None = None
    rates: messages.Rates | None = None
    closed: messages.Bill | None = None
    charging: Mapping[str, messages.Charging] = field(default_factory=dict)
    needs: Iterable[messages.Need] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause that applies now. It is sent after it has lasted for `holds`."""

    notification: messages.Notification
    holds: timedelta = timedelta(0)

    @property
    def key(self) -> str:
        return self.notification.key


def causes(scene: Scene) -> Iterator[Cause]:
    """All that hold now."""
    for reason in REASONS:
        yield from reason(scene)


def month_peak(scene: Scene) -> Iterator[Cause]:
    """A new month peak is coming, and something can still be done."""
    house = scene.house
    quarter, target_kw = house.quarter, house.target_kw
    if quarter is None or target_kw is None or house.time is None:
        return
    over_kw = quarter.forecast_kw - target_kw
    left = quarter.end - house.time
    past_kw = house.month_peak.kw if house.month_peak else 0.0
    coming = over_kw >= LEAST_OVER_KW and quarter.forecast_kw > past_kw
    if coming and quarter.so_far_kw < target_kw and left > TIME_TO_ACT:
        eur_kw = scene.outlook.peak_eur_kw if scene.outlook else None
        eur = None if eur_kw is None else over_kw * eur_kw
        told = sentences.month_peak(over_kw, target_kw, int(left.total_seconds() // 60), eur)
        key = f"month_peak {quarter.start:%Y-%m-%dT%H:%M}"
        yield _cause(scene, "month_peak", key, told, holds=timedelta(minutes=1))


def trips(scene: Scene) -> Iterator[Cause]:
    """A trip costs a month peak or expensive hours, or it cannot be met."""
    choices = scene.outlook.choices if scene.outlook else ()
    for choice in choices:
        if choice.leaves > scene.now:
            yield _dear(scene, choice)
    asked = {(choice.peer, choice.car) for choice in choices}
    for peer, said in scene.charging.items():
        for car in said.cars:
            lacks_kwh, leaves = car.lacks_kwh or 0.0, car.leaves or car.ready_by
            if (peer, car.name) in asked or lacks_kwh < LEAST_LACK_KWH:
                continue
            if car.charger is None or leaves is None or leaves <= scene.now or car.mode == "boost":
                continue
            told = sentences.short_trip(car.name, leaves, lacks_kwh)
            boost = messages.Button(label=sentences.BOOST, to=peer, word="boost", args=(car.name,))
            key = f"short {peer} {car.name} {leaves:%Y-%m-%dT%H:%M}"
            yield _cause(scene, "trip", key, told, (boost,), leaves, holds=timedelta(minutes=10))


def _dear(scene: Scene, choice: messages.Choice) -> Cause:
    without = (
        sentences.leaves_short(choice.lacks_kwh)
        if choice.without_pct is None
        else sentences.leaves_at(choice.without_pct)
    )
    told = sentences.dear_trip(
        choice.car,
        choice.leaves,
        choice.eur,
        choice.over_kw if choice.over_kw >= KW_PEAK else None,
        without,
        accepted=choice.accepted,
    )
    labels = ((sentences.ACCEPT, "accept"), (sentences.REFUSE, "refuse"))
    buttons = tuple(
        messages.Button(label=label, to=choice.peer, word=word) for label, word in labels
    )
    key = f"trip {choice.peer} {choice.car} {choice.leaves:%Y-%m-%dT%H:%M}"
    return _cause(scene, "trip", key, told, buttons, choice.leaves, holds=timedelta(minutes=2))


def unplugged(scene: Scene) -> Iterator[Cause]:
    """A car is low and not plugged in, the evening before a trip."""
    here = scene.now.astimezone(BRUSSELS)
    if here.hour < EVENING_H:
        return
    tomorrow = here.date() + DAY
    for need in scene.needs:
        for car in need.cars:
            trip = next((each for each in car.trips if local_day(each.leaves) == tomorrow), None)
            if car.plugged is not False or trip is None or car.soc_pct is None:
                continue
            if trip.need_kwh >= LEAST_LACK_KWH:
                told = sentences.unplugged(car.name, trip.leaves, car.soc_pct, trip.need_kwh)
                key = f"unplugged {need.name} {car.name} {trip.leaves:%Y-%m-%dT%H:%M}"
                yield _cause(scene, "unplugged", key, told, holds=timedelta(minutes=5))


def unknown_cars(scene: Scene) -> Iterator[Cause]:
    """The car on a charger is unknown: a button for each possible one."""
    for peer, said in scene.charging.items():
        for charger in said.chargers:
            if not (charger.asks and charger.plugged):
                continue
            names = (*((name, name) for name in charger.asks), (sentences.GUEST, "guest"))
            buttons = tuple(
                messages.Button(label=label, to=peer, word="car", args=(name, "on", charger.name))
                for label, name in names
            )
            since = charger.stay_since or scene.now.replace(hour=0, minute=0)
            key = f"unknown {peer} {charger.name} {since:%Y-%m-%dT%H:%M}"
            told = sentences.unknown_car(charger.name)
            until, holds = scene.now + DAY, timedelta(minutes=3)
            yield _cause(scene, "unknown_car", key, told, buttons, until, holds=holds)


def silence(scene: Scene) -> Iterator[Cause]:
    """No telegram for ten minutes."""
    if scene.house.health.state != "fresh":
        told = sentences.silence(int(SILENT.total_seconds() // 60))
        yield _cause(scene, "silence", "silence", told, holds=SILENT)


def consent(scene: Scene) -> Iterator[Cause]:
    """The meter has stopped sending its month peaks."""
    if scene.peak is not None and scene.peak.lost_since is not None:
        told = sentences.consent(scene.peak.lost_since)
        yield _cause(scene, "consent", "consent", told)


def prices(scene: Scene) -> Iterator[Cause]:
    """Tomorrow's prices are missing in the evening, or a table ends within a month."""
    here, outlook = scene.now.astimezone(BRUSSELS), scene.outlook
    tomorrow = here.date() + DAY
    if outlook is not None and here.hour >= PRICES_H and outlook.buy_eur_kwh:
        times = (outlook.start + timedelta(minutes=15 * n) for n in range(len(outlook.buy_eur_kwh)))
        pairs = zip(times, outlook.buy_eur_kwh, strict=True)
        known = [price is not None for at, price in pairs if local_day(at) == tomorrow]
        if known and not all(known) and outlook.buy_eur_kwh[0] is not None:
            told = sentences.no_prices(tomorrow)
            yield _cause(scene, "prices", f"prices {tomorrow}", told, holds=timedelta(minutes=5))
    for sentence in scene.rates.endings if scene.rates else ():
        yield _cause(scene, "prices", f"ends {sentence}", sentences.ending(sentence))


def bill(scene: Scene) -> Iterator[Cause]:
    """The bill of the month that has ended."""
    closed = scene.closed
    if closed is None or closed.total_eur is None or local_day(scene.now).day > BILL_DAYS:
        return
    month = closed.start.replace(day=1)
    peak_kw = next((each.kw for each in closed.peaks if each.month == month), None)
    peak_eur = next((line.eur for line in closed.lines if line.unit == "kW"), None)
    told = sentences.bill(month, closed.total_eur, peak_kw, peak_eur)
    yield _cause(scene, "bill", f"bill {month:%Y-%m}", told)


REASONS: tuple[Callable[[Scene], Iterator[Cause]], ...] = (
    month_peak,
    trips,
    unplugged,
    unknown_cars,
    silence,
    consent,
    prices,
    bill,
)


def _cause(
    scene: Scene,
    reason: str,
    key: str,
    told: Told,
    buttons: tuple[messages.Button, ...] = (),
    until: datetime | None = None,
    *,
    holds: timedelta = timedelta(0),
) -> Cause:
    notification = messages.Notification(
        reason=reason,
        key=key,
        at=scene.now,
        title=told.title,
        text=told.text,
        buttons=buttons,
        until=until,
    )
    return Cause(notification, holds)
