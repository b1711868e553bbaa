"""The stream of telegrams depends only on its options, and includes cars and batteries."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sim.options import Options
from sim.stream import states, telegrams

ROOT = Path(__file__).parents[2]
MIDNIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)


def _made(url: str, hash_seed: str) -> bytes:
    """Three telegrams of a separate process."""
    code = (
        "import sys; from sim.stream import telegrams;"
        f"sys.stdout.buffer.writelines(telegrams({url!r}, 3))"
    )
    environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, timeout=30, check=True
    ).stdout


def test_two_runs_are_equal_byte_for_byte() -> None:
    url = "sim://?start=2026-01-15T00:20&seed=3&faults=garbage@5"
    assert list(telegrams(url, 60)) == list(telegrams(url, 60))


def test_later_start_of_the_same_day_joins_the_earlier() -> None:
    early = list(telegrams("sim://?start=2026-01-15T00:20", 700))
    assert list(telegrams("sim://?start=2026-01-15T00:30", 100)) == early[600:]


def test_other_seed_is_another_house_with_another_meter() -> None:
    (one,) = states(Options(), 1, now=MIDNIGHT)
    (other,) = telegrams("sim://?seed=8", 1, now=MIDNIGHT)
    assert one.serial == "1SIM0000000007"
    assert b"1SIM0000000008".hex().upper().encode() in other


def test_now_is_the_start_and_none_is_an_error() -> None:
    (state,) = states(Options(), 1, now=MIDNIGHT.replace(microsecond=7))
    assert state.at == MIDNIGHT
    with pytest.raises(ValueError, match="start"):
        next(telegrams("sim://"))


def test_car_is_seen_by_the_meter_each_second() -> None:
    asked: list[datetime] = []

    def car(at: datetime) -> tuple[float, float, float]:
        asked.append(at)
        return (3.68, 0.0, 0.0)

    alone = list(states(Options(), 31, now=MIDNIGHT))
    charging = list(states(Options(), 31, now=MIDNIGHT, extra_kw=car))
    assert charging[0] == alone[0]  # use before the start is without the car
    assert charging[30].power_w - alone[30].power_w == 3680
    assert charging[30].offtake_night_wh - alone[30].offtake_night_wh in (30, 31)
    assert asked[:30] == [state.at for state in alone[:30]]


def test_every_process_makes_the_same_telegrams() -> None:
    url = "sim://?start=2026-01-15T00:00:30&faults=cut@1"
    assert _made(url, "0") == _made(url, "42") == b"".join(telegrams(url, 3))
