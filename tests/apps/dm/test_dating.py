"""Bookings are complete to the last Wh although either clock may be wrong by years."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.dm.timestamps import counted_at
from rates.amounts import Register
from rates.ledger import Ledger, advance
from tests.p1.make import changed
from tests.rates.factories import RATES

NOW = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)
S, DAY, YEAR = timedelta(seconds=1), timedelta(days=1), timedelta(days=365)
HOUSE = changed({})


@pytest.mark.parametrize(
    ("meter", "host", "last", "right"),
    [
        (NOW, NOW + 3 * S, NOW, NOW),
        (NOW, datetime(1970, 1, 1, tzinfo=UTC), None, NOW),  # a Pi before its clock is set
        (NOW, NOW - 3 * DAY, NOW - S, NOW),  # a Pi with the time of its last shutdown
        (NOW, NOW + 4 * YEAR, NOW - S, NOW),  # our clock jumped ahead
        (datetime(2000, 1, 1, tzinfo=UTC), NOW, NOW - S, NOW),  # the meter restarted
        (NOW + 90 * DAY, NOW, NOW - S, NOW),  # the meter's clock jumped ahead
        (NOW + timedelta(minutes=10), NOW, None, NOW),  # the meter's clock was always wrong
        (NOW + timedelta(minutes=10), NOW, NOW - S, NOW),
        (NOW, NOW - timedelta(seconds=121), NOW - S, NOW),  # our clock drifts without NTP
        (None, NOW, NOW, NOW),
        (NOW, None, NOW - YEAR, NOW),  # a replay uses the meter's clock only
        (None, None, None, None),
    ],
)
def test_the_clock_that_goes_on_is_believed(
    meter: datetime | None, host: datetime | None, last: datetime | None, right: datetime | None
) -> None:
    assert counted_at(meter, host, last) == right


def lived(host_ahead: Mapping[int, timedelta]) -> Sequence[tuple[datetime, Decimal]]:
    """Bookings of two hours of 3.6 kW; our clock jumps at these seconds."""
    ledger, booked, ahead, last = Ledger(), [], timedelta(0), None
    for second in range(0, 7200, 10):
        ahead = host_ahead.get(second, ahead)
        meter = NOW + second * S
        at = last = counted_at(meter, meter + ahead, last)
        assert at is not None
        kwh = Decimal(1000) + Decimal(second) / 1000
        ledger, bookings = advance(ledger, replace(HOUSE, offtake_day_kwh=kwh), at, RATES)
        booked += [
            (each.quarter, each.amount) for each in bookings
            if each.register is Register.OFFTAKE_DAY
        ]  # fmt: skip
    return booked


@pytest.mark.parametrize("jump", [-56 * YEAR, -3 * DAY, 4 * YEAR, 400 * YEAR])
@pytest.mark.parametrize("at_s", [0, 890, 3000])
def test_a_jump_of_our_clock_and_back_loses_not_a_wh(jump: timedelta, at_s: int) -> None:
    """The quarters equal those without a jump, also for a jump at the end of a quarter."""
    if at_s == 0 and jump > -YEAR:
        return  # at the start, a plausible clock of ours is trusted
    assert lived({at_s: jump, at_s + 1800: timedelta(0)}) == lived({})
