"""rates.json: reads it, and again after each change by the householder."""

import logging
from pathlib import Path

from base.checked import ConfigError
from base.language import phrase, setting
from rates.contract import Priced
from rates.errors import RatesError
from rates.expected import with_stand_in
from rates.files import TARIFFS, load_file, market_spots
from rates.in_force import Prices
from rates.prices.known import Known
from rates.seed_form import SeedRates

log = logging.getLogger(__name__)


class RatesFile:
    """The file and the market prices that its contracts may follow."""

    def __init__(self, path: Path, market: Known) -> None:
        self._path = path
        self._market = market
        self._seen: tuple[tuple[str, float], ...] = ()

    def read(self) -> Prices:
        """Read the file. ConfigError names the key, its value and what is allowed."""
        try:
            self._seen = self._stamps()
            rates = load_file(self._path)
        except OSError as error:
            raise ConfigError(
                setting("{path} cannot be read: {reason}", path=self._path, reason=error.strerror)
            ) from None
        except RatesError as error:
            raise ConfigError(str(error)) from None
        if isinstance(rates, SeedRates):
            return Prices(rates, rates.gas_kwh_m3)
        priced = Priced(
            rates, with_stand_in(market_spots(self._market.spot, lambda: self._market.days))
        )
        return Prices(priced, rates.home.gas_kwh_per_m3, rates)

    def _stamps(self) -> tuple[tuple[str, float], ...]:
        """Times at which rates.json and the owner's tariffs were last written."""
        files = (self._path, *sorted((self._path.parent / TARIFFS).glob("*.json")))
        return tuple((path.name, path.stat().st_mtime) for path in files)

    def changed(self) -> Prices | None:
        """The new contents if valid; a mistake is logged once and ignored."""
        try:
            if self._stamps() == self._seen:
                return None
            prices = self.read()
        except OSError:
            return None  # being written; the next look sees it whole
        except ConfigError as error:
            log.warning(
                phrase("The prices stay as they were, as a file has a mistake: {text}", text=error)
            )
            return None
        log.info(
            phrase("{name} or tariffs/ changed: in use from the next quarter", name=self._path.name)
        )
        return prices
