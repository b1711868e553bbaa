"""The tactics one by one: what must be at once, what waits, what stops, and what is said of it."""

from datetime import timedelta
from itertools import pairwise

import pytest

from base import messages
from ev.facts import Car, SetPoint
from ev.inputs import Mode, Rules, Safe, Wish
from plan.need import car
from tests.ev.factories import EVENING, NIGHT, NOON, Bench, trip


def grant(kw: float, bench: Bench, seconds: float = 1e6) -> messages.Grant:
    return messages.Grant(kw=kw, until=bench.now + timedelta(seconds=seconds), why="by the plan")


def test_below_20_percent_it_charges_at_once() -> None:
    """Full safe power in the first second, over price and peak, until 20 %."""
    bench = Bench(soc_pct=17.0, target_kw=2.5)
    bench.second()
    assert (bench.set.current_a, bench.set.phases) == (16.0, 3)
    assert bench.set.why == "q4 is below 20 %: charging at once"
    bench.run(3600)
    assert bench.soc_pct is not None
    assert bench.soc_pct >= 20.0
    assert bench.set.current_a == 0.0


def test_a_car_without_a_trip_waits_for_the_night() -> None:
    """Nothing at day tariff; from 22:00 flat and slow, not at full power."""
    bench = Bench(now=NIGHT - timedelta(hours=1, minutes=30), house_kw=0.4)
    assert bench.run(60).current_a == 0.0
    assert "from 22:00" in bench.set.why
    bench.now = NIGHT - timedelta(hours=1, seconds=5)
    bench.run(120)
    assert bench.set.current_a > 0
    assert bench.power_kw < 3.7
    assert "cheapest hours" in bench.set.why


def test_a_trip_that_cannot_be_met_under_the_peak_goes_above_it() -> None:
    """By as little as it must, and it says beforehand what that costs."""
    bench = Bench(now=NIGHT, soc_pct=30.0, target_kw=2.5, trips=(trip(8, 80, NIGHT),))
    bench.run(120)
    assert 5.0 < bench.power_kw < 7.0
    told = next(line for line in bench.diary if "above the month peak" in line)
    assert "EUR over the coming bills" in told
    assert "without it, it would be at" in told


def test_a_trip_that_can_be_met_stays_under_the_peak() -> None:
    """The quarter closes under the target, margin included."""
    bench = Bench(now=NIGHT, soc_pct=60.0, target_kw=3.0, trips=(trip(9, 80, NIGHT),))
    for _ in range(4):
        bench.run(899)
        assert bench.used_wh * 0.004 < 3.0
        bench.run(1)
    assert bench.power_kw > 1.3


def test_an_impossible_trip_gets_all_there_is_and_the_owner_knows() -> None:
    bench = Bench(soc_pct=30.0, target_kw=2.5, trips=(trip(2, 90),))
    bench.run(90)
    assert (bench.set.current_a, bench.set.phases) == (16.0, 3)
    assert any("cannot be ready by" in line for line in bench.diary)


def test_a_kettle_of_ten_seconds_stops_nothing() -> None:
    """9 kW for 10 s is 25 Wh of the quarter: the car goes on."""
    bench = Bench(now=NIGHT, soc_pct=30.0, target_kw=4.0, trips=(trip(12, 80, NIGHT),))
    bench.run(400)
    assert bench.set.current_a > 0
    bench.house_kw += 9.0
    assert all(point.current_a > 0 for point in bench.seconds(10))
    bench.house_kw -= 9.0
    assert all(point.current_a > 0 for point in bench.seconds(600))


def test_an_oven_makes_it_fall_and_then_stop() -> None:
    """The quarter stays under the target, whatever the house does in it."""
    bench = Bench(now=NIGHT, soc_pct=30.0, target_kw=4.0, trips=(trip(12, 80, NIGHT),))
    bench.run(930)
    before_a = bench.set.current_a
    bench.house_kw = 3.4
    bench.run(150)
    assert bench.set.current_a * bench.set.phases < before_a * 3
    bench.run(700)
    assert bench.used_wh * 0.004 <= 4.0
    assert bench.set.current_a == 0.0
    assert "month peak allows" in bench.set.why


