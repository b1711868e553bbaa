"""A Pi without a battery clock starts in 1970 and sends that time until its clock is set."""

from datetime import UTC, datetime, timedelta

import pytest

from base import messages
from base.time import QUARTER, local_day
from rates.calendar import day_start

WOKE = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("at", [WOKE, day_start(local_day(WOKE)), WOKE - QUARTER])
def test_a_time_of_1970_is_a_time(at: datetime) -> None:
    """The local day in Brussels began in 1969 UTC."""
    told = messages.Demand(start=at, offtake_kw=(), injection_kw=())
    assert messages.decode(told.model_dump_json()) == told


def test_a_time_of_long_ago_is_none() -> None:
    with pytest.raises(ValueError, match="1969"):
        messages.Demand(start=WOKE - timedelta(days=800), offtake_kw=(), injection_kw=())
