"""The past as a plan needs it, read from the books."""

from datetime import datetime

from apps.dm import house, load_history
from apps.dm.meter import Meter
from base.time import QUARTER
from rates.in_force import Prices
from store.books import Books


class Past:
    """The past of one house: read once, and grown by each quarter."""

    def __init__(self, meter: Meter, books: Books, *, sunny: bool) -> None:
        self._meter, self._books, self._sunny = meter, books, sunny
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
        return (*self._lived.until(end), self._paid(end))

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
            self._meter.solar_kw,
            sunny=self._sunny,
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