def test_after_a_stop_it_rests() -> None:
    """The least idle time spares the contactors."""
    bench = Bench(now=NIGHT, soc_pct=30.0, target_kw=4.0, trips=(trip(12, 80, NIGHT),))
    bench.run(930)
    bench.house_kw = 6.0
    bench.run(120)
    assert bench.set.current_a == 0.0
    bench.house_kw = 0.4
    stopped = bench.now
    while bench.set.current_a == 0.0:
        bench.second()
    assert bench.now - stopped >= timedelta(seconds=480)


def test_sun_is_taken_calmly_and_held_through_a_cloud() -> None:
    """A start needs a minute of sun; 6 A stays on through a short cloud, not through an evening."""
    bench = Bench(now=NOON, house_kw=-2.5, soc_pct=60.0)
    assert bench.run(50).current_a == 0.0
    assert bench.run(60).current_a == pytest.approx(10.5)
    assert "surplus sun" in bench.set.why
    bench.house_kw = 0.4
    assert bench.run(200).current_a == 6.0
    assert bench.run(500).current_a == 0.0


def test_much_sun_switches_to_three_phases_once() -> None:
    """Above 4.14 kW three phases; then one again rather than a stop."""
    bench = Bench(now=NOON, house_kw=-6.0, soc_pct=60.0)
    assert bench.run(200).phases == 3
    bench.house_kw = -2.0
    point = bench.run(240)
    assert (point.phases, point.current_a > 6.0) == (1, True)
    bench.house_kw = -6.0
    assert bench.run(100).phases == 1
    assert bench.run(700).phases == 3


def test_a_charger_that_cannot_switch_phases_stays_on_its_own() -> None:
    """4.14 kW or nothing."""
    bench = Bench(now=NOON, house_kw=-2.5, soc_pct=60.0, switches=False)
    assert bench.run(120).current_a == 0.0


def test_a_fresh_grant_is_followed() -> None:
    """It caps a trip, starts what would wait, and a fall of it is obeyed in the same second."""
    bench = Bench(soc_pct=60.0, trips=(trip(12, 80),))
    bench.grant = grant(5.0, bench)
    bench.run(90)
    assert bench.power_kw == pytest.approx(4.83)
    assert bench.set.why.endswith("by the plan")
    bench.grant = grant(1.5, bench)
    bench.second()
    assert bench.power_kw == pytest.approx(1.495)
    bench.grant = grant(0.0, bench)
    bench.second()
    assert bench.power_kw == 0.0


def test_an_old_grant_is_void() -> None:
    """The tactics stand alone again."""
    bench = Bench(now=NIGHT, soc_pct=60.0, trips=(trip(9, 80, NIGHT),))
    bench.grant = grant(0.0, bench, seconds=30)
    assert bench.run(25).current_a == 0.0
    assert bench.run(120).current_a > 0.0


def test_what_must_be_at_once_is_not_capped_by_a_grant() -> None:
    bench = Bench(soc_pct=15.0)
    bench.grant = grant(0.0, bench)
    bench.second()
    assert bench.set.current_a == 16.0


def test_the_main_fuse_is_obeyed_at_once_even_by_a_boost() -> None:
    """25 A, 20 of them taken: 5 A are left, which is a pause; with 12 taken 13 A are."""
    bench = Bench(wish=Wish(Mode.BOOST), rules=Rules(fuse_a=25.0), fuse_drawn_a=12.0)
    bench.run(2)
    assert bench.set.current_a == 13.0
    assert "main fuse" in bench.set.why
    bench.fuse_drawn_a = 20.0
    bench.second()
    assert bench.set.current_a == 0.0


