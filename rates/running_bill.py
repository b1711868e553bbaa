"""The bill of the running month: what is booked, the fees so far, and what is still to come.

Booked money is taken as it was booked, so a change of prices revalues nothing here either. What is
to come is the last week over again, at today's prices.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from messages import Bill, BillLine, BillPeak
from rates.amounts import QUARTER, Pricing, Register
from rates.bill import Line, bill
from rates.calendar import DAY, day_start, local_day, month_start, quarter_of
from rates.capacity import PeakCost, Peaks, month_before, peak_cost
from rates.contract import ENERGY_OF, Contract
from rates.errors import RatesError
from rates.expected import repeated
from rates.stretch import Use
from rates.usage import INJECTION, Days

ZERO = Decimal(0)
KW_YEAR = "kW year"
UNITS = {"electricity": "kWh", "gas": "m3", "water": "m3"}
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
    within the month is billed from that day.
    """
    today = local_day(now)
    month = month_start(today)
    end = month_before(month, -1)
    start = max(month, min(days, default=today))
    lines = _booked(days, start, today)
    fees = _fees(contract, peaks, start, today + DAY)
    whole = _fees(contract, peaks, start, end)
    coming = _coming(uses, pricing, quarter_of(now) + QUARTER, day_start(end))
    booked = sum((Decimal(str(line.eur)) for line in lines), ZERO)
    so_far = booked + sum((fee.eur_incl for fee in fees), ZERO)
    expected = booked + sum((fee.eur_incl for fee in whole), ZERO) + coming
    cost = _peak_cost(contract, peaks, month)
    return Bill(
        time=now,
        start=start,
        lines=(*lines, *(_fee_line(fee, cost) for fee in fees)),
        total_eur=float(so_far) if lines or fees else None,
        expected_eur=float(round(expected, 2)) if uses else None,
        peaks=_peaks(cost),
        peak_eur_kw=float(cost.one_more_eur) if cost else None,
        why=cost.why if cost else "",
    )


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
                "eur": float(round(money, 2)),
            }
        )
        for (energy, line), money in eur.items()
    ]


def _name(register: Register, line: str) -> _Name:
    return ENERGY_OF[register], "injection" if register in INJECTION else line


def _fees(contract: Contract | None, peaks: Peaks, start: date, end: date) -> tuple[Line, ...]:
    """What is due whatever is used, from `start` until before `end`."""
    if contract is None:
        return ()
    try:
        return bill((), contract, month_peaks=peaks, start=start, end=end).lines
    except RatesError:
        return ()


def _fee_line(line: Line, cost: PeakCost | None) -> BillLine:
    """A fee as shown; the capacity tariff by the mean kW it is billed on."""
    by_peak = cost is not None and line.unit == KW_YEAR
    return BillLine(
        name=line.name,
        energy=line.energy or "electricity",  # the cent that rounding left
        amount=float(cost.mean_kw if cost and by_peak else line.quantity),
        unit="kW" if by_peak else line.unit,
        eur=float(line.eur_incl),
    )


def _coming(uses: Sequence[Use], pricing: Pricing, start: datetime, end: datetime) -> Decimal:
    """What the rest of the month is likely to cost."""
    total = ZERO
    for quarter, register, amount in repeated(uses, start, end):
        sign = -1 if register in INJECTION else 1
        total += sign * sum(pricing.cost(register, amount, quarter).values(), ZERO)
    return total


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
