"""The rules one by one: immediate changes, waits, stops, and their sentences."""

from datetime import timedelta
from itertools import pairwise

import pytest

from base import messages
from ev.facts import Car, SetPoint
from ev.inputs import Mode, Rules, Safe, Wish
from plan.assets import car
from tests.ev.factories import EVENING, NIGHT, NOON, Bench, trip


def test_below_20_percent_it_charges_at_once() -> None:
    """It charges at full safe power from the first second, above any grant, until 20 %."""
    bench = Bench(soc_pct=17.0, granted_kw=0.0)
    bench.second()
    assert (bench.set.current_a, bench.set.phases) == (16.0, 3)
    assert bench.set.why == "q4 is below 20 %: charging at once"
    bench.run(3600)
    assert bench.soc_pct is not None
    assert bench.soc_pct >= 20.0
    assert bench.set.current_a == 0.0


def test_after_a_stop_it_rests() -> None:
    """The minimum idle time spares the contactors."""
    bench = Bench(now=NIGHT, soc_pct=30.0, trips=(trip(12, 80, NIGHT),))
    bench.run(930)
    bench.granted_kw = 0.0
    assert bench.run(1).current_a == 0.0
    bench.granted_kw = 5.0
    stopped = bench.now
    while bench.set.current_a == 0.0:
        bench.second()
    assert bench.now - stopped >= timedelta(seconds=480)
    assert bench.diary[-1].startswith("q4 charges: ")


def test_a_fresh_grant_is_followed() -> None:
    """A grant caps a trip and starts a waiting charge; a decrease takes effect in the same
    second."""
    bench = Bench(soc_pct=60.0, trips=(trip(12, 80),), granted_kw=5.0)
    bench.run(90)
    assert bench.power_kw == pytest.approx(4.83)
    assert bench.set.why.endswith("by the plan")
    bench.granted_kw = 1.5
    bench.second()
    assert bench.power_kw == pytest.approx(1.495)
    bench.granted_kw = 0.0
    bench.second()
    assert bench.power_kw == 0.0


def test_a_grant_holds_until_it_expires_and_the_safe_state_follows() -> None:
    """A house without a grant, as in the first second of a new meter, interrupts nothing."""
    bench = Bench(soc_pct=60.0, trips=(trip(40, 80),), granted_kw=5.0)
    charging = bench.run(90)
    bench.granted_kw = None
    assert all(point == charging for point in bench.seconds(9))
    assert bench.run(12).current_a == 0.0
    assert "has not allowed any power yet" in bench.set.why
    assert any("The meter has not allowed any power" in line for line in bench.diary)
    assert not bench.second().need(bench.now).healthy


def test_a_car_that_has_just_come_waits_for_its_first_grant() -> None:
    """The meter does not know the car yet: no contactor closes for the safe state of a trip."""
    bench = Bench(soc_pct=25.0, trips=(trip(8, 80),), granted_kw=None)
    assert all(point.current_a == 0.0 for point in bench.seconds(9))
    assert bench.run(5).current_a == 6.0
    bench.granted_kw = 3.0
    assert bench.second().need(bench.now).healthy


def test_without_a_car_no_grant_is_needed() -> None:
    """The meter grants nothing to absent cars, which is normal."""
    bench = Bench(plugged=False, granted_kw=None)
    bench.run(60)
    assert bench.second().need(bench.now).healthy
    assert not any("meter" in line for line in bench.diary)


def test_what_must_be_at_once_is_not_capped_by_a_grant() -> None:
    bench = Bench(soc_pct=15.0, granted_kw=0.0)
    bench.second()
    assert bench.set.current_a == 16.0


def test_the_main_fuse_is_obeyed_at_once_even_by_a_boost() -> None:
    """With 20 of 25 A in use, 5 A remain, which is a pause; with 12 in use, 13 A remain."""
    bench = Bench(wish=Wish(Mode.BOOST), rules=Rules(fuse_a=25.0), fuse_drawn_a=12.0)
    bench.run(2)
    assert bench.set.current_a == 13.0
    assert "main fuse" in bench.set.why
    bench.fuse_drawn_a = 20.0
    bench.second()
    assert bench.set.current_a == 0.0


