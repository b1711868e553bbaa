"""A charger controlled by two programs is detected because both powers move alike."""

from collections.abc import Callable, Iterable

import pytest

from apps.mqtt import evcc
from apps.mqtt.twins import LAG_S, Point, Twins, watched
from base import messages
from tests.apps.mqtt import factories as say
from tests.apps.mqtt.test_evcc import SAID, told

LOOK_S = 4.0
MINUTE_S = 60.0
SURPLUS = (1.4, 2.3, 3.7, 2.3, 0.0)
Power = Callable[[float], float | None]


def followed(levels: Iterable[float], late_s: float = 0.0, every_s: float = 3 * MINUTE_S) -> Power:
    """The power of a charger with these levels, each for `every_s`, delayed by `late_s`."""
    known = [*levels]

    def kw(at_s: float) -> float:
        return known[min(len(known) - 1, int(max(0.0, at_s - late_s) // every_s))]

    return kw


def looked(
    theirs: Power,
    ours: Power,
    minutes: float = 15.0,
    connected: Callable[[float], bool] = lambda _: True,
    begun: Twins | None = None,
    begin_s: float = 0.0,
) -> Twins:
    """The state after watching a loadpoint and charger main for this many minutes."""
    twins, at_s = begun or Twins(), begin_s
    while at_s < begin_s + minutes * MINUTE_S:
        main = messages.ChargerState(name="main", plugged=True, power_kw=ours(at_s))
        twins = watched(twins, [Point(connected(at_s), theirs(at_s))], {"main": main}, at_s)
        at_s += LOOK_S
    return twins


@pytest.mark.parametrize(("their_s", "our_s"), [(0.0, 0.0), (30.0, 0.0), (0.0, 10.0)])
def test_a_loadpoint_that_follows_a_charger_is_that_charger(their_s: float, our_s: float) -> None:
    """Either may be read later, and the meters may differ by some percent."""
    measured = followed([1.03 * kw for kw in SURPLUS], their_s)
    assert looked(measured, followed(SURPLUS, our_s)).of(1) == "main"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((3.7, 0.0, 3.7, 0.0, 3.7), id="both stop and start at full power"),
        pytest.param((3.7, 3.7, 3.7, 3.7, 3.7), id="both at 16 A"),
        pytest.param((3.7, 2.3, 1.4, 0.0, 0.0), id="both sink together"),
    ],
)
def test_two_chargers_that_do_the_same_by_chance_are_two(other: tuple[float, ...]) -> None:
    """A house at its limit stops and starts both cars together."""
    assert looked(followed(other), followed(other)).of(1) == ""


def test_two_chargers_that_share_the_surplus_are_two() -> None:
    """The power of evcc follows ours by more than LAG_S."""
    assert looked(followed(SURPLUS, late_s=LAG_S + 20.0), followed(SURPLUS)).of(1) == ""


def test_a_car_on_one_of_them_alone_is_on_another_charger() -> None:
    twins = looked(followed(SURPLUS), followed(SURPLUS), connected=lambda at_s: at_s < 400.0)
    assert twins.of(1) == ""


def test_what_moves_apart_later_was_not_one() -> None:
    one = looked(followed(SURPLUS), followed(SURPLUS))
    quiet = looked(lambda _: None, followed(SURPLUS), begun=one, begin_s=1000.0)
    assert quiet.of(1) == "main"  # an unknown power proves nothing
    apart = looked(followed([7.4]), followed([1.4]), begun=quiet, begin_s=2000.0)
    assert apart.of(1) == ""


def test_evcc_is_refused_the_charger_that_it_moves() -> None:
    """Titles and cars differ, so only the power reveals the conflict."""
    topics = told({**SAID, "loadpoints/1/title": "Wallbox", "loadpoints/1/vehicleTitle": ""})
    twins = looked(followed(SURPLUS), followed(SURPLUS))
    why = evcc.conflict(say.charging().chargers, topics, twins)
    assert "evcc's Wallbox and charger main here are one charger with two programs" in why
    assert not evcc.conflict(say.charging().chargers, topics, Twins())
