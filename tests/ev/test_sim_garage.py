"""The simulated garage of the demo: one car, never in two places, ready for its planned trips."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sim.garage import Diary, SimAgenda


@pytest.mark.parametrize("hour", range(24))
def test_the_car_is_home_or_away_and_first_leaves_after_five_hours(hour: int) -> None:
    """At any start hour of the demo there is a trip soon, and stays that do not overlap."""
    start = datetime(2026, 10, 24, hour, 17, tzinfo=UTC)  # the clock goes back the night after
    diary = Diary(start)
    assert timedelta(hours=4) < diary.errand - start <= timedelta(hours=5)
    assert diary.stays[0].start < start
    assert all(a.end <= b.start and b.start < b.end for a, b in pairwise(diary.stays))
    for _, leaves, back in diary.trips:
        assert leaves < back
        assert not any(stay.start < leaves < stay.end for stay in diary.stays)


async def test_the_calendar_names_the_car() -> None:
    start = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
    said = await SimAgenda(Diary(start)).read(start, start + timedelta(days=3))
    assert [event.title for event in said.events][:2] == ["the shops @q4@ 80%", "Antwerp @q4@ 80%"]