def test_a_lost_meter_is_a_pause_and_the_way_back_is_short() -> None:
    """Safe at once; when it is heard again the car goes on without a rest."""
    bench = Bench(now=NIGHT, soc_pct=70.0, trips=(trip(9, 80, NIGHT),))
    before = bench.run(200)
    assert before.current_a > 0
    bench.heard = False
    bench.second()
    assert bench.set.current_a == 0.0
    assert "nothing is heard" in bench.set.why
    bench.run(60)
    bench.heard = True
    bench.run(5)
    assert bench.set.current_a == pytest.approx(before.current_a, abs=1.0)
    assert bench.diary[-1].startswith("q4 charges: in the cheapest hours")
    assert bench.diary[-2].startswith("The meter is heard again")


@pytest.mark.parametrize(
    ("soc_pct", "safe", "current_a"),
    [(15.0, Safe.PAUSE, 6.0), (60.0, Safe.PAUSE, 0.0), (60.0, Safe.LEAST, 6.0)],
)
def test_the_safe_state(soc_pct: float, safe: Safe, current_a: float) -> None:
    """A pause, or 6 A on one phase for a car that is nearly empty or an owner who wants it."""
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
    """6 A on the three it charges on, and back at once: no contactor moves for a lost meter."""
    bench = Bench(soc_pct=12.0)
    assert bench.run(30) == SetPoint(16.0, 3, bench.set.why)
    bench.heard = False
    assert bench.run(30) == SetPoint(6.0, 3, bench.set.why)
    bench.heard = True
    assert bench.run(2) == SetPoint(16.0, 3, bench.set.why)
    bench.heard, bench.car = False, Car("spring", 26.8, phases=1)
    assert bench.run(2) == SetPoint(6.0, 1, bench.set.why)  # another car has only one


def test_the_owners_words_win() -> None:
    """Boost, pause, and an order with a time."""
    bench = Bench(soc_pct=70.0, wish=Wish(Mode.BOOST), target_kw=2.5)
    assert bench.run(1).current_a == 16.0
    bench.wish = Wish(Mode.PAUSE)
    assert bench.run(1).current_a == 0.0
    bench.wish = Wish(Mode.CHARGE, 90.0)
    bench.run(900)
    assert bench.set.current_a > 0
    assert bench.set.why.startswith("q4 must be at 90 %, as you said")


def test_a_guest_charges_under_the_peak() -> None:
    """Nobody knows whose it is: as fast as the month peak allows."""
    bench = Bench(car=None, soc_pct=None, target_kw=3.0)
    bench.run(900)
    assert 1.8 < bench.power_kw <= 2.5
    assert bench.set.why.startswith("a guest charges under the month peak")
    decision = bench.second()
    assert [car.name for car in decision.need(bench.now).cars] == ["guest on main"]


def test_a_sleeping_car_is_woken_and_then_left_alone() -> None:
    """Three short pauses, then the owner is told and it is tried again in an hour."""
    bench = Bench(wish=Wish(Mode.CHARGE, 90.0), takes=False)
    points = [point.current_a for point in bench.seconds(1200)]
    naps = sum(a > 0 and b == 0 for a, b in pairwise(points))
    assert naps == 4
    assert "takes no power" in bench.set.why
    assert bench.run(1800).current_a == 0.0
    bench.takes = True
    assert bench.run(1900).current_a > 0


def test_the_owners_word_is_tried_at_once_with_a_car_that_refused() -> None:
    """He has just changed the car's own timer: no waiting for the rest of the hour."""
    bench = Bench(now=NIGHT, takes=False, wish=Wish(Mode.CHARGE, 90.0))
    bench.run(1200)
    assert "takes no power" in bench.set.why
    bench.wish = Wish(Mode.BOOST)
    bench.second()
    assert (bench.set.current_a, bench.set.phases) == (16.0, 3)


