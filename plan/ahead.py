"""What the next quarters bring, as arrays without holes: prices, the house's load, the sun."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

import messages
from plan.program import Floats

USUAL_LOAD_KW = 0.35
USUAL_BUY_EUR_KWH = 0.30
DEAREST_EUR_KWH = 10.0
MOST_KW = 100.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """From `start`, one number per quarter. `reserve_kwh` is what batteries should keep for what
    nobody foresaw; `usual_eur_kwh` what a kWh cost in the last weeks."""

    start: datetime
    buy_eur_kwh: Floats
    sell_eur_kwh: Floats
    load_kw: Floats
    solar_kw: Floats
    reserve_kwh: Floats
    usual_eur_kwh: Floats
    notes: tuple[str, ...] = ()


def ahead(
    outlook: messages.Outlook,
    *,
    reserve_kwh: Sequence[float] | Floats = (),
    usual_eur_kwh: Sequence[float] | Floats = (),
) -> Ahead:
    """The outlook with its holes filled; a sentence in `notes` for what was missing.

    Where the last weeks' prices are not given, those ahead stand in.
    """
    count = len(outlook.buy_eur_kwh)
    notes: list[str] = []
    fill = _Filler(count, notes)
    buy = fill("price", outlook.buy_eur_kwh, USUAL_BUY_EUR_KWH, DEAREST_EUR_KWH)
    usual = np.asarray(usual_eur_kwh, dtype=float)
    usual = usual[np.abs(usual) <= DEAREST_EUR_KWH]
    reserve = np.asarray(reserve_kwh, dtype=float)
    return Ahead(
        outlook.start,
        buy,
        fill("price of injection", outlook.sell_eur_kwh, 0.0, DEAREST_EUR_KWH),
        fill("load", outlook.load_kw, USUAL_LOAD_KW, MOST_KW),
        np.maximum(0.0, fill("sun", outlook.solar_kw, 0.0, MOST_KW, quiet=True)),
        np.resize(reserve, count) if len(reserve) else np.zeros(count),
        usual if len(usual) else buy,
        tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Filler:
    """Makes arrays of `count` out of what may hold nulls, NaN, nonsense, or be too short."""

    count: int
    notes: list[str]

    def __call__(
        self, what: str, values: Sequence[float | None], usual: float, most: float, *,
        quiet: bool = False,
    ) -> Floats:  # fmt: skip
        found = np.full(self.count, np.nan)
        short = np.array([np.nan if v is None else v for v in values[: self.count]], dtype=float)
        found[: len(short)] = short
        bad = ~(np.abs(found) <= most)
        if bad.any():
            good = found[~bad]
            # The same quarter of the day before is the best guess, then the mean of what is known.
            found[bad] = float(good.mean()) if len(good) else usual
            if not quiet:
                self.notes.append(
                    f"the {what} is not known for {bad.sum()} of {self.count} quarters"
                )
        return found