def test_a_lost_meter_is_a_pause_and_the_way_back_is_short() -> None:
    """The safe state applies at once; when the meter returns, the car continues without a rest."""
    bench = Bench(now=NIGHT, soc_pct=70.0, trips=(trip(9, 80, NIGHT),))
    before = bench.run(200)
    assert before.current_a > 0
    bench.heard = False
    bench.second()
    assert bench.set.current_a == 0.0
    assert "no data from the meter" in bench.set.why
    bench.run(60)
    bench.heard = True
    bench.run(5)
    assert bench.set.current_a == pytest.approx(before.current_a, abs=1.0)
    assert bench.diary[-1] == "q4 charges: by the plan (11.04 kW, 16.0 A, phases: 3)"
    assert bench.diary[-2].startswith("Meter data is back")


@pytest.mark.parametrize(
    ("soc_pct", "safe", "current_a"),
    [(15.0, Safe.PAUSE, 6.0), (60.0, Safe.PAUSE, 0.0), (60.0, Safe.LEAST, 6.0)],
)
def test_the_safe_state(soc_pct: float, safe: Safe, current_a: float) -> None:
    """A pause, or 6 A on one phase for a nearly empty car or by the owner's setting."""
    bench = Bench(soc_pct=soc_pct, rules=Rules(safe=safe), heard=False)
    bench.run(3)
    assert (bench.set.current_a, bench.set.phases) == (current_a, 1)


@pytest.mark.parametrize(("hours", "target_pct", "current_a"), [(8, 80, 6.0), (40, 60, 0.0)])
def test_without_the_meter_a_trip_that_cannot_wait_gets_6_amperes(
    hours: int, target_pct: int, current_a: float
) -> None:
    """43 kWh in 8 h: every hour counts; 9 kWh in 40 h can wait for the meter."""
    bench = Bench(now=NIGHT, heard=False, trips=(trip(hours, target_pct, NIGHT),))
    assert bench.run(3).current_a == current_a


def test_a_car_that_cannot_wait_keeps_its_phases_without_the_meter() -> None:
    """It charges at 6 A on the same phases, so no contactor moves for a lost meter."""
    bench = Bench(soc_pct=12.0)
    assert bench.run(30) == SetPoint(16.0, 3, bench.set.why)
    bench.heard = False
    assert bench.run(30) == SetPoint(6.0, 3, bench.set.why)
    bench.heard = True
    assert bench.run(2) == SetPoint(16.0, 3, bench.set.why)
    bench.heard, bench.car = False, Car(name="spring", capacity_kwh=26.8, phases=1)
    assert bench.run(2) == SetPoint(6.0, 1, bench.set.why)  # this car has only one


def test_the_owners_commands_win() -> None:
    """Cases: boost, pause, and an order with a time."""
    bench = Bench(soc_pct=70.0, wish=Wish(Mode.BOOST), granted_kw=2.0)
    assert bench.run(1).current_a == 16.0
    bench.wish = Wish(Mode.PAUSE)
    assert bench.run(1).current_a == 0.0
    bench.wish = Wish(Mode.CHARGE, 90.0)
    bench.run(900)
    assert bench.set.current_a > 0
    assert bench.set.why.startswith("q4 must be at 90 %, as you said")


def test_a_guest_charges_as_granted() -> None:
    """The car of a guest is unknown."""
    bench = Bench(car=None, soc_pct=None, granted_kw=2.3)
    bench.run(900)
    assert bench.power_kw == pytest.approx(2.3)
    assert bench.set.why.startswith("a guest charges under the month peak")
    decision = bench.second()
    assert [car.name for car in decision.need(bench.now).cars] == ["guest on main"]


def test_a_sleeping_car_is_woken_and_then_left_alone() -> None:
    """After three short pauses the owner is warned; the next attempt is an hour later."""
    bench = Bench(wish=Wish(Mode.CHARGE, 90.0), takes=False)
    points = [point.current_a for point in bench.seconds(1200)]
    naps = sum(a > 0 and b == 0 for a, b in pairwise(points))
    assert naps == 4
    assert "takes no power" in bench.set.why
    assert bench.run(1800).current_a == 0.0
    bench.takes = True
    assert bench.run(1900).current_a > 0


def test_the_owners_word_is_tried_at_once_with_a_car_that_refused() -> None:
    """He may have changed the car's own timer, so the rest of the hour is skipped."""
    bench = Bench(now=NIGHT, takes=False, wish=Wish(Mode.CHARGE, 90.0))
    bench.run(1200)
    assert "takes no power" in bench.set.why
    bench.wish = Wish(Mode.BOOST)
    bench.second()
    assert (bench.set.current_a, bench.set.phases) == (16.0, 3)


