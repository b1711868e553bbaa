"""Energy-Charts' answers become complete days, or nothing."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.http_client import AbsentError, NonsenseError, WebError
from rates.calendar import day_start
from rates.prices.energy_charts import parse, query
from tests.rates.prices.factories import AUTUMN, DAY, NEXT, SPRING, at, chart, wave

NOW = at("13:00")


@pytest.mark.parametrize(("day", "count"), [(DAY, 96), (SPRING, 92), (AUTUMN, 100)])
def test_a_day_has_all_its_quarters(day: date, count: int) -> None:
    """92, 96 or 100 quarters from local midnight, with UTC keys."""
    prices = parse(chart(day)).day(day, NOW)
    assert prices is not None
    assert list(prices.eur_mwh) == wave(count)
    assert prices.step == timedelta(minutes=15)
    assert next(iter(prices.quarters())) == day_start(day)


@pytest.mark.parametrize(("day", "hours"), [(DAY, 24), (SPRING, 23), (AUTUMN, 25)])
def test_an_hour_is_four_quarters(day: date, hours: int) -> None:
    """An hourly price applies to its four quarters, and its hourly step is recorded."""
    prices = parse(chart(day, each=4)).day(day, NOW)
    assert prices is not None
    assert prices.eur_mwh == tuple(price for price in wave(hours) for _ in range(4))
    assert prices.step == timedelta(hours=1)


def test_prices_are_read_to_the_digit() -> None:
    """12.1 is read as a decimal, not as a binary approximation."""
    prices = parse(chart(DAY, price=[12.1] * 96)).day(DAY, NOW)
    assert prices is not None
    assert prices.eur_mwh[0] == Decimal("12.1")


def test_hours_and_quarters_in_one_answer() -> None:
    """Each day has its own step: hours until a change, quarters from it."""
    hourly, quarterly = json.loads(chart(DAY, each=4)), json.loads(chart(NEXT))
    for key in ("unix_seconds", "price"):
        hourly[key] += quarterly[key]
    found = parse(json.dumps(hourly).encode())
    steps = [prices.step for day in (DAY, NEXT) if (prices := found.day(day, NOW))]
    assert steps == [timedelta(hours=1), timedelta(minutes=15)]


def test_a_null_day_is_not_known() -> None:
    """A day of nulls is left out, and the next day is not affected."""
    found = parse(chart(DAY, NEXT, price=[50.0] * 96 + [None] * 96))
    assert found.day(DAY, NOW)
    assert found.day(NEXT, NOW) is None


def test_one_null_makes_a_day_unknown() -> None:
    """A day with a gap is not used at all."""
    assert parse(chart(DAY, price=[50.0] * 95 + [None])).day(DAY, NOW) is None


@pytest.mark.parametrize("said", [b"end must be >= start", b'"end must be >= start"\n'])
def test_a_sentence_for_tomorrow_means_not_yet(said: bytes) -> None:
    """The text that comes with HTTP 200 before the auction means unpublished, not invalid."""
    with pytest.raises(AbsentError):
        parse(said)


def test_an_empty_answer_means_not_yet() -> None:
    """An answer without prices means unpublished, with any unit."""
    with pytest.raises(AbsentError):
        parse(chart(unit=None))


@pytest.mark.parametrize("unit", ["No Unit", "ct/kWh", "EUR / kWh", "USD / MWh", None])
def test_another_unit_is_refused(unit: str | None) -> None:
    """9.4 is plausible in EUR/MWh and in cent/kWh, so another unit is refused."""
    with pytest.raises(NonsenseError, match="EUR / MWh"):
        parse(chart(DAY, unit=unit))


def test_the_unit_may_be_written_closer() -> None:
    assert parse(chart(DAY, unit="EUR/MWh")).day(DAY, NOW)


@pytest.mark.parametrize("price", [-500.01, 4000.01, 1e300])
def test_an_impossible_price_is_refused(price: float) -> None:
    """Market prices are between -500 and 4000 EUR/MWh."""
    with pytest.raises(NonsenseError, match="EUR/MWh"):
        parse(chart(DAY, price=[price] + [50.0] * 95))


def test_the_limits_themselves_are_prices() -> None:
    assert parse(chart(DAY, price=[-500.0, 4000.0] * 48)).day(DAY, NOW)


def _changed(change: object) -> bytes:
    said = json.loads(chart(DAY))
    assert callable(change)
    change(said["unix_seconds"], said["price"])
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda times, prices: (times.pop(40), prices.pop(40)),
        lambda times, prices: prices.pop(),
        lambda times, prices: times.reverse(),
        lambda times, prices: times.__setitem__(5, times[4]),
        lambda times, prices: times.__setitem__(5, times[5] + 60),
        lambda times, prices: times.__setitem__(5, 1 << 70),
        lambda times, prices: prices.__setitem__(5, float("nan")),
        lambda times, prices: prices.__setitem__(5, True),
    ],
    ids=["one-lost", "uneven", "backwards", "twice", "shifted", "no-time", "nan", "true"],
)
def test_a_disordered_answer_is_refused(change: object) -> None:
    """An answer that would shift a price to another quarter is invalid."""
    with pytest.raises(NonsenseError):
        parse(_changed(change))


def test_three_lost_quarters_do_not_become_an_hour() -> None:
    """A gap of an hour between quarters is a gap: the number of values decides the step."""

    def lose(times: list[int], prices: list[float]) -> None:
        del times[9:12], prices[9:12]

    with pytest.raises(NonsenseError, match="93 prices"):
        parse(_changed(lose))


@pytest.mark.parametrize("cut", [1, 100, 900])
def test_half_an_answer_is_refused(cut: int) -> None:
    """A truncated answer never reaches the plan."""
    with pytest.raises(NonsenseError):
        parse(chart(DAY)[:-cut])


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_end_in_a_named_error(said: bytes) -> None:
    """Any bytes raise at most a WebError, whose text is short enough for a log."""
    with pytest.raises(WebError) as caught:
        parse(said)
    assert len(str(caught.value)) <= 200


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_values_end_in_a_named_error(value: object) -> None:
    """Fields of any type give prices or a WebError."""
    for key in ("unix_seconds", "price", "unit"):
        try:
            parse(json.dumps(json.loads(chart(DAY)) | {key: value}).encode())
        except WebError:
            continue


def test_one_question_asks_for_both_days() -> None:
    url, params = query(DAY, NEXT)
    assert url == "https://api.energy-charts.info/price"
    assert params == {"bzn": "BE", "start": "2026-01-15", "end": "2026-01-16"}
