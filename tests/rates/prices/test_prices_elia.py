"""Elia's answers become complete days, or nothing."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.http_client import AbsentError, NonsenseError, WebError
from rates.prices.elia import parse, query
from tests.rates.prices.factories import AUTUMN, DAY, SPRING, at, elia_answer, wave


@pytest.mark.parametrize(("day", "count"), [(DAY, 96), (SPRING, 92), (AUTUMN, 100)])
def test_a_day_has_all_its_quarters(day: date, count: int) -> None:
    prices = parse(elia_answer(day)).day(day, at("13:00"))
    assert prices is not None
    assert list(prices.eur_mwh) == wave(count)


def test_hidden_prices_are_not_published() -> None:
    """A price that Elia's own page hides is not published yet."""
    rows = json.loads(elia_answer(DAY))
    hidden = [{**row, "isVisible": False} for row in rows]
    with pytest.raises(AbsentError):
        parse(json.dumps(hidden).encode())
    assert parse(json.dumps(rows[:-1] + hidden[-1:]).encode()).day(DAY, at("13:00")) is None


def test_an_empty_list_means_not_yet() -> None:
    with pytest.raises(AbsentError):
        parse(b"[]")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(NonsenseError):
        parse(elia_answer(DAY).replace(b"Z", b""))


def test_a_lost_quarter_is_refused() -> None:
    rows = json.loads(elia_answer(DAY))
    with pytest.raises(NonsenseError, match="95 prices"):
        parse(json.dumps(rows[1:]).encode())


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_end_in_a_named_error(said: bytes) -> None:
    with pytest.raises(WebError):
        parse(said)


def test_one_day_per_question() -> None:
    url, params = query(DAY, DAY)
    assert url.endswith("/interface/Interconnections/daily/auctionresultsqh/2026-01-15")
    assert not params
