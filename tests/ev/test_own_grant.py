"""Each car follows its own part of a grant and reports its power during a ramp."""

import pytest

from base import messages
from tests.ev.factories import Bench, trip


def test_a_car_follows_its_own_part_of_the_grant() -> None:
    """Power granted to another car is not used, at any demand of this one."""
    bench = Bench(soc_pct=50.0, trips=(trip(12, 80),))
    part = messages.GrantedAsset(kw=2.3, why="2.3 kW is planned for now")
    bench.parts = {"q4": part, "zoe": messages.GrantedAsset(kw=8.8, why="more")}
    bench.run(90)
    assert bench.set.current_a == 10.0
    assert bench.set.why.endswith("2.3 kW is planned for now")


def test_a_car_the_meter_has_not_heard_of_waits() -> None:
    bench = Bench(soc_pct=50.0, trips=(trip(12, 80),))
    bench.parts = {"zoe": messages.GrantedAsset(kw=8.8, why="more")}
    assert bench.run(90).current_a == 0.0
    assert "has not allowed any power yet" in bench.set.why


def test_while_it_follows_a_set_point_its_goal_is_reported() -> None:
    """It is sent for 25 s, because the charger's own reading is late."""
    bench = Bench(soc_pct=50.0, trips=(trip(12, 80),), granted_kw=2.3)
    bench.run(60)
    while bench.set.current_a == 0.0:
        decision = bench.second()
    assert decision.need(bench.now).cars[0].toward_kw == pytest.approx(2.3)
    bench.run(30)
    assert bench.second().need(bench.now).cars[0].toward_kw is None
