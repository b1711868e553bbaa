"""The capacity tariff: month peaks become money, and one more kW has a price.

The billed power is the mean over the last 12 months, the billed one included, of each month's
highest quarter, each at least the floor. Months without a known peak are left out. Source: Fluvius.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from base.language import phrase
from rates.calendar import month_before
from rates.month import Capacity, month_days

WINDOW = 12
Peaks = Mapping[date, Decimal]
"""kW of the highest quarter of a month, by its first day."""


@dataclass(frozen=True, slots=True)
class BilledPeak:
    """A month's peak, measured and billed, kW."""

    month: date
    kw: Decimal
    billed_kw: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakCost:
    """The peaks behind the running month's bill and the effect of one more kW. EUR incl VAT.

    `dropping` is the month that leaves the mean next; None while there are fewer than 12.
    `free_kw` may be added to the month's peak without cost.
    `one_more_eur` is billed this month and in the next eleven.
    """

    peaks: tuple[BilledPeak, ...]
    mean_kw: Decimal
    dropping: BilledPeak | None
    free_kw: Decimal
    one_more_eur: Decimal
    why: str


def billed_peaks(peaks: Peaks, month: date, floor_kw: Decimal) -> tuple[BilledPeak, ...]:
    """The known peaks of the 12 months that end with `month`, oldest first."""
    months = (month_before(month, back) for back in range(WINDOW - 1, -1, -1))
    return tuple(BilledPeak(m, peaks[m], max(floor_kw, peaks[m])) for m in months if m in peaks)


def mean_kw(peaks: Peaks, month: date, floor_kw: Decimal) -> Decimal:
    """The billed power of a month, kW; the floor when no peak is known."""
    billed = billed_peaks(peaks, month, floor_kw)
    return sum((p.billed_kw for p in billed), Decimal(0)) / len(billed) if billed else floor_kw


def kw_years(kw: Decimal, days: int, month: date) -> Decimal:
    """kW over this number of days of a month, in kW year: a month is a twelfth of a year."""
    return kw * days / (12 * month_days(month))


def reduction(
    capacity: Capacity, capacity_eur: Decimal, distribution_eur: Decimal, kwh: Decimal, kwy: Decimal
) -> Decimal:
    """EUR ex VAT that the maximum tariff takes off: the grid cost per kWh has a maximum.

    The capacity term never falls below that of the floor, `kwy` kW year of it.
    """
    if capacity.max_eur_kwh is None:
        return Decimal(0)
    room = max(capacity.max_eur_kwh * kwh - distribution_eur, capacity.eur_kw_year * kwy)
    return max(Decimal(0), capacity_eur - room)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Effect of the maximum tariff in a month: `binds`, and EUR incl VAT that a kWh then adds.

    While it binds a kW costs nothing in that month. `eur_kwh` is 0 where the least billed peak
    already exceeds the ceiling.
    """

    binds: bool = False
    eur_kwh: Decimal = Decimal(0)


def ceiling(
    capacity: Capacity, distribution_eur_kwh: Decimal, kwh: Decimal, kw: Decimal
) -> Ceiling:
    """The ceiling in a month in which `kwh` are taken and `kw` is billed. EUR ex VAT given."""
    if capacity.max_eur_kwh is None:
        return Ceiling()
    distribution = distribution_eur_kwh * kwh
    eur, least = (capacity.eur_kw_year * each / 12 for each in (kw, capacity.floor_kw))
    if not reduction(capacity, eur, distribution, kwh, capacity.floor_kw / 12):
        return Ceiling()
    at_least = capacity.max_eur_kwh * kwh - distribution <= least
    more = Decimal(0) if at_least else capacity.max_eur_kwh - distribution_eur_kwh
    return Ceiling(True, more * (1 + capacity.vat))


def peak_cost(
    capacity: Capacity, peaks: Peaks, month: date, capped: Sequence[bool] = ()
) -> PeakCost:
    """Cost of the peaks in `month` (its first day), and of one more kW.

    `capped` is True for each month, from this one on, in which the maximum tariff binds: there a kW
    costs nothing.
    """
    now = {**peaks, month: peaks.get(month, Decimal(0))}
    billed = billed_peaks(now, month, capacity.floor_kw)
    mean = mean_kw(now, month, capacity.floor_kw)
    eur_kw_month = capacity.eur_kw_year / 12 * (1 + capacity.vat)
    shares = [
        Decimal(0) if any(capped[later : later + 1]) else 1 / Decimal(min(WINDOW, count))
        for later, count in enumerate(range(len(billed), len(billed) + WINDOW))
    ]
    free = max(Decimal(0), capacity.floor_kw - now[month])
    return PeakCost(
        peaks=billed,
        mean_kw=mean,
        dropping=billed[0] if len(billed) == WINDOW else None,
        free_kw=free,
        one_more_eur=eur_kw_month * sum(shares),
        why=_why(capacity, now[month], len(billed), eur_kw_month * sum(shares), capped),
    )


def _why(capacity: Capacity, kw: Decimal, months: int, eur: Decimal, capped: Sequence[bool]) -> str:
    if any(capped):
        more = phrase("One kW more costs {eur:.2f} EUR over the next 12 bills.", eur=eur)
        if not any(capped[1:]):
            holds = phrase(
                "The maximum tariff applies this month: a higher peak costs nothing more."
            )
        else:
            holds = phrase(
                "The maximum tariff applies in {count:d} of the next 12 months: a higher peak"
                " costs nothing more then.",
                count=sum(capped),
            )
        return f"{holds} {more}"
    if kw < capacity.floor_kw:
        start = phrase(
            "Up to {kw:.2f} kW costs nothing: that is billed anyway.", kw=capacity.floor_kw
        )
    else:
        start = phrase(
            "Up to {kw:.2f} kW costs nothing: this month's peak is that high already.", kw=kw
        )
    if months < WINDOW:
        above = phrase(
            "One kW above it costs {eur:.2f} EUR over the next 12 bills, more than usual: the"
            " mean has only {months:d} months.",
            eur=eur,
            months=months,
        )
    else:
        above = phrase(
            "One kW above it costs {eur:.2f} EUR, spread over the next 12 bills.", eur=eur
        )
    return f"{start} {above}"
