"""Power limits in W for slow consumers: above 0, within the headroom, and without flapping."""

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mqtt.headroom import BEGUN, CALM_S, NOTHING_W, REST_S, Calm, calmed

LEAST_W = 1380.0
ROOMS = st.lists(st.floats(-20_000, 20_000), min_size=1, max_size=300)


def after(rooms: list[float], least_w: float = LEAST_W, every_s: float = 1.0) -> list[Calm]:
    """The allowance after each of these values of headroom."""
    calm, said = BEGUN, []
    for number, room_w in enumerate(rooms):
        calm = calmed(calm, room_w, number * every_s, least_w)
        said.append(calm)
    return said


@given(ROOMS, st.sampled_from([0.0, LEAST_W, 4140.0]), st.sampled_from([1.0, 7.0, 45.0]))
def test_it_is_never_zero_nor_above_the_room_nor_too_little_to_run(
    rooms: list[float], least_w: float, every_s: float
) -> None:
    for room_w, calm in zip(rooms, after(rooms, least_w, every_s), strict=True):
        assert calm.watts == NOTHING_W or max(least_w, 50) <= calm.watts <= room_w


def test_it_falls_at_once_and_rises_to_the_minimum_of_a_minute() -> None:
    steady = int(CALM_S) + 1
    said = after([3000.0] * steady + [2000.0] + [5000.0] * 30 + [4000.0] * steady)
    assert [calm.watts for calm in said[: steady - 1]] == [NOTHING_W] * (steady - 1)
    assert said[steady - 1].watts == 3000
    assert said[steady].watts == 2000
    assert said[steady + int(CALM_S)].watts == 2000
    assert said[-1].watts == 4000


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_a_charger_that_was_stopped_rests(seed: int) -> None:
    """For any headroom, the charger does not stop twice within ten minutes."""
    chance = Random(seed)
    rooms = [chance.choice((0.0, 2000.0, 3000.0)) for _ in range(40)]
    held = [room for room in rooms for _ in range(chance.choice((20, 90, 200)))]
    watts = [calm.watts for calm in after(held)]
    stops = [n for n in range(1, len(watts)) if watts[n] == NOTHING_W != watts[n - 1]]
    assert all(later - earlier > REST_S for earlier, later in pairwise(stops))
