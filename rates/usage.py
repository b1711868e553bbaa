"""Bookings become days, and days the usage table: day-3 to today, week, month and year.

The sums of closed quarters are made once per booking, by `periods`; `table` adds the running
quarter to them and is cheap enough to be called with each telegram.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from base import messages
from base.messages import Peak, Rate, Rates, UsagePeriod, Used
from base.time import DAY, QUARTER, local_day, quarter_of
from p1.reading import Tariff
from rates.amounts import INJECTION, OFFTAKE, Booking, Lines, Pricing, Register
from rates.calendar import TariffClock, month_start, next_change, week_start, year_start
from rates.settlement import Settled

_ZERO = Decimal()


@dataclass(frozen=True, slots=True)
class Price:
    """A kWh of offtake and of injection, EUR; None where not known.

    `provisional`: a part of it stands in for one that is not known yet.
    """

    buy_eur_kwh: float | None
    sell_eur_kwh: float | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class HighQuarter:
    """A highest quarter: its mean offtake in kW and its start (UTC)."""

    kw: Decimal
    quarter: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """Bookings of one local day. A register that is absent is unknown.

    `amounts` in kWh or m3; `eur` per register and invoice line, empty where no price is known.
    `provisional` are the amounts whose money is not final, `missing` those that have none, by
    register and line.
    """

    amounts: Mapping[Register, Decimal] = field(default_factory=dict)
    eur: Mapping[Register, Lines] = field(default_factory=dict)
    peak: HighQuarter | None = None
    provisional: Mapping[Register, Lines] = field(default_factory=dict)
    missing: Mapping[Register, Lines] = field(default_factory=dict)


Days = Mapping[date, DayTotals]


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount and its EUR; None where no price is known.

    Of the amount, how much has money that is not final, and how much has no money.
    """

    amount: Decimal
    eur: Decimal | None
    provisional: Decimal = _ZERO
    missing: Decimal = _ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.amount + other.amount,
            _total(self.eur, other.eur),
            self.provisional + other.provisional,
            self.missing + other.missing,
        )


