"""ENTSO-E, the transparency platform of the grid operators: bytes -> PriceSeries. Needs a token.

Source: the platform's API guide, document A44 (day-ahead prices). An answer has series, a series
has periods, a period has points by position. In a curve of type A03 a position that repeats the
price before it is left out, up to the end of the period. Hours and quarters can come side by side:
the quarters are taken. Sequence 2 is another auction (EXAA, in the morning): it is left out, never
blended in. "No data" is an acknowledgement document with HTTP 200.

The XML is read by expat without document types, so that there are no entities to expand.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from base.checked import Url
from base.http_client import AbsentError, NonsenseError, Query
from base.language import clause, phrase
from base.time import DAY, HOUR, QUARTER
from rates.calendar import day_start
from rates.prices.family import Family, ServiceSettings, Source
from rates.prices.series import PriceSeries, Quote, sane

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NAME = "ENTSO-E"
BASE = "https://web-api.tp.entsoe.eu/api"
BELGIUM = "10YBE----------2"
STEPS = {"PT15M": QUARTER, "PT60M": HOUR, "PT1H": HOUR}
LONGEST = timedelta(days=370)
SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"


def query(first: date, last: date, token: str, base: str = BASE) -> Query:
    """One request for all local days from `first` to `last`."""
    return base, {
        "documentType": "A44",
        "in_Domain": BELGIUM,
        "out_Domain": BELGIUM,
        "periodStart": f"{day_start(first):%Y%m%d%H%M}",
        "periodEnd": f"{day_start(last + DAY):%Y%m%d%H%M}",
        "contract_MarketAgreement.type": "A01",
        "securityToken": token,
    }


def parse(body: bytes, zone: str = BELGIUM) -> PriceSeries:
    """The prices in an answer. AbsentError: not there yet. NonsenseError: not to be used."""
    root = _root(body)
    kind = root.tag.rpartition("}")[2]
    if kind == "Acknowledgement_MarketDocument":
        raise AbsentError(clause("does not have the prices yet"))
    if kind != "Publication_MarketDocument":
        raise NonsenseError(
            clause("sent a document of type {kind}, not prices", kind=repr(kind[:40]))
        )
    quotes: dict[datetime, Quote] = {}
    for series in root.iterfind("{*}TimeSeries"):
        if _is_day_ahead(series):
            _check(series, zone)
            filled = series.findtext("{*}curveType") == "A03"
            for period in series.iterfind("{*}Period"):
                _take(quotes, _quotes(period, filled))
    if not quotes:
        raise AbsentError(clause("does not have the prices yet"))
    return PriceSeries(NAME, quotes)


def _root(body: bytes) -> "Element":
    from xml.etree import ElementTree as ET  # only who asks this service loads it

    try:
        text = body.decode("utf-8")
        if "<!DOCTYPE" in text:
            raise NonsenseError(
                clause("sent a document with a DOCTYPE, such as a web page, not prices")
            )
        return ET.fromstring(text)
    except (UnicodeDecodeError, ET.ParseError, ValueError):
        raise NonsenseError(clause("sent something that is not XML")) from None


def _is_day_ahead(series: "Element") -> bool:
    """True if it is the common auction of the day before."""
    return _text(series, "contract_MarketAgreement.type") == "A01" and (
        series.findtext(f"{{*}}{SEQUENCE}", "1").strip() == "1"
    )


def _check(series: "Element", zone: str) -> None:
    """NonsenseError when the series is not EUR/MWh of our zone."""
    tags = ("in_Domain.mRID", "currency_Unit.name", "price_Measure_Unit.name")
    said = tuple(_text(series, tag) for tag in tags)
    if said != (zone, "EUR", "MWH"):
        raise NonsenseError(
            clause(
                "sent prices for zone {zone} in {currency}/{unit}, not for Belgium",
                zone=said[0],
                currency=said[1],
                unit=said[2],
            )
        )


def _take(quotes: dict[datetime, Quote], new: Iterator[tuple[datetime, Quote]]) -> None:
    """`new` is in `quotes`; of two prices for a quarter that of the shorter step stays."""
    for quarter, quote in new:
        known = quotes.get(quarter)
        if known is None or quote.step < known.step:
            quotes[quarter] = quote
        elif quote.step == known.step and quote.eur_mwh != known.eur_mwh:
            raise NonsenseError(
                clause("sent two prices for {quarter} UTC", quarter=f"{quarter:%Y-%m-%d %H:%M}")
            )


def _quotes(period: "Element", filled: bool) -> Iterator[tuple[datetime, Quote]]:
    """The quarters of a period with their prices; those that were not sent are absent."""
    start, end = _time(period, "start"), _time(period, "end")
    step = STEPS.get(_text(period, "resolution"))
    if step is None or not start < end <= start + LONGEST:
        raise NonsenseError(clause("sent a period with an invalid length or step"))
    if start.timestamp() % QUARTER.total_seconds() or (end - start) % step:
        raise NonsenseError(
            clause(
                "sent a period from {start} that fits no quarters", start=f"{start:%Y-%m-%d %H:%M}"
            )
        )
    points, price = _points(period, (end - start) // step), None
    for position in range((end - start) // step):
        price = points.get(position + 1, price if filled else None)
        if price is not None:
            for part in range(step // QUARTER):
                yield start + position * step + part * QUARTER, Quote(price, step)


def _points(period: "Element", count: int) -> dict[int, Decimal]:
    """EUR/MWh by position, from 1 to `count`, in the order sent."""
    points: dict[int, Decimal] = {}
    last = 0
    for point in period.iterfind("{*}Point"):
        try:
            position = int(_text(point, "position"))
            price = sane(Decimal(_text(point, "price.amount")))
        except (ValueError, InvalidOperation):
            raise NonsenseError(clause("sent a point that is not a number")) from None
        if not last < position <= count:
            raise NonsenseError(
                clause(
                    "sent position {position} after {last} in a period of {count}",
                    position=position,
                    last=last,
                    count=count,
                )
            )
        points[position], last = price, position
    return points


def _time(period: "Element", name: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(period, f"timeInterval/{{*}}{name}"))
    except ValueError:
        raise NonsenseError(clause("sent a time that cannot be read")) from None
    if at.tzinfo is None:
        raise NonsenseError(clause("sent a time without its zone"))
    return at.astimezone(UTC)


def _text(node: "Element", path: str) -> str:
    """The text of a child. NonsenseError when it is missing."""
    text = node.findtext(f"{{*}}{path}")
    if text is None:
        raise NonsenseError(clause("sent a document without {what}", what=path.rpartition("}")[2]))
    return text.strip()


class EntsoeSettings(ServiceSettings):
    """The service, at its own address."""

    kind: Literal["entsoe"]
    url: Url = BASE


def _source(its: EntsoeSettings, secret: str) -> Source:
    # A function and not a partial: the text of a partial would show the token.
    return Source(NAME, lambda first, last: query(first, last, secret, its.url), parse)


FAMILY = Family(
    kind="entsoe",
    settings=EntsoeSettings,
    secret="entsoe_token",
    source=_source,
    help=phrase("ENTSO-E transparency platform: needs your own token"),
)
