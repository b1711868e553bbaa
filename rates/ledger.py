"""Registers become amounts per quarter, and each amount its money, once.

The meter's registers are the truth. For each a baseline is kept: its value at the start of the open
quarter. With the first value from after that quarter's end, the register at each boundary since is
interpolated between the two; the differences are booked and the baseline moves to the last
boundary. So the bookings always add up to the growth of the register, to the Wh, whatever was
missed; and they follow from the baseline and that one value alone, so that a restart from the saved
baselines changes nothing.

Gas and water are booked the same way by their own capture times, which arrive minutes late: the
quarter a capture closes may be one whose electricity was booked before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from base.time import QUARTER, quarter_of
from p1.reading import Medium, Reading, Submeter
from rates.amounts import Booking, Pricing, Register

Key = tuple[str, Register]
"""A register of one meter: the meter's id and which register."""

SUBMETERED: Mapping[Medium, Register] = {Medium.GAS: Register.GAS, Medium.WATER: Register.WATER}
PERSISTS = timedelta(minutes=1)
_MOST_PER_H = {Register.GAS: 40_000, Register.WATER: 16_000}  # litres; no house takes more
_MOST_WH_PER_H = 55_000  # 3 x 80 A at 230 V
_LARGEST = Decimal(10**9)  # kWh or m3; no register has so many digits
_MARGIN = 1_000  # a register that shows whole kWh or m3
_CLOCK_BACK = timedelta(hours=1)
_LONGEST_GAP = timedelta(days=400)
_LATE = timedelta(minutes=5)  # a sub-meter is read each five minutes
_PRICES_KEPT = 8
_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stand:
    """A register at an instant (UTC, whole seconds): `milli` is Wh, or litres."""

    milli: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """State needed to book the next quarter. Only `baselines` need survive a restart.

    `prices` are newest first, each with the quarter from which it holds. `held` are implausible
    registers. `quarters` is the open quarter per meter id as telegrams name it. `notes` are
    sentences on the changes by the last telegram.
    """

    baselines: Mapping[Key, Stand] = field(default_factory=dict)
    prices: tuple[tuple[datetime, Pricing], ...] = ()
    held: Mapping[Key, Stand] = field(default_factory=dict)
    quarters: Mapping[str | None, datetime] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def advance(
    ledger: Ledger, reading: Reading, at: datetime, pricing: Pricing
) -> tuple[Ledger, tuple[Booking, ...]]:
    """The ledger after this telegram, and its bookings: usually none, except once a quarter.

    `at` is the instant of the telegram. A new `pricing` holds from the next quarter. Bookings
    are increments, oldest quarter first. Whenever `baselines` is another object than before,
    save it and the bookings together.
    """
    if _idle(ledger, reading, at, pricing):
        return ledger, ()
    prices = _in_force(ledger.prices, pricing, at)
    baselines, held = dict(ledger.baselines), dict(ledger.held)
    notes: list[str] = []
    bookings: list[Booking] = []
    for key, now in _stands(ledger, reading, at):
        another = any(register is key[1] for _, register in ledger.baselines)
        base, suspect, note = _judge(key, baselines.get(key), held.pop(key, None), now, another)
        if note:
            notes.append(note)
        if suspect:
            held[key] = suspect
        if base:
            baselines[key], booked = _book(key[1], base, now, prices)
            bookings += booked
    after = Ledger(
        baselines=ledger.baselines if baselines == ledger.baselines else baselines,
        prices=prices,
        held=held,
        quarters={} if held else _open_quarters(ledger, reading, at),
        notes=tuple(dict.fromkeys(notes)),
    )
    return after, tuple(sorted(bookings, key=attrgetter("quarter")))


def settle(ledger: Ledger, last: Reading, at: datetime) -> tuple[Ledger, tuple[Booking, ...]]:
    """Book the use of a replaced meter up to its last telegram, taken `at`.

    A later value of it is counted from there.
    """
    booked = tuple(booking for booking in running(ledger, last, at) if booking.amount)
    used = {booking.register for booking in booked}
    moved = {key: now for key, now in _stands(ledger, last, at) if key[1] in used}
    return replace(ledger, baselines={**ledger.baselines, **moved}), booked


