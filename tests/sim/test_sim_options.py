"""The sim:// URL is parsed strictly: an error has the key, its value and what is allowed."""

from datetime import UTC, datetime

import pytest

from p1.reading import Grid
from sim.day import House
from sim.faults import Fault
from sim.options import Options, parse


def test_plain_url_is_the_default_house_from_now_on() -> None:
    assert parse("sim://") == parse("sim://?") == Options()
    assert Options().start is None
    assert Options().speed == 1


def test_every_key_is_understood() -> None:
    options = parse(
        "sim://?speed=60&seed=8&start=2026-01-15T17:30&grid=1x230&months=9"
        "&faults=cut@120,silence@300+15&solar_kwp=3.5"
    )
    assert options.start == datetime(2026, 1, 15, 16, 30, tzinfo=UTC)
    assert options.house == House(seed=8, solar_kwp=3.5)
    assert (options.speed, options.grid, options.months) == (60, Grid.ONE_PHASE, 9)
    assert [planned.fault for planned in options.faults] == [Fault.CUT, Fault.SILENCE]


@pytest.mark.parametrize(
    "start", ["2026-07-01T12:00:00Z", "2026-07-01T14:00", "2026-07-01T12:00%2B00:00"]
)
def test_start_is_belgian_time_unless_it_has_an_offset(start: str) -> None:
    assert parse(f"sim://?start={start}").start == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sim://?speed=fast", "speed=fast: must be a number"),
        ("sim://?speed=-1", "speed=-1: must be between 0 and"),
        ("sim://?speed=nan", "speed=nan"),
        ("sim://?seed=x", "seed=x: must be a whole number"),
        ("sim://?start=yesterday", "start=yesterday: must be a time such as"),
        ("sim://?start=1999-01-01", "start=1999-01-01: must lie between 2020"),
        ("sim://?grid=400", "grid=400: must be one of 1x230, 3x230, 3x400"),
        ("sim://?months=14", "months=14: must be a whole number between 0 and 13"),
        ("sim://?solar_kwp=100", "solar_kwp=100: must be between 0 and 20"),
        ("sim://?faults=explode@3", "faults=explode@3: 'explode' is not one of cut, lost"),
        ("sim://?colour=red", "no 'colour'; it has speed, seed"),
        ("sim://?seed=1&seed=2", "seed twice"),
        ("sim://house", "not of the form sim://"),
        ("socket://host:1", "not of the form sim://"),
    ],
)
def test_wrong_url_names_key_value_and_range(url: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(url)
    assert words in str(caught.value)
