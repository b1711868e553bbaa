"""The past as a plan needs it, read from the books."""

import logging
from datetime import date, datetime

from apps.dm import house, load_history
from apps.dm.meter import Meter
from base.language import phrase
from base.time import QUARTER, local_day
from rates.in_force import Prices
from store.books import Books
from sun.hidden import Hidden

log = logging.getLogger(__name__)


class Past:
    """The past of one house: read once, and grown by each quarter."""

    def __init__(self, meter: Meter, books: Books, *, sunny: bool, fits: bool = False) -> None:
        """`sunny`: the sun is forecast. `fits`: of 1 kWp; the panels are estimated each day."""
        self._meter, self._books, self._sunny, self._fits = meter, books, sunny, fits
        self._fitted: tuple[date, float | None] | None = None
        if fits:
            meter.solar.panels(None)
        self._lived = load_history.Lived()
        self.injected_kw = 0.0
        self._read_to: datetime | None = None
        self._prices: Prices | None = None
        self._eur_kwh: dict[datetime, float | None] = {}

    def until(
        self, end: datetime
    ) -> tuple[tuple[float | None, ...], tuple[float | None, ...], tuple[float | None, ...]]:
        """The load, the sun and the prices of the quarters before `end`."""
        self._read(end)
        lived = self._lived
        if self._fits:
            lived = lived.with_panels(self._kwp(end))
        return (*lived.until(end), self._paid(end))

    def _kwp(self, end: datetime) -> float | None:
        """The peak power of the panels behind the meter, estimated once a day."""
        before = self._fitted
        if before is None or before[0] != local_day(end):
            found = self._lived.fitted(end)
            kwp = round(found.kwp, 1) if found is not None and found.sure else None
            self._fitted = local_day(end), kwp
            self._meter.solar.panels(kwp)
            if (sentence := panels_told(found)) != self._meter.solar.sentence:
                self._meter.solar.sentence = sentence
                log.info("%s.", sentence)
        assert self._fitted is not None
        return self._fitted[1]

    def _read(self, end: datetime) -> None:
        since = end - load_history.LOAD_BACK if self._read_to is None else self._read_to
        if since >= end:
            return
        flows = list(self._books.flows(since))
        injected = (float(flow.injection_kw or 0) for flow in flows)
        self.injected_kw = max(self.injected_kw, *injected, 0.0)
        more = load_history.lived(
            flows,
            self._books.beside(since),
            self._meter.solar.received_kw if self._fits else self._meter.solar.scaled_kw,
            sunny=self._sunny and not self._fits,
        )
        # What came late to the last of them is read with the next.
        self._read_to = end - QUARTER
        self._lived = self._lived.grown(more, end - load_history.LOAD_BACK)

    def _paid(self, end: datetime) -> tuple[float | None, ...]:
        now = self._meter.house
        if now.prices is not self._prices:
            self._prices, self._eur_kwh = now.prices, {}
        quarters = load_history.before(end, load_history.PRICE_BACK)
        self._eur_kwh = {
            at: self._eur_kwh[at] if at in self._eur_kwh else house.buy_eur_kwh(now, at)
            for at in quarters
        }
        return tuple(self._eur_kwh.values())


def panels_told(found: Hidden | None) -> str:
    """The estimate of the panels behind the meter, in a sentence."""
    if found is None:
        return phrase("Too few sunny quarter hours so far to estimate the solar panels")
    if not found.sure:
        return phrase("The meter data shows no solar panels: the plan expects no sun")
    return phrase(
        "The meter data shows solar panels of {kwp:.1f} kWp (give or take {error:.1f})",
        kwp=found.kwp,
        error=found.error_kwp,
    )