def running(ledger: Ledger, reading: Reading, at: datetime) -> tuple[Booking, ...]:
    """Use that is not booked yet, and its money. For the reading just given to `advance`.

    An unchanged register counts as a known use of 0. One that was captured
    last in an earlier quarter used nothing yet in the quarter of `at`.
    """
    bookings = []
    for key, now in _stands(ledger, reading, at):
        base = ledger.baselines.get(key)
        never = (
            now.milli == 0 and key[1] in _MOST_PER_H
        )  # a channel that never counted is not a meter
        if base and not never and now.milli >= base.milli and _possible(key[1], base, now):
            quarter = quarter_of(base.at)
            bookings.append(_booking(key[1], now.milli - base.milli, quarter, ledger.prices))
            if quarter < quarter_of(at):
                bookings.append(_booking(key[1], 0, quarter_of(at), ledger.prices))
    return tuple(bookings)


def _idle(ledger: Ledger, reading: Reading, at: datetime, pricing: Pricing) -> bool:
    """True if no quarter has ended for any meter: the case of 899 telegrams in 900."""
    quarters = ledger.quarters
    if quarters.get(reading.meter_id) != quarter_of(at) or ledger.notes:
        return False
    for submeter in reading.submeters:
        taken = submeter.at
        if taken is not None and quarters.get(_open_key(submeter)) != quarter_of(taken):
            return False
    return ledger.prices[0][1] is pricing


def _open_quarters(ledger: Ledger, reading: Reading, at: datetime) -> dict[str | None, datetime]:
    quarters = {**ledger.quarters, reading.meter_id: quarter_of(at)}
    for submeter in reading.submeters:
        if submeter.at is not None:
            quarters[_open_key(submeter)] = quarter_of(submeter.at)
    return quarters


def _open_key(submeter: Submeter) -> str:
    return submeter.meter_id or f"channel {submeter.channel}"


def _in_force(
    prices: tuple[tuple[datetime, Pricing], ...], pricing: Pricing, at: datetime
) -> tuple[tuple[datetime, Pricing], ...]:
    """`prices` with `pricing` from the next quarter, or for all time when it is the first."""
    if not prices:
        return ((_ALWAYS, pricing),)
    if prices[0][1] is pricing:
        return prices
    return ((quarter_of(at) + QUARTER, pricing), *prices)[:_PRICES_KEPT]


def _stands(ledger: Ledger, reading: Reading, at: datetime) -> Iterator[tuple[Key, Stand]]:
    """The registers in this telegram, each with its time; unknown ones are left out.

    A telegram without its meter's id is of the known meter; so is that of a sub-meter, which is
    identified by its channel when it never had one. A capture from the future and an impossible
    number are not counted.
    """
    instant = at.astimezone(UTC).replace(microsecond=0)
    meter = reading.meter_id or _meter_of(ledger.baselines)
    for register, kwh in (
        (Register.OFFTAKE_DAY, reading.offtake_day_kwh),
        (Register.OFFTAKE_NIGHT, reading.offtake_night_kwh),
        (Register.INJECTION_DAY, reading.injection_day_kwh),
        (Register.INJECTION_NIGHT, reading.injection_night_kwh),
    ):
        if kwh is not None and kwh < _LARGEST:
            yield (meter, register), Stand(_milli(kwh), instant)
    for sub in reading.submeters:
        counted = SUBMETERED.get(sub.medium)
        if counted is None or sub.value is None or sub.at is None:
            continue
        taken = sub.at.astimezone(UTC).replace(microsecond=0)
        ours = sub.unit in (None, "m3") and sub.value < _LARGEST
        if ours and taken <= instant + _CLOCK_BACK:
            known = sub.meter_id or _submeter_of(ledger.baselines, counted)
            yield (known or f"channel {sub.channel}", counted), Stand(_milli(sub.value), taken)


def _meter_of(baselines: Mapping[Key, Stand]) -> str:
    """The electricity meter last counted; empty without one."""
    ids = [(base.at, key[0]) for key, base in baselines.items() if key[1] not in _MOST_PER_H]
    return max(ids)[1] if ids else ""