def test_an_order_ends_an_hour_after_its_time() -> None:
    """As with a trip, the car has not left and is no longer expected to."""
    by = NIGHT + timedelta(minutes=10)
    bench = Bench(now=NIGHT, wish=Wish(Mode.CHARGE, 100.0, by))
    bench.run(1200)
    bench.now = by + timedelta(minutes=59)
    bench.run(1)
    assert "as you said" in bench.set.why
    bench.run(300)
    assert "as you said" not in bench.set.why


def test_a_clock_that_is_set_back_delays_no_fall() -> None:
    """After the program's clock ran ahead, a set-point dated in an hour counts as sent now."""
    bench = Bench(now=NIGHT, granted_kw=3.0, wish=Wish(Mode.CHARGE, 100.0))
    before = bench.run(300)
    assert bench.power_kw > 2.5
    bench.now -= timedelta(hours=1)
    bench.granted_kw = 1.9
    fallen = bench.run(60)
    assert 6.0 <= fallen.current_a < before.current_a


def test_a_car_that_takes_less_is_planned_at_what_it_takes() -> None:
    """The need of a car of 10 A on one phase is limited to that power."""
    slow = Bench(now=NIGHT, soc_pct=60.0, trips=(trip(9, 80, NIGHT),))
    slow.car = Car(name="q4", capacity_kwh=77.0, most_a=10.0, phases=1)
    slow.run(120)
    assert slow.power_kw == pytest.approx(2.3)


def test_the_need_says_it_all() -> None:
    """It holds all that dm plans with: energy, deadline, powers and urgency."""
    bench = Bench(soc_pct=60.0, trips=(trip(12, 80),))
    need = bench.second().need(bench.now)
    car = need.cars[0]
    assert need.name == "ev"
    assert (car.name, car.plugged, car.urgency) == ("q4", True, "trip")
    assert car.deadline == EVENING + timedelta(hours=12)
    assert car.energy_kwh == pytest.approx(17.1, abs=0.1)
    assert (car.least_kw, car.most_kw) == (pytest.approx(1.38), pytest.approx(11.04))
    assert messages.decode(messages.encode(need)) == need


def test_dm_hears_how_long_the_owner_has_a_charger_rest() -> None:
    """`least_idle_min` of config.py is sent for connected and for absent cars."""
    bench = Bench(rules=Rules(idle_s=1800.0))
    assert bench.second().need(bench.now).cars[0].least_idle_s == 1800.0


def test_a_car_that_is_home_early_is_there_for_dm_too() -> None:
    """Its calendar has it away until the evening, but it is connected and can use solar surplus."""
    early = Bench(now=NOON, soc_pct=60.0, trips=(trip(-3, 80, NOON), trip(20, 80, NOON)))
    (told,) = early.second().need(early.now).cars
    assert [each.leaves for each in told.trips] == [early.trips[1].departure]
    planned = car("ev", told, early.now, [])
    assert planned is not None
    assert planned.plugged(early.now)


def test_no_car_needs_nothing() -> None:
    bench = Bench(plugged=False)
    decision = bench.second()
    assert bench.set.current_a == 0.0
    assert bench.set.why == "no car connected"
    assert decision.need(bench.now).cars == ()


def test_the_diary_tells_a_stay() -> None:
    """The diary records arrival, waiting and departure."""
    bench = Bench(now=NOON, soc_pct=60.0, granted_kw=0.0)
    bench.run(5)
    bench.plugged = False
    bench.run(5)
    assert bench.diary[0] == "q4 is connected to main at 60 %"
    assert bench.diary[1].startswith("q4 has no trip: waiting: by the plan")
    assert bench.diary[2:] == ["q4 left main"]


def test_the_diary_says_once_what_a_car_wants() -> None:
    """When an oven runs, one short line gives the reason for the stop and for the charging."""
    bench = Bench(now=NIGHT, soc_pct=50.0, trips=(trip(9, 70.0, NIGHT),))
    bench.run(120)
    bench.granted_kw = 0.0
    bench.run(300)
    bench.granted_kw = 3.0
    bench.run(1200)
    came, waits, starts, stopped, again = bench.diary
    assert came.startswith("q4 is connected to main")
    assert waits.startswith("q4 must be at 70 %")
    assert starts.startswith("q4 charges: by the plan")
    assert stopped == "q4 stopped: by the plan"
    assert again.startswith("q4 charges: by the plan")
    assert len(stopped) < 72
