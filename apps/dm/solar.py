"""Forecast of the roof: as the service sent it, and scaled by what the house injected recently."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from store.quarters import Flow
from sun.forecast import Forecast, scaled

INJECTION_LOOKS_BACK = timedelta(days=7)
DARK = Forecast("", datetime.min.replace(tzinfo=UTC), {})


class SolarForecast:
    """Solar forecast of one house, kW. `changed` is called after each change."""

    def __init__(
        self, flows: Callable[[datetime], Iterable[Flow]], changed: Callable[[], None]
    ) -> None:
        """`flows` reads the booked quarters since a time."""
        self._flows, self._changed = flows, changed
        self._received = self._scaled = DARK
        self._kwp: float | None = 1.0
        self.sentence = ""
        """The result of the last search for panels behind the meter."""

    def renew(self, forecast: Forecast) -> None:
        """Replace the forecast."""
        self._received = forecast
        self._scale()

    def panels(self, kwp: float | None) -> None:
        """The forecast is for 1 kWp; `kwp` are the panels behind this meter (None: no panels)."""
        if kwp != self._kwp:
            self._kwp = kwp
            self._scale()

    def scaled_kw(self, quarter: datetime) -> float | None:
        """Forecast power of the roof in a quarter; None without a forecast."""
        return _kw(self._scaled, quarter)

    def received_kw(self, quarter: datetime) -> float | None:
        """The forecast in a quarter as received: where panels are fitted, that of 1 kWp."""
        return _kw(self._received, quarter)

    @property
    def scaled(self) -> Forecast:
        """The forecast of the whole roof."""
        return self._scaled

    def _scale(self) -> None:
        self._changed()
        if self._kwp is None:
            self._scaled = DARK
            return
        forecast = self._received.of(self._kwp)
        injected_w = {
            flow.quarter: 1000 * float(flow.injection_kw)
            for flow in self._flows(forecast.made - INJECTION_LOOKS_BACK)
            if flow.injection_kw is not None
        }
        self._scaled = scaled(forecast, injected_w, injection_only=True)


def _kw(forecast: Forecast, quarter: datetime) -> float | None:
    watts = forecast.watts.get(quarter)
    return None if watts is None else watts / 1000
