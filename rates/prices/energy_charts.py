"""Energy-Charts (Fraunhofer ISE): bytes -> PriceSeries. No key; data CC BY 4.0.

Source: https://api.energy-charts.info, /price. Local days, first and last included. A day that is
not there yet is HTTP 404 or a 200 with the text "end must be >= start"; a lost day is all null.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

from base.checked import Url
from base.http_client import AbsentError, Answer, NonsenseError, Query, decoded
from base.language import clause, phrase
from rates.prices.family import Family, ServiceSettings, Source
from rates.prices.series import PriceSeries, by_day, utc

NAME = "Energy-Charts"
BASE = "https://api.energy-charts.info"
EUR_PER_MWH = ("EUR/MWh", "€/MWh")


class _Prices(Answer):
    unix_seconds: list[int]
    price: list[Decimal | None]
    unit: str | None = None


def query(first: date, last: date, base: str = BASE) -> Query:
    """One request for all days from `first` to `last`."""
    return f"{base}/price", {"bzn": "BE", "start": str(first), "end": str(last)}


def parse(body: bytes) -> PriceSeries:
    """The prices in an answer. AbsentError: not there yet. NonsenseError: not to be used.

    An answer without a unit is refused ("No Unit" has been seen): 9.4 can be a true price in
    EUR/MWh and in cent/kWh, and there are other services to ask.
    """
    if b"end must be" in body[:200]:
        raise AbsentError(clause("does not have the prices yet"))
    answer = decoded(_Prices, body)
    if not answer.unix_seconds and not answer.price:
        raise AbsentError(clause("does not have the prices yet"))
    if (answer.unit or "").replace(" ", "") not in EUR_PER_MWH:
        raise NonsenseError(clause("sent prices in {unit}, not EUR / MWh", unit=repr(answer.unit)))
    if len(answer.unix_seconds) != len(answer.price):
        raise NonsenseError(
            clause(
                "sent {count} prices for {times} times",
                count=len(answer.price),
                times=len(answer.unix_seconds),
            )
        )
    stamps = map(utc, answer.unix_seconds)
    return PriceSeries(NAME, by_day(zip(stamps, answer.price, strict=True)))


class EnergyChartsSettings(ServiceSettings):
    """The service, at its own address."""

    kind: Literal["energy_charts"]
    url: Url = BASE


def _source(its: EnergyChartsSettings, secret: str) -> Source:
    return Source(NAME, lambda first, last: query(first, last, its.url), parse)


FAMILY = Family(
    kind="energy_charts",
    settings=EnergyChartsSettings,
    source=_source,
    help=phrase("Energy-Charts of Fraunhofer ISE: no key, quarter-hour prices"),
)
