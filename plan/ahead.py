"""Outlook of the coming days, as arrays without holes: prices, the house's load, the sun.

The first two days are by quarter, the known or likely part of the week after by hour: batteries and
above all cars can wait for it, and it needs its share of the month peak.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from base import messages
from base.language import phrase
from plan.program import Floats, Ints

QUARTER_H = 0.25
FINE = 192
COARSE = 4
USUAL_LOAD_KW = 0.35
USUAL_BUY_EUR_KWH = 0.30
DEAREST_EUR_KWH = 10.0
MOST_KW = 100.0
LEAST_RESERVE_KWH = 0.6
"""Least reserve of any home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """From `start`, one number per step of `hours`; the first `fine` of them are quarters.

    `usual_eur_kwh` is the price of a kWh in the last weeks. `reserve_kwh` should stay in the
    batteries at the end of each step, beyond their owners' reserves.
    """

    start: datetime
    hours: Floats
    fine: int
    buy_eur_kwh: Floats
    sell_eur_kwh: Floats
    load_kw: Floats
    solar_kw: Floats
    usual_eur_kwh: Floats
    reserve_kwh: Floats
    notes: tuple[str, ...] = ()

    def begins(self) -> Floats:
        """Hours from the start at which each step begins."""
        return np.asarray(np.cumsum(self.hours) - self.hours)

    def steps(self, begin: datetime, end: datetime | None) -> tuple[int, int]:
        """The first whole step from `begin` on, and the one after the last before `end`."""
        ends = np.cumsum(self.hours)
        first = _hours(begin - self.start)
        last = np.inf if end is None else _hours(end - self.start)
        since = int(np.searchsorted(ends - self.hours, first - 1e-6))
        return since, max(since, int(np.searchsorted(ends, last + 1e-6, side="right")))

    def near(self) -> "Ahead":
        """Only the quarters."""
        return replace(
            self,
            **{
                name: getattr(self, name)[: self.fine]
                for name in (
                    "hours",
                    "buy_eur_kwh",
                    "sell_eur_kwh",
                    "load_kw",
                    "solar_kw",
                    "reserve_kwh",
                )
            },
        )


def ahead(
    outlook: messages.Outlook,
    *,
    usual_eur_kwh: Sequence[float] | Floats = (),
    reserve_kwh: float | Floats = LEAST_RESERVE_KWH,
    fine: int = FINE,
) -> Ahead:
    """The outlook without holes; a sentence in `notes` for each missing part.

    It may be longer than two days. Without the last weeks' prices those ahead are used.
    """
    count = len(outlook.buy_eur_kwh)
    notes: list[str] = []
    fill = _Filler(count, min(count, fine), notes)
    buy = fill("price", outlook.buy_eur_kwh, USUAL_BUY_EUR_KWH, DEAREST_EUR_KWH)
    usual = np.asarray(usual_eur_kwh, dtype=float)
    usual = usual[np.abs(usual) <= DEAREST_EUR_KWH]
    sell = fill(phrase("price of injection"), outlook.sell_eur_kwh, 0.0, DEAREST_EUR_KWH)
    load = fill("load", outlook.load_kw, USUAL_LOAD_KW, MOST_KW)
    sun = np.maximum(0.0, fill("sun", outlook.solar_kw, 0.0, MOST_KW, quiet=True))
    groups = _groups(count, fine)
    kept = np.broadcast_to(np.asarray(reserve_kwh, dtype=float), (count,))
    buy, sell, load, sun, kept = (
        _means(each, groups, count) for each in (buy, sell, load, sun, kept)
    )
    hours = np.diff(np.append(groups, count)) * QUARTER_H
    usual = usual if len(usual) else buy
    return Ahead(
        start=outlook.start,
        hours=hours,
        fine=min(count, fine),
        buy_eur_kwh=buy,
        sell_eur_kwh=sell,
        load_kw=load,
        solar_kw=sun,
        usual_eur_kwh=usual,
        reserve_kwh=kept,
        notes=tuple(notes),
    )


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def _groups(count: int, fine: int) -> Ints:
    """Start of each step, in quarters."""
    near = np.arange(min(count, fine))
    return np.concatenate((near, np.arange(fine, count, COARSE))) if count > fine else near


def _means(values: Floats, groups: Ints, count: int) -> Floats:
    sizes = np.diff(np.append(groups, count))
    return np.asarray(np.add.reduceat(values, groups) / sizes) if count else values


@dataclass(frozen=True, slots=True)
class _Filler:
    """Makes arrays of `count` from values that may hold nulls, NaN or nonsense, or be too short."""

    count: int
    fine: int
    notes: list[str]

    def __call__(
        self, what: str, values: Sequence[float | None] | Floats, usual: float, most: float, *,
        quiet: bool = False,
    ) -> Floats:  # fmt: skip
        found = np.full(self.count, np.nan)
        short = np.array([np.nan if v is None else v for v in values[: self.count]], dtype=float)
        found[: len(short)] = short
        bad = ~(np.abs(found) <= most)
        if bad.any():
            good = found[~bad]
            found[bad] = float(good.mean()) if len(good) else usual
            missing = int(bad[: self.fine].sum())
            if missing and not quiet:
                self.notes.append(
                    phrase(
                        "the {what} is not known for {missing} of {all} quarters",
                        what=what,
                        missing=missing,
                        all=self.fine,
                    )
                )
        return found