def test_an_order_ends_an_hour_after_its_time() -> None:
    """Like a trip's: the car has not left, so nobody waits for it, and nothing costs peak."""
    by = NIGHT + timedelta(minutes=10)
    bench = Bench(now=NIGHT, target_kw=2.5, wish=Wish(Mode.CHARGE, 100.0, by))
    bench.run(1200)
    assert bench.power_kw > 7.0
    bench.now = by + timedelta(minutes=59)
    bench.run(1)
    assert "as you said" in bench.set.why
    bench.run(300)
    assert "as you said" not in bench.set.why
    assert bench.power_kw < 2.5


def test_a_clock_that_is_set_back_delays_no_fall() -> None:
    """Ours ran ahead: what was told "in an hour" counts as told now."""
    bench = Bench(now=NIGHT, target_kw=4.0, wish=Wish(Mode.CHARGE, 100.0))
    before = bench.run(300)
    assert bench.power_kw > 2.5
    bench.now -= timedelta(hours=1)
    bench.house_kw = 1.9
    fallen = bench.run(60)
    assert 6.0 <= fallen.current_a < before.current_a


def test_a_car_that_takes_less_is_planned_at_what_it_takes() -> None:
    """A car of 10 A on one phase for a trip needs longer, and starts over the peak in time."""
    slow = Bench(now=NIGHT, soc_pct=60.0, trips=(trip(9, 80, NIGHT),))
    slow.car = Car("q4", 77.0, most_a=10.0, phases=1)
    slow.run(120)
    assert slow.power_kw == pytest.approx(2.3)


def test_the_need_says_it_all() -> None:
    """What dm plans with: energy, deadline, powers, urgency."""
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
    """`least_idle_min` of config.py, for a car on its cable and one away."""
    bench = Bench(rules=Rules(idle_s=1800.0))
    assert bench.second().need(bench.now).cars[0].least_idle_s == 1800.0


def test_a_car_that_is_home_early_is_there_for_dm_too() -> None:
    """Its calendar says away until the evening: on the cable it may have the sun now."""
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
    assert bench.set.why == "no car on the cable"
    assert decision.need(bench.now).cars == ()


def test_the_diary_tells_a_stay() -> None:
    """Came, waits, left."""
    bench = Bench(now=NOON, soc_pct=60.0)
    bench.run(5)
    bench.plugged = False
    bench.run(5)
    assert bench.diary[0] == "q4 is on main at 60 %"
    assert bench.diary[1].startswith("q4 has no trip: waiting for the cheapest hours")
    assert bench.diary[2:] == ["q4 left main"]


def test_the_diary_says_once_what_a_car_wants() -> None:
    """An oven comes and goes: why it stops and charges, in a line that fits a small screen."""
    bench = Bench(now=NIGHT, soc_pct=50.0, trips=(trip(9, 70.0, NIGHT),))
    bench.run(120)
    bench.house_kw = 6.0
    bench.run(300)
    bench.house_kw = 0.4
    bench.run(1200)
    came, waits, starts, stopped, again = bench.diary
    assert came.startswith("q4 is on main")
    assert waits.startswith("q4 must be at 70 %")
    assert starts.startswith("q4 charges: in the cheapest hours")
    assert stopped.startswith("q4 stopped: ")
    assert again.startswith("q4 charges: in the cheapest hours")
    assert len(stopped) < 72


def test_a_car_that_cannot_wait_asks_the_battery_for_what_the_quarter_does_not_leave() -> None:
    """Below 20 % it takes 11 kW where 4 kW is paid for; in the cheap hours it asks nothing."""
    nearly_empty = Bench(soc_pct=12.0, target_kw=4.0)
    nearly_empty.run(120)
    asked = nearly_empty.second().need(nearly_empty.now).help_kw
    assert 5.0 < asked <= nearly_empty.power_kw
    patient = Bench(now=NIGHT, soc_pct=50.0)
    patient.run(120)
    assert patient.second().need(patient.now).help_kw == 0.0
