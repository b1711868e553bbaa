"""The facts of the house: each Reading folds into them.

Pure: dm passes in the reading and the time, stores the result, and writes the bookings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from base.time import DAY, local_day, quarter_of
from p1.phases import Grid
from p1.reading import Reading, Tariff
from peak import state as peak
from peak.headroom import connection_kw
from rates import usage
from rates.amounts import Booking, Register
from rates.calendar import Hours, TariffClock, month_before, month_start
from rates.contract import Priced
from rates.ending import ending
from rates.in_force import Prices
from rates.late_fees import Billed, FeeSettlement, MonthFee, by_month, settle_fees
from rates.ledger import Key, Ledger, Stand, settle
from rates.ledger import advance as booked
from rates.running_bill import closed_month
from rates.settlement import Open, Settlement
from rates.settlement import settle as settled_now

DAYS_KEPT = 400


@dataclass(frozen=True, slots=True)
class Rules:
    """The householder's settings: the billed floor and the ceiling in kW, tariff hours, main fuse
    in A.

    Without their own hours, those of the grid area apply.
    """

    floor_kw: float
    ceiling_kw: float | None = None
    hours: Hours | None = None
    fuse_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything known after the last telegram. `at` is when it counts as taken, UTC.

    `rows` is the usage table of the bookings. `peak_is_free`: a month peak costs nothing here.
    """

    rules: Rules
    prices: Prices
    peaks: peak.Peaks
    ledger: Ledger = field(default_factory=Ledger)
    days: usage.Days = field(default_factory=dict)
    reading: Reading | None = None
    at: datetime | None = None
    today: date | None = None
    rows: tuple[usage.Period, ...] = ()
    peak_is_free: bool = False

    @property
    def clock(self) -> TariffClock:
        """The day and night hours, for a meter that does not send its tariff."""
        return self.prices.clock(self.rules.hours)


@dataclass(frozen=True, slots=True)
class Step:
    """Result of one telegram: bookings to write, days to close, sentences to log."""

    bookings: tuple[Booking, ...] = ()
    closed_days: tuple[date, ...] = ()
    notes: tuple[str, ...] = ()


def begun(
    rules: Rules,
    prices: Prices,
    baselines: Mapping[Key, Stand],
    days: usage.Days,
    peaks: peak.Peaks,
) -> House:
    """The house before its first telegram, from the state of an earlier run."""
    return House(
        rules=rules, prices=prices, peaks=peaks, ledger=Ledger(baselines=baselines), days=days
    )


def advance(house: House, reading: Reading, at: datetime) -> tuple[House, Step]:
    """The house after this telegram, and the changes."""
    ledger, last = _settled(house, reading)
    books, bookings = booked(ledger, reading, at, house.prices.pricing)
    bookings = (*last, *bookings)
    peaks = peak.advance(house.peaks, reading)
    today = house.today
    if today is None or house.at is None or quarter_of(at) != quarter_of(house.at):
        today = local_day(at)
    if not bookings and today == house.today:
        same = replace(house, ledger=books, peaks=peaks, reading=reading, at=at)
        return same, Step(notes=books.notes) if books.notes else _NOTHING
    days = _kept(usage.add(house.days, bookings), today)
    after = replace(
        house,
        ledger=books,
        peaks=peaks,
        reading=reading,
        at=at,
        days=days,
        today=today,
        rows=usage.periods(days, today, house.prices.gas_kwh_m3),
        peak_is_free=_peak_is_free(house.prices, today),
    )
    return after, Step(bookings, _closed(house.today, today, bookings), books.notes)


def _settled(house: House, reading: Reading) -> tuple[Ledger, tuple[Booking, ...]]:
    """The ledger; with a new meter, the open amounts of the old one are booked first."""
    before = house.reading
    if before is None or house.at is None or None in (before.meter_id, reading.meter_id):
        return house.ledger, ()
    if before.meter_id == reading.meter_id:
        return house.ledger, ()
    return settle(house.ledger, before, house.at)


