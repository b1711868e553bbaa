"""Month indices by themselves: plain and profile-weighted means of the day-ahead prices.

EPEXDAM, BELIX, Belpex M and Belpex-injectie are plain means of the month. "RLP-weighted" is three
indices, which differ by up to 3 EUR/MWh: the mean of all operators' profiles (DATS24, Mega,
TotalEnergies, Ecopower, energie.be), each region with equal weight (Eneco), the Flemish mean (EBEM,
EnergyVision); a contract names its blend. SPP weights by solar production; its profile is published
before the year, so that it stays provisional until the published value is typed. Profiles:
Synergrid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Literal, get_args

from base.time import QUARTER
from rates.calendar import day_start, month_before

Computed = Literal[
    "epex_month", "epex_quarter", "rlp_belgium", "rlp_regions", "rlp_flanders", "spp"
]
Published = Literal[
    "ttf101", "ttf103", "ttf_dam", "ttf_rlp", "ztp_dam", "ztp101", "ztp_rlp", "zig_dam", "endex101"
]
COMPUTED: tuple[Computed, ...] = get_args(Computed)
NAMES: tuple[str, ...] = (*COMPUTED, *get_args(Published))
ALIASES: Mapping[str, str] = {
    "epexdam": "epex_month", "epex": "epex_month", "belix": "epex_month", "belpex": "epex_month",
    "belpexm": "epex_month", "belpex_m": "epex_month", "belpex_month": "epex_month",
    "belpex-injectie": "epex_month", "belpex_quarter": "epex_quarter",
    "belpexrlp0": "rlp_flanders", "be_spotrlp": "rlp_belgium", "belpex_m_rlp": "rlp_belgium",
    "belpex-rlp-m": "rlp_regions", "be_spotspp": "spp", "belpexspp0": "spp", "epex_spp": "spp",
    "belpexh": "hour", "belpex_h": "hour", "belpex-h": "hour",
    "espot_15": "quarter", "belpex15": "quarter", "belpex_15m": "quarter",
    "ttfdam": "ttf_dam", "ztpdam": "ztp_dam", "ttf-rlp-m": "ttf_rlp", "ztp-rlp0": "ztp_rlp",
}  # fmt: skip
"""Names on cards, in lower case, and the indices they mean."""
EX_ANTE: tuple[Computed, ...] = ("spp",)

Profile = Mapping[str, Sequence[int]]
"""Weights of the quarters of a year by name, from 31 December 23:00 UTC on."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A month's index in EUR/MWh. `why` is the reason for a provisional value; "" when it is
    final."""

    eur_mwh: Decimal
    why: str = ""


MonthMean = Callable[[str, date], Mean | None]
"""The index of a name in the month of a day; None when it is unknown."""


def months_of(name: str, day: date) -> tuple[date, ...]:
    """The months over which an index is a mean."""
    if name != "epex_quarter":
        return (day.replace(day=1),)
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return tuple(month_before(first, -count) for count in range(3))


def mean(
    name: str,
    day: date,
    spot: Callable[[datetime], Decimal | None],
    profile: Callable[[int], tuple[int, Profile]],
) -> Mean | None:
    """The index of the month of a day as far as prices are known; None when none is.

    `profile` gives the weights of a year, with the year they are really from.
    """
    months = months_of(name, day)
    start, end = day_start(months[0]), day_start(month_before(months[-1], -1))
    count = (end - start) // QUARTER
    weights, of_year = _weights(name, months[0], start, count, profile)
    total = weighed = Decimal(0)
    known = 0
    for place in range(count):
        price = spot(start + place * QUARTER)
        if price is not None:
            known += 1
            total += weights[place]
            weighed += weights[place] * price
    if not total:
        return None
    label = f"the index {name} of {months[-1]:%Y-%m}"
    if known < count:
        days = known // 96
        return Mean(weighed / total, f"{label} is not known yet: the mean of {days} days stands in")
    if of_year != months[0].year:
        return Mean(weighed / total, f"{label} is made with the profile of {of_year}")
    why = f"{label} is made with the profile of before the year" if name in EX_ANTE else ""
    return Mean(weighed / total, why)


def _weights(
    name: str,
    month: date,
    start: datetime,
    count: int,
    profile: Callable[[int], tuple[int, Profile]],
) -> tuple[Sequence[int], int]:
    if name.startswith("epex"):
        return (1,) * count, month.year
    of_year, weights = profile(month.year)
    first = (start - datetime(month.year - 1, 12, 31, 23, tzinfo=UTC)) // QUARTER
    whole = weights[name]
    return [whole[min(first + place, len(whole) - 1)] for place in range(count)], of_year


def kept(
    spot: Callable[[datetime], Decimal | None],
    profile: Callable[[int], tuple[int, Profile]],
    version: Callable[[], object],
) -> MonthMean:
    """`mean`, cached for each month until `version` changes: when a new day arrives."""

    @cache
    def found(name: str, month: date, _: object) -> Mean | None:
        return mean(name, month, spot, profile)

    return lambda name, day: found(name, months_of(name, day)[-1], version())
