"""The Walloon counter that runs back: what is injected takes off what is taken in the same year.

It is for panels of before 2024, until the end of 2030. Where day and night have prices of their
own, each counter stands by itself. The kWh taken off are worth the mean price of what was taken in
the year; what is injected beyond that is worth nothing. Source: CWaPE.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from base.time import DAY
from rates.amounts import INJECTION, OFFTAKE, Register
from rates.stretch import Tally
from rates.terms import Home

ZERO = Decimal(0)
Pair = tuple[tuple[Register, ...], tuple[Register, ...]]
"""Registers of offtake and those of injection that run on one counter."""
TOGETHER: tuple[Pair, ...] = ((OFFTAKE, INJECTION),)
APART: tuple[Pair, ...] = tuple(
    ((taken,), (injected,)) for taken, injected in zip(OFFTAKE, INJECTION, strict=True)
)


def netted(home: Home, tallies: Sequence[Tally]) -> tuple[list[Tally], list[str]]:
    """The tallies with the net offtake of each counter year, and what was injected beyond it.

    Those under prices without compensation are as they were.
    """
    years: dict[date, list[Tally]] = {}
    for tally in tallies:
        if tally.stretch.prices and tally.stretch.prices.nets:
            years.setdefault(home.counter_year(tally.stretch.start), []).append(tally)
    left: dict[int, dict[Register, Decimal]] = {}
    notes: list[str] = []
    for year in years.values():
        counters = APART if any(map(_differs, year)) else TOGETHER
        shares = dict.fromkeys(INJECTION, ZERO)
        for taken, injected in counters:
            off, back = _sum(year, taken), _sum(year, injected)
            shares |= dict.fromkeys(taken, max(ZERO, off - back) / off if off else ZERO)
            if back > off:
                last = year[-1].stretch.end - DAY
                notes.append(
                    f"{back - off:.0f} kWh injected until {last} are more than was taken in the"
                    " year of the counter: they are worth nothing"
                )
        left |= {id(tally): shares for tally in year}
    return [_scaled(tally, left.get(id(tally), {})) for tally in tallies], notes


def _differs(tally: Tally) -> bool:
    """True if a kWh of day and of night cost something else."""
    rates = tally.stretch.prices.rates if tally.stretch.prices else {}
    day, night = (rates.get(register) for register in OFFTAKE)
    return day != night


def _sum(tallies: Iterable[Tally], registers: Iterable[Register]) -> Decimal:
    kept = tuple(registers)
    return sum((tally.used.get(r, ZERO) for tally in tallies for r in kept), ZERO)


def _scaled(tally: Tally, shares: dict[Register, Decimal]) -> Tally:
    """The tally with so much of each register."""
    if not shares:
        return tally
    used = {r: amount * shares.get(r, 1) for r, amount in tally.used.items() if shares.get(r, 1)}
    curved = {key: eur * shares.get(key[0], 1) for key, eur in tally.curved.items()}
    return replace(tally, used=used, curved=curved)
