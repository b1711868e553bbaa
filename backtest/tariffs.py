"""Prices of a home: A, day and night; B, the market's quarters; or a contract of rates/.

A and B are round all-in prices, the same for every year; a contract of rates/ is priced line by
line, as a bill is.
"""

from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from backtest.world import Floats, Series, Tariff
from base.time import QUARTER, local_day
from p1.reading import Tariff as Rate
from rates.amounts import Register
from rates.contract import Contract
from rates.curve import Spots
from rates.offers import Offer, common_day

DAY_EUR, NIGHT_EUR, INJECTION_EUR = 0.3214, 0.2225, 0.05
PRICES_OUT_H = 13
ALWAYS = 10_000
NOTHING = np.zeros(0)


def day_night(series: Series) -> Tariff:
    """A: workdays 7 to 22 at the day price, the rest at that of the night."""
    day = [each.weekday() < 5 and 7 <= each.hour < 22 for each in series.local()]
    buy = np.where(day, DAY_EUR, NIGHT_EUR)
    sell = np.full(len(buy), INJECTION_EUR)
    told = f"day {DAY_EUR}, night {NIGHT_EUR}, injection {INJECTION_EUR} EUR/kWh"
    return Tariff(
        name="A",
        provenance=told,
        buy=buy,
        sell=sell,
        known_until=np.full(len(buy), len(buy) + ALWAYS),
        past_buy=NOTHING,
    )


def dynamic(series: Series, before: Floats = NOTHING) -> Tariff:
    """B: the market's quarters. `before` is the market of the two weeks before, EUR/MWh."""
    buy, sell = _market_eur(series.spot), series.spot / 1000.0 - 0.0115
    told = "1.06 x (1.02 x market + 0.004) + 0.12, injection market - 0.0115 EUR/kWh"
    return Tariff(
        name="B",
        provenance=told,
        buy=buy,
        sell=sell,
        known_until=_once_out(series),
        past_buy=_market_eur(before),
    )


def of_days(
    series: Series, offer: Offer, spots: Spots, start: date, end: date, today: date
) -> Tariff:
    """The prices of a contract in these days; where it has none for some, those of one day."""
    as_of = common_day([offer], start, end, today)
    return of_offer(series, offer.pinned(as_of) if as_of else offer, spots)


def of_offer(series: Series, offer: Offer, spots: Spots) -> Tariff:
    """The prices of a contract. RatesError when one is missing."""
    count = series.quarters
    buy, sell = np.zeros(count), np.zeros(count)
    for q in range(count):
        at = series.start + q * QUARTER
        night = offer.clock.tariff_at(at) is Rate.NIGHT
        buy[q] = _price(offer, Register.OFFTAKE_NIGHT if night else Register.OFFTAKE_DAY, at, spots)
        sold = Register.INJECTION_NIGHT if night else Register.INJECTION_DAY
        sell[q] = _price(offer, sold, at, spots)
    known = _once_out(series) if offer.is_dynamic else np.full(count, count + ALWAYS)
    eur_kw, floor_kw = _capacity(offer, local_day(series.start))
    return Tariff(
        name=offer.name,
        provenance=offer.name,
        buy=buy,
        sell=sell,
        known_until=known,
        past_buy=NOTHING,
        eur_kw=eur_kw,
        floor_kw=floor_kw,
    )


def _price(offer: Offer, register: Register, at: datetime, spots: Spots) -> float:
    prices = offer.prices
    known = prices.price(register, at, spots) if isinstance(prices, Contract) else None
    known = known if isinstance(prices, Contract) else prices.price(register, at)
    return float(known or 0.0)


def _capacity(offer: Offer, day: date) -> tuple[float, float]:
    """EUR incl VAT for a kW of one month, and the floor; nothing where no peak is billed."""
    month = offer.prices.month("electricity", day) if isinstance(offer.prices, Contract) else None
    if month is None or month.capacity is None:
        return 0.0, 0.0
    capacity = month.capacity
    eur = capacity.eur_kw_year / 12 * (1 + capacity.vat)
    return float(eur), float(capacity.floor_kw)


def _market_eur(spot: Floats) -> Floats:
    return np.asarray(1.06 * (1.02 * spot / 1000.0 + 0.004) + 0.12)


def _once_out(series: Series) -> NDArray[np.int64]:
    """Up to which quarter market prices are known: all of today's, from 13:00 tomorrow's too."""
    local, count = series.local(), series.quarters
    midnight: dict[date, int] = {}
    for q, at in enumerate(local):
        midnight.setdefault(at.date(), q)
    days = (timedelta(days=2 if at.hour >= PRICES_OUT_H else 1) for at in local)
    return np.array(
        [midnight.get(at.date() + day, count) for at, day in zip(local, days, strict=True)]
    )
