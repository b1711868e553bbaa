"""The simulated house: the same seed and time give the same watts, and the sun its real
position.
"""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from base.time import BRUSSELS
from sim import sky
from sim.day import House, house_at, seconds

WINTER = datetime(2026, 1, 15, 16, 50, tzinfo=UTC)
SUMMER = datetime(2026, 6, 21, 11, 40, tzinfo=UTC)


def _unix(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def test_second_is_the_same_whatever_the_start() -> None:
    early = list(islice(seconds(House(), WINTER), 1300))
    late = list(islice(seconds(House(), WINTER + timedelta(seconds=1000)), 300))
    assert early[1000:] == late
    assert house_at(House(), WINTER + timedelta(seconds=1234)) == early[1234]


def test_each_second_follows_the_last() -> None:
    times = [power.at for power in islice(seconds(House(), WINTER), 1000)]
    assert times == [WINTER + timedelta(seconds=n) for n in range(1000)]


def test_another_seed_is_another_house() -> None:
    assert house_at(House(seed=1), WINTER) != house_at(House(seed=2), WINTER)


def test_car_and_battery_add_to_their_lines() -> None:
    power = house_at(House(), WINTER)
    l1, l2, l3 = power.line_w
    assert power.plus((3.68, 0, -1.5)).line_w == (l1 + 3680, l2, l3 - 1500)


def test_oven_takes_its_kilowatts_around_six() -> None:
    supper = list(islice(seconds(House(solar_kwp=0), WINTER), 5400))
    assert max(power.line_w[2] for power in supper) > 2800
    night = list(islice(seconds(House(), datetime(2026, 1, 15, 2, tzinfo=UTC)), 3600))
    assert max(sum(power.line_w) for power in night) < 600


@pytest.mark.parametrize(
    ("noon", "degrees"),
    [((2026, 6, 21, 11, 44), 62.5), ((2026, 12, 21, 11, 40), 15.7), ((2026, 3, 20, 11, 50), 39.1)],
)
def test_sun_stands_as_high_as_in_brussels(noon: tuple[int, ...], degrees: float) -> None:
    assert sky.elevation_deg(_unix(*noon)) == pytest.approx(degrees, abs=0.6)


@pytest.mark.parametrize(
    ("rise", "down"),
    [((2026, 6, 21, 3, 29), (2026, 6, 21, 20, 0)), ((2026, 12, 21, 7, 43), (2026, 12, 21, 15, 38))],
)
def test_sun_rises_and_sets_on_time(rise: tuple[int, ...], down: tuple[int, ...]) -> None:
    for moment in rise, down:
        assert sky.elevation_deg(_unix(*moment)) == pytest.approx(-0.8, abs=0.6)


def test_roof_gives_more_in_summer_and_nothing_at_night() -> None:
    def of_day(month: int) -> int:
        start = datetime(2026, month, 15, 10, tzinfo=UTC)
        return sum(power.solar_w for power in islice(seconds(House(), start), 7200))

    assert of_day(6) + of_day(7) > 2 * (of_day(12) + of_day(1))
    assert house_at(House(), datetime(2026, 6, 21, 23, tzinfo=UTC)).solar_w == 0


def test_inverter_stops_at_its_power_and_no_panels_give_none() -> None:
    day = islice(seconds(House(solar_kwp=5), SUMMER), 7200)
    assert max(power.solar_w for power in day) <= 5000
    assert house_at(House(solar_kwp=0), SUMMER).solar_w == 0


def test_heating_burns_in_winter_and_not_in_summer() -> None:
    def burnt_ml(start: datetime) -> int:
        return sum(power.gas_ml for power in islice(seconds(House(), start), 7200))

    assert burnt_ml(datetime(2026, 1, 15, 17, tzinfo=UTC)) > 200_000
    assert burnt_ml(datetime(2026, 7, 15, 12, tzinfo=UTC)) < 50_000


@pytest.mark.parametrize("day", [28, 29])
def test_supper_is_at_six_also_when_the_clock_changes(day: int) -> None:
    start = datetime(2026, 3, day, 17, tzinfo=BRUSSELS)
    evening = islice(seconds(House(solar_kwp=0), start), 2 * 3600)
    hot = [power.at.astimezone(BRUSSELS) for power in evening if power.line_w[2] > 2700]
    assert 17 <= hot[0].hour <= 18
