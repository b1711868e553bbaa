"""The bill of the running month: bookings, fees so far, and the expected rest.

Booked money is taken as it was booked, so a change of prices revalues nothing here either. What is
to come repeats the last week's use, at today's prices.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from base.messages import Bill, BillLine, BillPeak
from base.time import DAY, QUARTER, local_day, quarter_of
from rates.amounts import INJECTION, OFFTAKE, Pricing, Register
from rates.bill import ENERGIES, Line, bill, cents
from rates.calendar import day_start, month_before, month_start
from rates.capacity import Ceiling, PeakCost, Peaks, ceiling, mean_kw, peak_cost
from rates.contract import ENERGY_OF, Contract, Energy
from rates.curve import Spots
from rates.errors import RatesError
from rates.expected import foreseen, repeated
from rates.late_fees import Billed, MonthFee
from rates.month import month_days
from rates.running_discounts import discounts
from rates.settlement import UNITS, Settled
from rates.stretch import Use
from rates.usage import Days, told

ZERO = Decimal(0)
KW_YEAR, BY_DAY, MAXIMUM = "kW year", "day", "maximum tariff"
FREE = Spots.of(lambda quarter: ZERO)
_Name = tuple[Energy, str]
"""Energy and line."""


def month_bill(
    days: Days,
    uses: Sequence[Use],
    pricing: Pricing,
    contract: Contract | None,
    peaks: Peaks,
    now: datetime,
    settled: Sequence[Settled] = (),
) -> Bill:
    """The month of `now` as billed so far and as expected, EUR including VAT.

    `days` hold what is booked; `uses` at least the last week of it, by quarter. Without a
    `contract` (the four-line form) there are no fees and no capacity tariff. A meter first read
    within the month is billed from that day. `settled` is what was settled since the month began:
    what it changes of earlier months is on this bill. With less than a day of use, or without a
    price for what is to come, nothing is expected.
    """
    today = local_day(now)
    month = month_start(today)
    end = month_before(month, -1)
    start = max(month, min(days, default=today))
    rest = quarter_of(now) + QUARTER, day_start(end)
    coming = [use for use in repeated(uses, *rest) if use[2]]
    coming_eur = _worth(coming, foreseen(pricing)) if coming or rest[0] >= rest[1] else None
    used = _used(days, start, today)
    corrections = _corrections(settled, month)
    lines = (*_booked(days, start, today), *corrections)
    fees = _fees(contract, used, peaks, start, today + DAY)
    stand_ins = _stand_ins(contract, start)
    whole = _fees(contract, [*used, *coming], peaks, start, end)
    booked = sum((Decimal(str(line.eur)) for line in lines), ZERO)
    less = discounts(contract, days, start, today + DAY, (), pricing)
    coming_less = discounts(contract, days, start, end, coming, foreseen(pricing))
    so_far = booked + sum((fee.eur_incl for fee in (*fees, *less)), ZERO)
    to_come = sum((fee.eur_incl for fee in (*whole, *coming_less)), ZERO)
    expected = booked + to_come + (coming_eur or ZERO)
    month_uses = [] if coming_eur is None else [*used, *coming]
    limits = _ceilings(contract, days, month_uses, peaks, month)
    cost = _peak_cost(contract, peaks, month, [each.binds for each in limits])
    return Bill(
        time=now,
        start=start,
        lines=(*lines, *(_fee_line(fee, cost, stand_ins) for fee in (*fees, *less))),
        total_eur=float(so_far) if lines or fees or less else None,
        expected_eur=None if coming_eur is None else float(cents(expected)),
        peaks=_peaks(cost),
        peak_eur_kw=_peak_eur_kw(cost, contract, month),
        cap_eur_kwh=float(limits[0].eur_kwh) if limits else 0.0,
        why=cost.why if cost else "",
        settled=tuple(map(told, settled)),
        notes=(*dict.fromkeys(stand_ins.values()), *_unpriced(days, start, today)),
    )


def _corrections(settled: Sequence[Settled], month: date) -> list[BillLine]:
    """Settled amounts of earlier months, a line for each line and month."""
    found: dict[tuple[date, str, str], list[Settled]] = {}
    for each in settled:
        if each.last < month:
            found.setdefault((month_start(each.first), each.energy, each.line), []).append(each)
    return [
        BillLine.model_validate(
            {
                "name": f"settled {line} {used:%b}",
                "energy": energy,
                "amount": float(max(each.amount for each in parts)),
                "unit": parts[0].unit,
                "eur": float(cents(sum((each.difference_eur for each in parts), ZERO))),
            }
        )
        for (used, energy, line), parts in sorted(found.items())
    ]


def _stand_ins(contract: Contract | None, day: date) -> dict[_Name, str]:
    """Reasons for provisional lines of the month, by energy and line."""
    found: dict[_Name, str] = {}
    for energy in ENERGIES if contract else ():
        month = contract.month(energy, day) if contract else None
        if month is None:
            continue
        parts = [(rate.line, rate.stand_in) for rates in month.rates.values() for rate in rates]
        parts += [(fee.line, fee.stand_in) for fee in month.fees]
        if month.capacity:
            parts += [(line, month.capacity.stand_in) for line in ("capacity", MAXIMUM)]
        found |= {(energy, line): why for line, why in parts if why}
    return found


def _unpriced(days: Days, start: date, today: date) -> tuple[str, ...]:
    """On which days some of the use has no money yet."""
    lacking = [day for day in sorted(days) if start <= day <= today and days[day].missing]
    if not lacking:
        return ()
    return (f"{len(lacking)} days have use without a price, the first {lacking[0]:%-d %b}",)


def _used(days: Days, start: date, today: date) -> list[Use]:
    """Booked use, each day as if in its first quarter."""
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
    provisional: set[_Name] = set()
    for day, totals in sorted(days.items()):
        if not start <= day <= today:
            continue
        for register, lines in totals.eur.items():
            sign = -1 if register in INJECTION else 1
            for line, money in lines.items():
                name = _name(register, line)
                eur[name] = eur.get(name, ZERO) + sign * money
                amount[name] = amount.get(name, ZERO) + totals.amounts[register]
            open_ = (totals.provisional.get(register, {}), totals.missing.get(register, {}))
            provisional |= {_name(register, line) for each in open_ for line in each}
    return [
        BillLine.model_validate(
            {
                "name": line,
                "energy": energy,
                "amount": float(amount[energy, line]),
                "unit": UNITS[energy],
                "eur": float(cents(money)),
                "provisional": (energy, line) in provisional,
            }
        )
        for (energy, line), money in eur.items()
    ]


def _name(register: Register, line: str) -> _Name:
    return ENERGY_OF[register], "injection" if register in INJECTION else line


def _fees(
    contract: Contract | None, used: Sequence[Use], peaks: Peaks, start: date, end: date
) -> tuple[Line, ...]:
    """Fees due by the day and by the peak, from `start` until before `end`.

    The energy is not priced here, it only lowers the maximum tariff: over a month, never over the
    part of a year. A month without a peak yet counts for the least that is billed.
    """
    if contract is None:
        return ()
    month_peaks = {month_start(start): ZERO, **peaks}
    limited = contract.ceiling_months(start) == 1
    try:
        drawn = bill(used if limited else (), contract, FREE, month_peaks, start=start, end=end)
    except RatesError:
        return ()
    return tuple(
        line
        for line in drawn.lines
        if line.unit in (BY_DAY, KW_YEAR) or (limited and line.name == MAXIMUM)
    )


def closed_month(contract: Contract | None, days: Days, peaks: Peaks, month: date) -> Billed:
    """The charges by the day and by the peak of a month that is over, from its first known day."""
    end = month_before(month, -1)
    start = max(month, min(days, default=end))
    if contract is None or start >= end:
        return Billed(lines=(), provisional=frozenset())
    found = _fees(contract, _used(days, start, end - DAY), peaks, start, end)
    provisional = {energy for energy in ENERGIES if _fees_stand_in(contract, energy, start)}
    lines = [
        MonthFee(
            first=start,
            energy=line.energy,
            line=line.name,
            amount=line.quantity,
            unit=line.unit,
            eur=line.incl,
        )
        for line in found
        if line.energy
    ]
    return Billed(lines=tuple(lines), provisional=frozenset(provisional))


def _fees_stand_in(contract: Contract, energy: Energy, day: date) -> bool:
    """True if a fee or the capacity tariff of a month is that of another year."""
    month = contract.month(energy, day)
    if month is None:
        return False
    return any(fee.stand_in for fee in month.fees) or bool(
        month.capacity and month.capacity.stand_in
    )


def _fee_line(line: Line, cost: PeakCost | None, stand_ins: Mapping[_Name, str]) -> BillLine:
    """A fee as shown; the capacity tariff by the mean kW it is billed on."""
    by_peak = cost is not None and line.unit == KW_YEAR
    return BillLine(
        name=line.name,
        energy=line.energy or "electricity",
        amount=float(cost.mean_kw if cost and by_peak else line.quantity),
        unit="kW" if by_peak else line.unit,
        eur=float(line.eur_incl),
        provisional=(line.energy or "electricity", line.name) in stand_ins,
    )


def _worth(coming: Sequence[Use], pricing: Pricing) -> Decimal | None:
    """Expected cost, EUR; None when not one part has a whole price."""
    total, priced = ZERO, not coming
    for quarter, register, amount in coming:
        lines = pricing.cost(register, amount, quarter)
        priced = priced or (
            bool(lines) and pricing.doubts(register, quarter).keys() <= lines.keys()
        )
        total += sum(lines.values(), ZERO) * (-1 if register in INJECTION else 1)
    return total if priced else None


def _ceilings(
    contract: Contract | None, days: Days, uses: Sequence[Use], peaks: Peaks, month: date
) -> list[Ceiling]:
    """The maximum tariff in this month and the eleven after it, where it is applied by the month.

    `uses` are those of the whole month, as far as expected; the later months are assumed to repeat
    the year before. What is not known is not limited.
    """
    if contract is None or contract.ceiling_months(month) != 1:
        return []
    priced = contract.month("electricity", month)
    if priced is None or priced.capacity is None or priced.missing:
        return []
    rates = priced.rates[Register.OFFTAKE_DAY]
    eur_kwh = sum((r.flat or ZERO for r in rates if r.line == "distribution"), ZERO)
    kw = mean_kw({**peaks, month: peaks.get(month, ZERO)}, month, priced.capacity.floor_kw)
    kwh: list[Decimal | None] = [
        sum((amount for _, register, amount in uses if register in OFFTAKE), ZERO) if uses else None
    ]
    kwh += [_kwh_of(days, month_before(month, 12 - later)) for later in range(1, 12)]
    return [
        Ceiling() if each is None else ceiling(priced.capacity, eur_kwh, each, kw) for each in kwh
    ]


def _kwh_of(days: Days, month: date) -> Decimal | None:
    """Use of a whole past month; None when a day of it is not known."""
    count = month_days(month)
    known = [days[month + place * DAY] for place in range(count) if month + place * DAY in days]
    if len(known) < count:
        return None
    return sum((each.amounts.get(r, ZERO) for each in known for r in OFFTAKE), ZERO)


def _peak_cost(
    contract: Contract | None, peaks: Peaks, month: date, capped: Sequence[bool]
) -> PeakCost | None:
    """Cost of the month's peak; None without a capacity tariff."""
    try:
        priced = contract.month("electricity", month) if contract else None
    except RatesError:
        return None
    if not priced or not priced.capacity:
        return None
    return peak_cost(priced.capacity, peaks, month, capped)


def _peak_eur_kw(cost: PeakCost | None, contract: Contract | None, month: date) -> float | None:
    """Cost of one more kW: 0 where peaks are not billed, None where that is not known."""
    if cost is not None:
        return float(cost.one_more_eur)
    return 0.0 if contract is not None and contract.bills_peaks(month) is False else None


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
