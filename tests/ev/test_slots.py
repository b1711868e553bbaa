"""What a plan knows of the coming quarters: price, room under the peak, sun."""

from datetime import UTC, datetime, time, timedelta

import pytest

from base import messages
from base.time import HOUR
from ev.inputs import Rules, Scene
from ev.load import Load, followed
from ev.slots import is_night, slots_until, target_kw
from tests.ev.factories import Bench

MONTH_END = datetime(2026, 1, 31, 22, 0, tzinfo=UTC)  # 23:00 in Brussels
RULES = Rules()


def scene(now: datetime, outlook: messages.Outlook | None = None) -> Scene:
    """A house whose month peak so far is 4 kW, billed from 2.5 kW."""
    house = Bench(now=now, target_kw=4.0).house()
    return Scene(now, house, (), outlook, day_eur_kwh=0.32, night_eur_kwh=0.22)


def test_the_peak_of_this_month_is_not_paid_for_the_next() -> None:
    """At midnight of the household's clock the room falls to the least that is billed."""
    evening = scene(MONTH_END)
    assert target_kw(evening, MONTH_END + 0.9 * HOUR) == 4.0
    assert target_kw(evening, MONTH_END + HOUR) == 2.5
    room_kw = [slot.room_kw for slot in slots_until(evening, RULES, Load(), MONTH_END + 2 * HOUR)]
    assert room_kw == pytest.approx([4.0 - 0.1 - 0.5] * 4 + [2.5 - 0.1 - 0.5] * 4)


def test_a_plan_counts_on_part_of_the_sun_that_is_forecast() -> None:
    """Of 5 kW on the roof 3.5, less what the house takes."""
    noon = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
    outlook = messages.Outlook(
        start=noon, buy_eur_kwh=(0.3,) * 4, sell_eur_kwh=(0.04,) * 4,
        load_kw=(0.5,) * 4, solar_kw=(5.0,) * 4,
    )  # fmt: skip
    (first, *_) = slots_until(scene(noon, outlook), RULES, Load(), noon + HOUR)
    assert first.sun_kw == pytest.approx(0.7 * 5.0 - 0.5)
    assert (first.eur_kwh, first.sun_eur_kwh) == (pytest.approx(0.3), 0.04)


@pytest.mark.parametrize(
    ("at", "night"),
    [
        ("2026-01-15T06:59+01:00", True),
        ("2026-01-15T07:00+01:00", False),
        ("2026-01-15T21:59+01:00", False),
        ("2026-01-15T22:00+01:00", True),
        ("2026-01-17T12:00+01:00", True),  # a Saturday
        ("2026-07-15T07:00+02:00", False),  # in summer the clock on the wall counts
    ],
)
def test_without_prices_day_and_night_are_by_the_clock(at: str, night: bool) -> None:
    now = datetime.fromisoformat(at).astimezone(UTC)
    assert is_night(now, RULES) is night
    (slot,) = slots_until(scene(now), RULES, Load(), now + timedelta(minutes=1))
    assert slot.eur_kwh == (0.22 if night else 0.32)


def test_an_owner_without_night_at_the_weekend_pays_day_then() -> None:
    saturday = datetime(2026, 1, 17, 11, 0, tzinfo=UTC)
    assert not is_night(saturday, Rules(weekend_is_night=False))
    assert is_night(saturday, Rules(weekend_is_night=False, day_start=time(13)))


def test_what_the_house_usually_takes_at_an_hour_is_learned() -> None:
    """Days with an oven at 18 h: the plan leaves it more and more of that hour, and no other."""
    load, at = Load(), datetime(2026, 1, 12, 12, 0, tzinfo=UTC)
    for _ in range(5 * 24 * 60):
        kw = 3.0 if at.hour == 17 else 0.5
        load = followed(load, at, kw, 0.0, 0.0)
        at += timedelta(minutes=1)
    assert load.hours_kw[18] == pytest.approx(3.0 - 2.5 * 0.7**5, abs=0.1)
    assert load.hours_kw[12] == pytest.approx(0.5, abs=0.1)
