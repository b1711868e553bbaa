"""The bill of the running month: what is booked, the fees so far, and what is still to come.

Booked money is taken as it was booked, so a change of prices revalues nothing here either. What is
to come is the last week over again, at today's prices.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from base.messages import Bill, BillLine, BillPeak
from base.time import DAY, QUARTER, local_day, quarter_of
from rates.amounts import INJECTION, Pricing, Register
from rates.bill import Line, bill, cents
from rates.calendar import day_start, month_start
from rates.capacity import PeakCost, Peaks, month_before, peak_cost
from rates.contract import ENERGY_OF, Contract
from rates.curve import Spots
from rates.errors import RatesError
from rates.expected import foreseen, repeated
from rates.stretch import Use
from rates.usage import Days

ZERO = Decimal(0)
KW_YEAR, BY_DAY, MAXIMUM = "kW year", "day", "maximum tariff"
UNITS = {"electricity": "kWh", "gas": "m3", "water": "m3"}
FREE = Spots.of(lambda quarter: ZERO)
_Name = tuple[str, str]
"""Energy and line."""


def month_bill(
    days: Days,
    uses: Sequence[Use],
    pricing: Pricing,
    contract: Contract | None,
    peaks: Peaks,
    now: datetime,
) -> Bill:
    """The month of `now` as billed so far and as expected, EUR including VAT.

    `days` hold what is booked; `uses` at least the last week of it, by quarter. Without a
    `contract` (the four-line form) there are no fees and no capacity tariff. A meter first read
    within the month is billed from that day. With less than a day of use, or without a price for
    what is to come, nothing is expected.
    """
    today = local_day(now)
    month = month_start(today)
    end = month_before(month, -1)
    start = max(month, min(days, default=today))
    rest = quarter_of(now) + QUARTER, day_start(end)
    coming = [use for use in repeated(uses, *rest) if use[2]]
    coming_eur = _worth(coming, foreseen(pricing)) if coming or rest[0] >= rest[1] else None
    used = _used(days, start, today)
    lines = _booked(days, start, today)
    fees = _fees(contract, used, peaks, start, today + DAY)
    whole = _fees(contract, [*used, *coming], peaks, start, end)
    booked = sum((Decimal(str(line.eur)) for line in lines), ZERO)
    so_far = booked + sum((fee.eur_incl for fee in fees), ZERO)
    expected = booked + sum((fee.eur_incl for fee in whole), ZERO) + (coming_eur or ZERO)
    cost = _peak_cost(contract, peaks, month)
    return Bill(
        time=now,
        start=start,
        lines=(*lines, *(_fee_line(fee, cost) for fee in fees)),
        total_eur=float(so_far) if lines or fees else None,
        expected_eur=None if coming_eur is None else float(cents(expected)),
        peaks=_peaks(cost),
        peak_eur_kw=float(cost.one_more_eur) if cost else None,
        why=cost.why if cost else "",
    )


def _used(days: Days, start: date, today: date) -> list[Use]:
    """What is booked, each day as if in its first quarter."""
    return [
        (day_start(day), register, amount)
        for day, totals in days.items()
        if start <= day <= today
        for register, amount in totals.amounts.items()
    ]


def _booked(days: Days, start: date, today: date) -> list[BillLine]:
    """One line for each name, rounded to the cent once; injection earns, so it is negative."""
    eur: dict[_Name, Decimal] = {}
    amount: dict[_Name, Decimal] = {}
    for day, totals in sorted(days.items()):
        if not start <= day <= today:
            continue
        for register, lines in totals.eur.items():
            sign = -1 if register in INJECTION else 1
            for line, money in lines.items():
                name = _name(register, line)
                eur[name] = eur.get(name, ZERO) + sign * money
                amount[name] = amount.get(name, ZERO) + totals.amounts[register]
    return [
        BillLine.model_validate(
            {
                "name": line,
                "energy": energy,
                "amount": float(amount[energy, line]),
                "unit": UNITS[energy],
                "eur": float(cents(money)),
            }
        )
        for (energy, line), money in eur.items()
    ]


def _name(register: Register, line: str) -> _Name:
    return ENERGY_OF[register], "injection" if register in INJECTION else line


def _fees(
    contract: Contract | None, used: Sequence[Use], peaks: Peaks, start: date, end: date
) -> tuple[Line, ...]:
    """What is due by the day and by the peak, from `start` until before `end`.

    The energy is not priced here, it only lowers the maximum tariff: over a month, never over the
    part of a year. A month without a peak yet counts for the least that is billed.
    """
    if contract is None:
        return ()
    month_peaks = {month_start(start): ZERO, **peaks}
    limited = contract.home.max_tariff == "monthly"
    try:
        drawn = bill(used if limited else (), contract, FREE, month_peaks, start=start, end=end)
    except RatesError:
        return ()
    return tuple(
        line
        for line in drawn.lines
        if line.unit in (BY_DAY, KW_YEAR) or (limited and line.name == MAXIMUM)
    )


def _fee_line(line: Line, cost: PeakCost | None) -> BillLine:
    """A fee as shown; the capacity tariff by the mean kW it is billed on."""
    by_peak = cost is not None and line.unit == KW_YEAR
    return BillLine(
        name=line.name,
        energy=line.energy or "electricity",
        amount=float(cost.mean_kw if cost and by_peak else line.quantity),
        unit="kW" if by_peak else line.unit,
        eur=float(line.eur_incl),
    )


def _worth(coming: Sequence[Use], pricing: Pricing) -> Decimal | None:
    """What it will cost, EUR; None when not one of it has a price."""
    total, priced = ZERO, not coming
    for quarter, register, amount in coming:
        lines = pricing.cost(register, amount, quarter)
        priced = priced or bool(lines)
        total += sum(lines.values(), ZERO) * (-1 if register in INJECTION else 1)
    return total if priced else None


def _peak_cost(contract: Contract | None, peaks: Peaks, month: date) -> PeakCost | None:
    """What the month's peak costs; None without a capacity tariff."""
    try:
        priced = contract.month("electricity", month) if contract else None
    except RatesError:
        return None
    return peak_cost(priced.capacity, peaks, month) if priced and priced.capacity else None


def _peaks(cost: PeakCost | None) -> tuple[BillPeak, ...]:
    if cost is None:
        return ()
    return tuple(
        BillPeak(
            month=peak.month,
            kw=float(peak.kw),
            billed_kw=float(peak.billed_kw),
            drops_out_next=peak is cost.dropping,
        )
        for peak in cost.peaks
    )
