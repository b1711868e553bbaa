"""The clock of a house continues between telegrams, but only for a limited time."""

import asyncio
from datetime import UTC, datetime

import pytest

from apps.shared.house_clock import HouseClock
from base import messages
from base.limits import STALE_S

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("speed", [1.0, 8.0])
async def test_a_house_that_fell_silent_is_soon_too_old_and_then_stands_still(
    speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    since_s = loop.time()
    clock = HouseClock(speed)
    clock.hear(messages.House.model_construct(time=NOON))
    for after_s in (3.0, 60.0, 600.0):
        monkeypatch.setattr(loop, "time", lambda now_s=since_s + after_s: now_s)
        age_s = (clock() - NOON).total_seconds()
        if after_s < STALE_S:
            assert age_s == pytest.approx(after_s * speed, abs=0.5)
        else:
            assert STALE_S + 1 < age_s < 20 * speed
