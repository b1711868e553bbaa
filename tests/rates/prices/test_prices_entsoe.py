"""ENTSO-E's documents become complete days, or nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.http_client import AbsentError, NonsenseError, WebError
from rates.calendar import day_start, quarters_of_day
from rates.prices.entsoe import parse, query
from rates.prices.series import DayPrices
from tests.rates.prices.factories import (
    AUTUMN,
    DAY,
    NEXT,
    SPRING,
    acknowledgement,
    at,
    document,
    period,
    series,
)

NOW = at("13:00")
EVERY: dict[int, object] = {place: place for place in range(1, 97)}
HOURS: dict[int, object] = {place: 1000 + place for place in range(1, 25)}


def read(*inside: str, day: date = DAY) -> DayPrices | None:
    return parse(document(*inside)).day(day, NOW)


def test_positions_left_out_repeat_the_price_before() -> None:
    """In a curve of type A03 a price applies until the next point, the last one to the end."""
    prices = read(series(period({1: 10, 5: 20, 94: -30})))
    assert prices is not None
    assert list(map(int, prices.eur_mwh)) == [10] * 4 + [20] * 89 + [-30] * 3
    assert prices.step == timedelta(minutes=15)


def test_hours_are_filled_forward_too() -> None:
    prices = read(series(period({1: 10, 24: 20}, resolution="PT60M")))
    assert prices is not None
    assert list(map(int, prices.eur_mwh)) == [10] * 92 + [20] * 4
    assert prices.step == timedelta(hours=1)


def test_other_curves_are_not_filled() -> None:
    """In other curve types a missing position is a missing price."""
    assert read(series(period({1: 10, 5: 20}), curve="A01")) is None
    assert read(series(period(EVERY), curve="A01"))


def test_nothing_is_filled_backwards() -> None:
    """Before the first point no price is known, so the day is incomplete."""
    assert read(series(period({2: 10}))) is None


@pytest.mark.parametrize("quarters_first", [True, False])
def test_quarters_go_before_hours(quarters_first: bool) -> None:
    """When both exist for a day the quarters are used, in any order."""
    both = [series(period(EVERY)), series(period(HOURS, resolution="PT60M"))]
    prices = read(*(both if quarters_first else both[::-1]))
    assert prices is not None
    assert prices.eur_mwh == tuple(EVERY.values())
    assert prices.step == timedelta(minutes=15)


def test_another_auction_is_left_out() -> None:
    """Sequence 2 is the morning auction of other countries: its quarters are not used."""
    hours = series(period(HOURS, resolution="PT60M"), sequence="1")
    prices = read(hours, series(period(EVERY), sequence="2"))
    assert prices is not None
    assert set(prices.eur_mwh) == set(HOURS.values())


def test_only_another_auction_means_not_yet() -> None:
    with pytest.raises(AbsentError):
        read(series(period(EVERY), sequence="2"))


def test_intraday_is_left_out() -> None:
    with pytest.raises(AbsentError):
        read(series(period(EVERY), agreement="A07"))


def test_two_prices_for_a_quarter_are_refused() -> None:
    """Two series of the same step that differ are ambiguous."""
    with pytest.raises(NonsenseError, match="two prices"):
        read(series(period(EVERY)), series(period({1: 7})))


def test_the_same_series_twice_is_no_harm() -> None:
    assert read(series(period(EVERY)), series(period(EVERY)))


def test_several_periods_make_several_days() -> None:
    later = period({1: 5}, "2026-01-15T23:00Z", "2026-01-16T23:00Z")
    found = parse(document(series(period(EVERY), later)))
    assert found.day(DAY, NOW)
    assert found.day(NEXT, NOW)


def test_a_part_of_a_day_is_not_a_day() -> None:
    assert read(series(period({1: 5}, end="2026-01-15T22:45Z"))) is None


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_day_the_clock_changes(day: date) -> None:
    """The days have 92 and 100 quarters; the count of another day is refused."""
    start, end = day_start(day), day_start(day + timedelta(days=1))
    count = len(quarters_of_day(day))
    whole = {place: place for place in range(1, count + 1)}
    limits = f"{start:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%MZ}"
    prices = read(series(period(dict(whole), *limits)), day=day)
    assert prices is not None
    assert len(prices.eur_mwh) == count
    with pytest.raises(NonsenseError, match="position"):
        read(series(period({**whole, count + 1: 1}, *limits)), day=day)


def test_no_data_is_an_acknowledgement() -> None:
    """An acknowledgement with HTTP 200 means that prices are not published yet."""
    with pytest.raises(AbsentError):
        parse(acknowledgement())


def test_an_empty_publication_means_not_yet() -> None:
    with pytest.raises(AbsentError):
        parse(document())


@pytest.mark.parametrize(
    "wrong",
    [
        series(period(EVERY), zone="10YNL----------L"),
        series(period(EVERY), currency="PLN"),
        series(period(EVERY), unit="KWH"),
        series(period(EVERY, resolution="PT30M")),
        series(period(EVERY, resolution="P1Y")),
        series(period({1: 1}, end="2226-01-15T23:00Z")),
        series(period({1: 1}, end="2026-01-14T23:00Z")),
        series(period({1: 1}, start="2026-01-14T23:07Z")),
        series(period({1: 1}, start="2026-01-14T23:00")),
        series(period({1: 1}, start="yesterday")),
        series(period({0: 1})),
        series(period({97: 1})),
        series(period({5: 1, 2: 1})),
        series(period({1: 4001})),
        series(period({1: "NaN"})),
        series(period({1: "ten"})),
        series(period({1: 1}).replace("<resolution>PT15M</resolution>", "")),
        series(period({1: 1}).replace("<price.amount>1</price.amount>", "")),
    ],
)
def test_a_wrong_document_is_refused(wrong: str) -> None:
    """Another zone, currency, unit, step or order is refused."""
    with pytest.raises(NonsenseError):
        read(wrong)


def test_entities_are_refused_unread() -> None:
    """Entities in a document type could expand without end, so all are refused."""
    bomb = '<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(NonsenseError, match="DOCTYPE"):
        parse(document(series(period({1: "&b;"})), before=bomb))


def test_another_encoding_does_not_hide_entities() -> None:
    """UTF-16 is not UTF-8, so its document type is never parsed."""
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "1">]><x>&a;</x>'
    with pytest.raises(NonsenseError):
        parse(text.encode("utf-16"))


@pytest.mark.parametrize("cut", [1, 50, 500])
def test_half_a_document_is_refused(cut: int) -> None:
    with pytest.raises(NonsenseError):
        parse(document(series(period(EVERY)))[:-cut])


def test_a_web_page_is_refused() -> None:
    for page in (b"<!DOCTYPE html><html><body>down</body></html>", b"<html></html>", b""):
        with pytest.raises(NonsenseError):
            parse(page)


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_end_in_a_named_error(said: bytes) -> None:
    with pytest.raises(WebError):
        parse(said)


@given(
    st.dictionaries(st.integers(1, 96), st.decimals(-500, 4000, places=2), min_size=1, max_size=96)
)
def test_filling_is_the_last_point_at_or_before(points: dict[int, Decimal]) -> None:
    """Every quarter has the price of the last point at or before it, or none."""
    quotes = parse(document(series(period(dict(sorted(points.items())))))).quotes
    for place, quarter in enumerate(quarters_of_day(DAY), start=1):
        before = [position for position in points if position <= place]
        expected = points[max(before)] if before else None
        assert (quotes[quarter].eur_mwh if quarter in quotes else None) == expected


def test_the_question_is_in_utc_and_for_belgium() -> None:
    """It asks for local days in UTC; only the request contains the token."""
    url, params = query(DAY, NEXT, "my-token")
    assert url == "https://web-api.tp.entsoe.eu/api"
    assert (params["periodStart"], params["periodEnd"]) == ("202601142300", "202601162300")
    assert params["in_Domain"] == params["out_Domain"] == "10YBE----------2"
    assert params["securityToken"] == "my-token"