Sums = Mapping[Register, Sum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A row of the usage table: days `start` to `end`, their sums, and the row as shown."""

    start: date
    end: date
    sums: Sums
    used: Mapping[Register, Used]
    gas_kwh_m3: Decimal | None
    shown: UsagePeriod


def add(days: Days, bookings: Iterable[Booking]) -> Days:
    """`days` with the bookings in them. Bookings are increments, late ones too,
    oldest quarter first as the ledger and the store give them.
    """
    grown = dict(days)
    for quarter, together in groupby(bookings, lambda booking: booking.quarter):
        day = local_day(quarter)
        grown[day] = _with(grown.get(day, DayTotals()), quarter, tuple(together))
    return grown


def periods(days: Days, today: date, gas_kwh_m3: Decimal | None) -> tuple[Period, ...]:
    """The seven rows as booked up to now; make them again after a booking and at midnight.

    `gas_kwh_m3` is how many kWh a m3 of gas holds.
    """
    spans = (
        *((f"day-{back}", today - back * DAY, today - back * DAY) for back in (3, 2, 1)),
        ("today", today, today),
        ("week", week_start(today), today),
        ("month", month_start(today), today),
        ("year", year_start(today), today),
    )
    return tuple(_period(days, label, start, end, gas_kwh_m3) for label, start, end in spans)


def told(settled: Settled) -> messages.Settled:
    """The message of a settlement."""
    return messages.Settled(
        at=settled.at,
        energy=settled.energy,
        line=settled.line,
        first=settled.first,
        last=settled.last,
        amount=float(settled.amount),
        unit=settled.unit,
        was_eur=float(settled.was_eur),
        eur=float(settled.eur),
    )


def day_row(day: date, totals: DayTotals, gas_kwh_m3: Decimal | None) -> UsagePeriod:
    """One day as the table shows it, labelled with its date."""
    return _period({day: totals}, day.isoformat(), day, day, gas_kwh_m3).shown


def table(rows: Iterable[Period], running: Iterable[Booking]) -> tuple[UsagePeriod, ...]:
    """The usage table of this second: the booked rows and what is not booked yet."""
    extra: dict[date, dict[Register, Sum]] = {}
    for booking in running:
        more = extra.setdefault(local_day(booking.quarter), {})
        more[booking.register] = _sum(
            booking.amount, booking.eur, booking.provisional, booking.missing
        )
    return tuple(_live(row, extra) for row in rows)


def panel(pricing: Pricing, tariff: Tariff | None, at: datetime, clock: TariffClock) -> Rates:
    """the current prices. `tariff` is the meter's word; without it the clock decides."""
    by_clock = clock.tariff_at(at)
    now = tariff or by_clock
    quarter = quarter_of(at)
    prices = {register: pricing.price(register, quarter) for register in Register}
    doubts = {register: pricing.doubts(register, quarter) for register in Register}
    rates = tuple(
        _rate(
            register,
            price,
            register.endswith(now) or register in (Register.GAS, Register.WATER),
            provisional=bool(doubts[register]),
        )
        for register, price in prices.items()
        if price is not None
    )
    notes = [f"~ {why}" for why in reasons(doubts[r] for r in Register if prices[r] is not None)]
    if now is not by_clock:
        notes.insert(
            0, f"The meter says {now} where it is {by_clock} by the clock ({clock.words()})."
        )
    change = next_change(at, clock) if now is by_clock else None
    return Rates(time=at, tariff=now.value, rates=rates, next_change=change, note="; ".join(notes))


def reasons(doubts: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Reasons for provisional prices, each once."""
    return tuple(dict.fromkeys(why for each in doubts for why in each.values()))


def _with(totals: DayTotals, quarter: datetime, bookings: Iterable[Booking]) -> DayTotals:
    amounts, eur, offtake_kwh = dict(totals.amounts), dict(totals.eur), _ZERO
    provisional, missing = dict(totals.provisional), dict(totals.missing)
    for booking in bookings:
        register = booking.register
        amounts[register] = amounts.get(register, _ZERO) + booking.amount
        lines = dict(eur.get(register, {}))
        for name, money in booking.eur.items():
            lines[name] = lines.get(name, _ZERO) + money
        eur[register] = lines
        _more(provisional, register, booking.provisional)
        _more(missing, register, booking.missing)
        offtake_kwh += booking.amount if register in OFFTAKE else _ZERO
    peak = _higher(totals.peak, HighQuarter(4 * offtake_kwh, quarter)) if offtake_kwh else None
    return DayTotals(
        amounts=amounts, eur=eur, peak=peak or totals.peak, provisional=provisional, missing=missing
    )


def _more(open_: dict[Register, Lines], register: Register, more: Lines) -> None:
    """Add amounts by line; a line with nothing left is removed."""
    if not more:
        return
    lines = dict(open_.get(register, {}))
    for line, amount in more.items():
        lines[line] = lines.get(line, _ZERO) + amount
    left = {line: amount for line, amount in lines.items() if amount}
    if left:
        open_[register] = left
    else:
        open_.pop(register, None)


def _higher(one: HighQuarter | None, other: HighQuarter) -> HighQuarter:
    """The higher of two quarters; the first one when they are equal."""
    return other if one is None or other.kw > one.kw else one


def _money(lines: Lines) -> Decimal | None:
    return sum(lines.values(), _ZERO) if lines else None


def _total(*terms: Decimal | None) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    known = [term for term in terms if term is not None]
    return sum(known, _ZERO) if known else None


def _sum(amount: Decimal, eur: Lines, provisional: Lines, missing: Lines) -> Sum:
    """Lines together: as much is provisional as on the line that has the most of it."""
    most = (max(lines.values(), default=_ZERO) for lines in (provisional, missing))
    return Sum(amount, _money(eur), *most)


def _plus(one: Sum | None, other: Sum) -> Sum:
    return one + other if one else other


def _period(days: Days, label: str, start: date, end: date, gas_kwh_m3: Decimal | None) -> Period:
    within = [totals for day, totals in sorted(days.items()) if start <= day <= end]
    sums: dict[Register, Sum] = {}
    peak: HighQuarter | None = None
    for totals in within:
        for register, amount in totals.amounts.items():
            more = _sum(
                amount,
                totals.eur[register],
                totals.provisional.get(register, {}),
                totals.missing.get(register, {}),
            )
            sums[register] = _plus(sums.get(register), more)
        peak = _higher(peak, totals.peak) if totals.peak else peak
    used = {register: _used(each) for register, each in sums.items()}
    told = Peak(kw=float(peak.kw), at=peak.quarter + QUARTER) if peak else None
    shown = _row((label, start, end), sums, used, gas_kwh_m3, told)
    return Period(start=start, end=end, sums=sums, used=used, gas_kwh_m3=gas_kwh_m3, shown=shown)


def _live(row: Period, extra: Mapping[date, Sums]) -> UsagePeriod:
    """The row with what runs in its days; as it was when nothing does."""
    runs = [more for day, more in extra.items() if row.start <= day <= row.end]
    if not runs:
        return row.shown
    sums, used = dict(row.sums), dict(row.used)
    for register, more in (each for sums_of_day in runs for each in sums_of_day.items()):
        sums[register] = _plus(sums.get(register), more)
        used[register] = _used(sums[register])
    span = row.shown.label, row.start, row.end
    return _row(span, sums, used, row.gas_kwh_m3, row.shown.peak)


def _row(
    span: tuple[str, date, date],
    sums: Sums,
    used: Mapping[Register, Used],
    gas_kwh_m3: Decimal | None,
    peak: Peak | None,
) -> UsagePeriod:
    label, start, end = span
    eur = {register: each.eur for register, each in sums.items() if each.eur is not None}
    earned = [-eur[register] for register in INJECTION if register in eur]
    electricity = _total(*(eur.get(register) for register in OFFTAKE), *earned)
    total = _total(electricity, eur.get(Register.GAS), eur.get(Register.WATER))
    gas = sums.get(Register.GAS)
    return UsagePeriod(
        label=label,
        start=start,
        days=(end - start).days + 1,
        offtake_day=used.get(Register.OFFTAKE_DAY),
        offtake_night=used.get(Register.OFFTAKE_NIGHT),
        injection_day=used.get(Register.INJECTION_DAY),
        injection_night=used.get(Register.INJECTION_NIGHT),
        electricity_eur=_float(electricity),
        gas=used.get(Register.GAS),
        gas_kwh=float(gas.amount * gas_kwh_m3) if gas and gas_kwh_m3 else None,
        water=used.get(Register.WATER),
        total_eur=_float(total),
        peak=peak,
    )


def _used(known: Sum) -> Used:
    return Used(
        amount=float(known.amount),
        eur=_float(known.eur),
        provisional=float(known.provisional),
        missing=float(known.missing),
    )


def _float(known: Decimal | None) -> float | None:
    return None if known is None else float(known)


def _rate(register: Register, price: Decimal, active: bool, *, provisional: bool) -> Rate:
    unit = "EUR/m3" if register in (Register.GAS, Register.WATER) else "EUR/kWh"
    label = register.replace("_", " ")
    return Rate(
        name=register,
        label=label,
        price=float(price),
        unit=unit,
        active=active,
        provisional=provisional,
    )


def price_of(pricing: Pricing, quarter: datetime, night: bool) -> Price:
    """Price and revenue of a kWh in a quarter."""
    buy, sell = prices_eur_kwh(pricing, quarter, night)
    return Price(buy, sell, is_provisional(pricing, quarter))


def prices_eur_kwh(
    pricing: Pricing, quarter: datetime, night: bool
) -> tuple[float | None, float | None]:
    """EUR per kWh of offtake and of injection in a quarter; None where not known."""
    buy = pricing.price(Register.OFFTAKE_NIGHT if night else Register.OFFTAKE_DAY, quarter)
    sell = pricing.price(Register.INJECTION_NIGHT if night else Register.INJECTION_DAY, quarter)
    return _float(buy), _float(sell)


def is_provisional(pricing: Pricing, quarter: datetime) -> bool:
    """True if a part of a price of a quarter stands in for one that is not known yet."""
    return any(
        pricing.doubts(register, quarter)
        for register in (Register.OFFTAKE_DAY, Register.INJECTION_DAY)
        if pricing.price(register, quarter) is not None
    )
