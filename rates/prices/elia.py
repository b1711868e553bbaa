"""Elia, the Belgian grid operator: bytes -> PriceSeries. No key; one day per request.

The address is that of Elia's own page and not documented, so it is the last one tried. The unit is
not in the answer: EUR/MWh, the only one the page shows.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, RootModel

from base.checked import Url
from base.http_client import AbsentError, Answer, Query, decoded
from base.language import clause, phrase
from rates.prices.family import Family, ServiceSettings, Source
from rates.prices.series import PriceSeries, by_day

NAME = "Elia"
BASE = "https://griddata.elia.be/eliabecontrols.prod"


class _Price(Answer):
    dateTime: AwareDatetime  # noqa: N815 (Elia's name)
    price: Decimal | None
    isVisible: bool = True  # noqa: N815


class _Prices(RootModel[list[_Price]]):
    pass


def query(day: date, last: date, base: str = BASE) -> Query:
    """The request for `day`; `last` is the same day."""
    return f"{base}/interface/Interconnections/daily/auctionresultsqh/{day}", {}


def parse(body: bytes) -> PriceSeries:
    """The prices in an answer. AbsentError: not there yet. NonsenseError: not to be used."""
    answer = decoded(_Prices, body)
    points: list[tuple[datetime, Decimal | None]] = [
        (each.dateTime, each.price if each.isVisible else None) for each in answer.root
    ]
    if not any(price is not None for _, price in points):
        raise AbsentError(clause("does not have the prices yet"))
    return PriceSeries(NAME, by_day(points))


class EliaSettings(ServiceSettings):
    """The service, at its own address."""

    kind: Literal["elia"]
    url: Url = BASE


def _source(its: EliaSettings, secret: str) -> Source:
    return Source(NAME, lambda first, last: query(first, last, its.url), parse, one_day=True)


FAMILY = Family(
    kind="elia",
    settings=EliaSettings,
    source=_source,
    help=phrase("Elia's open data: no key, one day per request"),
)