def _submeter_of(baselines: Mapping[Key, Stand], register: Register) -> str:
    """The gas or water meter last counted; empty without one."""
    ids = [(base.at, key[0]) for key, base in baselines.items() if key[1] is register]
    return max(ids)[1] if ids else ""


def _milli(amount: Decimal) -> int:
    return int(amount.scaleb(3))


def _possible(register: Register, base: Stand, now: Stand) -> bool:
    """True if a register can have gone from `base` to `now`: not back, not faster than a fuse."""
    gap = now.at - base.at
    if not -_CLOCK_BACK <= gap <= _LONGEST_GAP:
        return False
    most = _MOST_PER_H.get(register, _MOST_WH_PER_H) * max(0.0, gap.total_seconds()) / 3600
    return 0 <= now.milli - base.milli <= most + _MARGIN


def _judge(
    key: Key, base: Stand | None, suspect: Stand | None, now: Stand, another: bool
) -> tuple[Stand | None, Stand | None, str]:
    """(where to count from, the suspect level, a note). Counting stops while there is a suspect.

    An implausible level is held back; after `PERSISTS` it becomes the register's new start.
    `another` is
    True if such a register was counted before.
    """
    if base is None:
        note = f"Meter {_short(key[0])} is new: counting starts at its registers."
        return now, None, note if another else ""
    if now.at < base.at and now.milli <= base.milli:
        return None, None, ""  # a telegram from before: what it says is booked
    if _possible(key[1], base, now):
        return base, None, f"{_name(key)} is right again." if suspect else ""
    if suspect is None or not _possible(key[1], suspect, now):
        return None, now, "" if suspect else _doubt(key, base, now)
    if now.at - suspect.at < PERSISTS:
        return None, suspect, ""
    return suspect, None, _start(key, now)


def _book(
    register: Register, base: Stand, now: Stand, prices: tuple[tuple[datetime, Pricing], ...]
) -> tuple[Stand, list[Booking]]:
    """The baseline moved to the last boundary before `now`, and the quarters that ended."""
    parts = list(_split(base, now))
    if not parts:
        return base, []
    end = parts[-1][0] + QUARTER
    moved = Stand(base.milli + sum(milli for _, milli in parts), end)
    if now.milli == 0 and register in _MOST_PER_H:
        return moved, []  # a channel that never counted is not a meter
    spread = len(parts) > 1 or now.at - end > _LATE
    return moved, [_booking(register, milli, start, prices, spread) for start, milli in parts]


def _split(base: Stand, now: Stand) -> Iterator[tuple[datetime, int]]:
    """Each quarter ended between the two and its share by time, oldest first."""
    grown, whole = now.milli - base.milli, now.at - base.at
    start, before = quarter_of(base.at), 0
    while (end := start + QUARTER) <= now.at:
        until = grown * int((end - base.at).total_seconds()) // int(whole.total_seconds())
        yield start, until - before
        start, before = end, until


def _booking(
    register: Register,
    milli: int,
    quarter: datetime,
    prices: tuple[tuple[datetime, Pricing], ...],
    spread: bool = False,
) -> Booking:
    """`milli` of `register` at the price that held when the quarter began."""
    amount = Decimal(milli).scaleb(-3)
    pricing = next((held for since, held in prices if since <= quarter), prices[-1][1])
    return Booking.at(pricing, register, amount, quarter, spread)


def _short(meter_id: str) -> str:
    """The end of a meter's id, enough to recognise it: logs are shown to others."""
    return f"...{meter_id[-4:]}" if meter_id else "without an id"


def _name(key: Key) -> str:
    return f"The {key[1].replace('_', ' ')} register of meter {_short(key[0])}"


def _show(register: Register, stand: Stand) -> str:
    return f"{stand.milli / 1000:.3f} {'m3' if register in _MOST_PER_H else 'kWh'}"


def _doubt(key: Key, base: Stand, now: Stand) -> str:
    went = f"went from {_show(key[1], base)} to {_show(key[1], now)}"
    return f"{_name(key)} {went}, which cannot be: it is not counted until it is clear."


def _start(key: Key, now: Stand) -> str:
    stays = f"{_name(key)} stays at {_show(key[1], now)}: counting continues from there"
    return f"{stays}; the jump itself is not booked."
