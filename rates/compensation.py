"""The Walloon counter that runs back: injection is subtracted from the offtake of the same year.

It is for panels of before 2024, until the end of 2030. With separate prices for day and night, each
counter is computed separately. Such a counter is read once a year, so the months of the net kWh
are unknown: they are spread over the year by the RLP, as for any counter that is read once a year,
and each month has its own index. For cards with that rule the offtake is spread by the RLP and the
injection by the SPP. What is injected beyond the offtake of the year is worth nothing. Sources:
CWaPE; Synergrid, RLP0N and SPP of the Walloon operators.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from base.time import DAY
from rates.amounts import INJECTION, OFFTAKE, Register
from rates.month import month_days
from rates.stretch import Tally
from rates.terms import Home

ZERO = Decimal(0)
Pair = tuple[tuple[Register, ...], tuple[Register, ...]]
"""Registers of offtake and those of injection that run on one counter."""
TOGETHER: tuple[Pair, ...] = ((OFFTAKE, INJECTION),)
APART: tuple[Pair, ...] = tuple(
    ((taken,), (injected,)) for taken, injected in zip(OFFTAKE, INJECTION, strict=True)
)
Profile = Literal["rlp", "spp"]
MONTHS: Mapping[Profile, Mapping[int, tuple[int, ...]]] = {
    "rlp": {
        2025: (1147, 989, 970, 777, 683, 615, 629, 643, 661, 817, 956, 1114),
        2026: (1175, 996, 953, 757, 657, 586, 604, 635, 667, 833, 987, 1150),
    },
    "spp": {
        2025: (219, 420, 855, 1126, 1333, 1417, 1375, 1224, 1003, 589, 292, 148),
        2026: (202, 437, 866, 1176, 1423, 1420, 1377, 1187, 893, 602, 283, 133),
    },
}
"""Shares of the months in a year, of 10,000; in other years those of the nearest one."""


def netted(home: Home, tallies: Sequence[Tally]) -> tuple[list[Tally], list[str]]:
    """The tallies with the net offtake of each counter year, and the injection beyond it.

    Tallies under prices without compensation are unchanged.
    """
    years: dict[date, list[Tally]] = {}
    for tally in tallies:
        if tally.stretch.prices and tally.stretch.prices.nets:
            years.setdefault(home.counter_year(tally.stretch.start), []).append(tally)
    shares: dict[int, dict[Register, Decimal]] = {}
    notes: list[str] = []
    for year in years.values():
        counters = APART if any(map(_differs, year)) else TOGETHER
        for tally in year:
            shares[id(tally)] = dict.fromkeys(INJECTION, ZERO)
        for taken, injected in counters:
            off, back = _sum(year, taken), _sum(year, injected)
            for tally, kwh in _spread(year, taken, off, back):
                shares[id(tally)] |= dict.fromkeys(taken, kwh / _sum([tally], taken))
            if back > off:
                last = year[-1].stretch.end - DAY
                notes.append(
                    f"{back - off:.0f} kWh injected until {last} are more than was taken in the"
                    " year of the counter: they are worth nothing"
                )
    return [_scaled(tally, shares.get(id(tally), {})) for tally in tallies], notes


def _spread(
    year: Sequence[Tally], taken: tuple[Register, ...], off: Decimal, back: Decimal
) -> list[tuple[Tally, Decimal]]:
    """Net kWh of each tally with offtake. Their sum is `off` less `back`."""
    used = [tally for tally in year if _sum([tally], taken)]
    if back >= off:
        return [(tally, ZERO) for tally in used]
    by_sun = any(t.stretch.prices and t.stretch.prices.nets == "rlp_spp" for t in used)
    parts = _parts(used, "rlp")
    less = _parts(used, "spp") if by_sun else parts
    pairs = zip(used, parts, less, strict=True)
    return [(tally, off * part - back * taken_off) for tally, part, taken_off in pairs]


def _parts(tallies: Sequence[Tally], profile: Profile) -> list[Decimal]:
    """Shares of the tallies by a profile; together they are 1."""
    weights = [_weight(tally, MONTHS[profile]) for tally in tallies]
    return [weight / sum(weights, ZERO) for weight in weights]


def _weight(tally: Tally, years: Mapping[int, tuple[int, ...]]) -> Decimal:
    start = tally.stretch.start
    months = years[min(years, key=lambda year: abs(year - start.year))]
    return Decimal(months[start.month - 1]) * tally.stretch.days / month_days(start)


def _differs(tally: Tally) -> bool:
    """True if a kWh costs differently by day and by night."""
    rates = tally.stretch.prices.rates if tally.stretch.prices else {}
    day, night = (rates.get(register) for register in OFFTAKE)
    return day != night


def _sum(tallies: Iterable[Tally], registers: Iterable[Register]) -> Decimal:
    kept = tuple(registers)
    return sum((tally.used.get(r, ZERO) for tally in tallies for r in kept), ZERO)


def _scaled(tally: Tally, shares: dict[Register, Decimal]) -> Tally:
    """The tally with these amounts of each register."""
    if not shares:
        return tally
    used = {r: amount * shares.get(r, 1) for r, amount in tally.used.items() if shares.get(r, 1)}
    curved = {key: eur * shares.get(key[0], 1) for key, eur in tally.curved.items()}
    return replace(tally, used=used, curved=curved)