def priced(house: House, prices: Prices) -> House:
    """The house with other prices, valid from the next quarter; booked amounts stay."""
    free = house.today is not None and _peak_is_free(prices, house.today)
    return replace(house, prices=prices, peak_is_free=free)


def _peak_is_free(prices: Prices, day: date) -> bool:
    return prices.contract is not None and prices.contract.bills_peaks(day) is False


def billed(house: House, now: datetime) -> tuple[Register, ...]:
    """The registers that have a contract or price."""
    pricing, quarter, one = house.prices.pricing, quarter_of(now), Decimal(1)
    return tuple(r for r in Register if pricing.cost(r, one, quarter) or pricing.doubts(r, quarter))


def settlements(house: House, opens: Iterable[Open], now: datetime) -> tuple[Settlement, ...]:
    """Open amounts that can be settled at the prices known now."""
    return tuple(settled_now(opens, house.prices.pricing, now))


def late_fees(
    house: House, opens: Sequence[MonthFee], now: datetime
) -> tuple[tuple[MonthFee, ...], tuple[FeeSettlement, ...]]:
    """Provisional fees of the month before to be written down, and `opens` that are known now."""
    closed = by_month(opens)
    before = month_before(month_start(house.today or local_day(now)))
    billed = {month: _billed(house, month) for month in (before, *closed)}
    noted = () if before in closed else billed[before].open
    made = (
        each for month, fees in closed.items() for each in settle_fees(fees, billed[month], now)
    )
    return noted, tuple(made)


def _billed(house: House, month: date) -> Billed:
    peaks = {row.month: row.kw for row in house.peaks.months.rows}
    return closed_month(house.prices.contract, house.days, peaks, month)


def with_money(house: House, made: Sequence[Settlement]) -> House:
    """The house with settlements in its days. Settlements of days that are no longer kept are left
    out."""
    kept = (each.booking() for each in made if local_day(each.open.quarter) in house.days)
    days = usage.add(house.days, kept)
    today = house.today
    rows = usage.periods(days, today, house.prices.gas_kwh_m3) if today else house.rows
    return replace(house, days=days, rows=rows)


def carried_kw(house: House) -> float:
    """The power that the grid connection carries."""
    reading = house.reading
    if reading is None:
        return connection_kw(None, house.rules.fuse_a, phases=1)
    return connection_kw(
        reading.limit_kw,
        reading.limit_a,
        house.rules.fuse_a,
        phases=len(reading.phases),
        delta=reading.grid is Grid.DELTA,
    )


def endings(house: House, now: datetime) -> tuple[str, ...]:
    """Tables, indices and contracts that end soon, in sentences."""
    contract = house.prices.contract
    return ending(contract, local_day(house.at or now)) if contract else ()


def price_trouble(house: House, now: datetime) -> str | None:
    """Reason why current use has no price, as part of a sentence; None when it has one."""
    pricing = house.prices.pricing
    return pricing.trouble(quarter_of(house.at or now)) if isinstance(pricing, Priced) else None


def buy_eur_kwh(house: House, quarter: datetime) -> float | None:
    """Price of a kWh of offtake in a quarter, EUR; None when it is not known."""
    night = house.clock.tariff_at(quarter) is Tariff.NIGHT
    return usage.prices_eur_kwh(house.prices.pricing, quarter, night)[0]


def _closed(before: date | None, today: date, bookings: tuple[Booking, ...]) -> tuple[date, ...]:
    """The days whose files must be written (again): those now over that got bookings."""
    over = {local_day(booking.quarter) for booking in bookings}
    if before is not None and before != today:
        over.add(before)
    return tuple(sorted(day for day in over if day < today))


def _kept(days: usage.Days, today: date) -> usage.Days:
    """The days of this year and the last, for the table and the history."""
    oldest = today - DAYS_KEPT * DAY
    if all(day >= oldest for day in days):
        return days
    return {day: totals for day, totals in days.items() if day >= oldest}


_NOTHING = Step()
