"""A set-point becomes the next command: decreases at once, slow increases, safe phase switching."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ev.chargers.command_steps import Known, Limits, Pace, Told, capped_a, fitted_a, next_step
from ev.chargers.command_tracker import CommandTracker
from ev.facts import ChargerPhase
from tests.ev.chargers.factories import point

PACE = Pace()
AT_16_A = Told(16.0, paused=False, phases=3)
PAUSED = Told(16.0, paused=True, phases=3)


def known(
    told: Told,
    *,
    used: int = 3,
    idle: bool = False,
    can_switch: bool = True,
    wrote_at: float = -math.inf,
    switched_at: float = -math.inf,
) -> Known:
    return Known(
        told=told,
        limits=Limits(16.0, 3),
        used_phases=used,
        idle=idle,
        can_switch=can_switch,
        wrote_at=wrote_at,
        switched_at=switched_at,
    )


def test_a_decrease_is_sent_at_once() -> None:
    assert next_step(point(6.0), known(AT_16_A, wrote_at=99.9), PACE, 100.0) == Told(6.0)


def test_a_rise_waits_ten_seconds_after_any_write() -> None:
    at_6_a = known(Told(6.0, paused=False, phases=3), wrote_at=95.0)
    assert next_step(point(16.0), at_6_a, PACE, 104.9) is None
    assert next_step(point(16.0), at_6_a, PACE, 105.0) == Told(16.0)


def test_a_change_below_half_an_ampere_is_not_sent() -> None:
    assert next_step(point(15.6), known(AT_16_A), PACE, 0.0) is None
    assert next_step(point(15.5), known(AT_16_A), PACE, 0.0) == Told(15.5)


@pytest.mark.parametrize("current_a", [0.0, 5.9, -3.0, math.nan])
def test_below_6_amperes_is_a_pause(current_a: float) -> None:
    assert next_step(point(current_a), known(AT_16_A), PACE, 0.0) == Told(paused=True)
    assert next_step(point(current_a), known(PAUSED), PACE, 0.0) is None


def test_to_resume_is_a_rise_and_one_write() -> None:
    assert next_step(point(8.04), known(PAUSED, wrote_at=0.0), PACE, 9.0) is None
    assert next_step(point(8.04), known(PAUSED, wrote_at=0.0), PACE, 10.0) == Told(8.0, False)


@pytest.mark.parametrize(
    ("asked_a", "told_a"), [(20.0, 16.0), (10.04, 10.0), (9.99, 9.9), (6.0, 6.0), (math.inf, 16.0)]
)
def test_a_current_is_cut_to_the_limit_and_to_a_tenth(asked_a: float, told_a: float) -> None:
    """Currents are rounded down, so that a grant is never exceeded."""
    assert capped_a(asked_a, Limits(16.0, 3)) == told_a


def test_after_a_lost_write_all_of_the_set_point_is_sent_at_once() -> None:
    """A charger in an unknown state may be at its highest current."""
    lost = AT_16_A.without(Told(6.0)).without(Told(paused=True))
    assert next_step(point(6.0), known(lost, wrote_at=100.0), PACE, 100.0) == Told(6.0, False)
    assert next_step(point(0.0), known(lost, wrote_at=100.0), PACE, 100.0) == Told(paused=True)


def test_phases_are_switched_in_the_safe_sequence() -> None:
    """The sequence is: pause, wait until charging stops, switch, wait ten seconds, resume."""
    wanted = point(10.0, 1)
    assert next_step(wanted, known(AT_16_A), PACE, 0.0) == Told(paused=True)
    assert next_step(wanted, known(PAUSED, wrote_at=0.0), PACE, 8.0) is None
    idle = known(PAUSED, idle=True, wrote_at=0.0)
    assert next_step(wanted, idle, PACE, 8.0) == Told(phases=1)
    one = Told(16.0, paused=True, phases=1)
    switched = known(one, used=1, idle=True, wrote_at=8.0, switched_at=8.0)
    assert next_step(wanted, switched, PACE, 17.9) is None
    assert next_step(wanted, switched, PACE, 18.0) == Told(10.0, False)


def test_until_a_switch_is_due_the_power_is_kept_to_what_was_meant() -> None:
    """1 x 24 A becomes 3 x 8 A; 1 x 10 A is below the minimum of three phases, so the car
    pauses."""
    soon = known(AT_16_A, switched_at=0.0)
    big = Known(
        told=Told(16.0, False, 3),
        limits=Limits(32.0, 3),
        used_phases=3,
        idle=False,
        can_switch=True,
        wrote_at=-math.inf,
        switched_at=0.0,
    )
    assert next_step(point(24.0, 1), big, PACE, 599.0) == Told(8.0)
    assert next_step(point(10.0, 1), soon, PACE, 599.0) == Told(paused=True)
    assert next_step(point(24.0, 1), big, PACE, 600.0) == Told(paused=True)


def test_fewer_phases_than_meant_do_not_raise_the_current() -> None:
    one = known(Told(6.0, False, 1), used=1, switched_at=0.0)
    assert next_step(point(6.0, 3), one, PACE, 10.0) is None


def test_a_one_phase_car_is_never_switched_for() -> None:
    """This holds for set-points on the one phase that it uses and on three."""
    for phases in (1, 3):
        assert next_step(point(16.0, phases), known(AT_16_A, used=1), PACE, 0.0) is None


def test_a_one_phase_car_charges_where_phases_cannot_be_switched() -> None:
    """The charger uses three phases; a set-point for one phase means that the car is known."""
    stands = known(PAUSED, used=3, idle=True, can_switch=False)
    assert next_step(point(16.0, 1), stands, PACE, 0.0) == Told(16.0, False)


@given(
    st.floats(), st.integers(1, 3), st.integers(1, 3), st.booleans(),
    st.floats(0, 32), st.floats(0, 1e4), st.booleans(),
)  # fmt: skip
def test_never_more_than_was_granted(
    asked_a: float, asked_phases: int, used: int, paused: bool, most_a: float, now: float, can: bool
) -> None:
    """No step writes a current between 0 and 6 A or above set-point or limit, nor more power
    than the set-point while phases can still be switched. The starting state is arbitrary."""
    told = Told(16.0, paused, used)
    stands = Known(
        told=told,
        limits=Limits(most_a, 3),
        used_phases=used,
        idle=True,
        can_switch=can,
        wrote_at=0.0,
        switched_at=0.0,
    )
    step = next_step(point(asked_a, asked_phases), stands, PACE, now)
    if step is not None and step.current_a is not None:
        assert 6.0 <= step.current_a <= min(asked_a, most_a) + 1e-6
        assert not can or step.current_a * used <= asked_a * asked_phases + 1e-6
        assert step.current_a == fitted_a(point(asked_a, asked_phases), stands)


def teller_at_16_a() -> CommandTracker:
    teller = CommandTracker(32.0, PACE, switches_phases=True)
    teller.learn(16.0, 3)
    teller.see(ChargerPhase.CHARGING, 3, AT_16_A, 0.0)
    return teller


def test_the_old_word_of_a_charger_does_not_undo_its_echo() -> None:
    """Its /control lags two seconds behind; it is used again after five seconds."""
    teller = teller_at_16_a()
    teller.heard(Told(6.0), Told(6.0), 10.0)
    teller.see(ChargerPhase.CHARGING, 3, AT_16_A, 12.0)
    assert teller.told.current_a == 6.0
    teller.see(ChargerPhase.CHARGING, 3, AT_16_A, 18.0)
    assert teller.told.current_a == 16.0


def test_no_phases_while_it_switches_is_not_believed() -> None:
    teller = teller_at_16_a()
    teller.see(ChargerPhase.CONNECTED, None, Told(16.0, False, None), 100.0)
    assert teller.told.phases == 3


def test_a_pause_that_is_not_kept_is_sent_again() -> None:
    """Some chargers start at the plug-in although paused: the measured current decides, not the
    reported state."""
    teller = teller_at_16_a()
    teller.wanted = point(0.0)
    teller.heard(Told(paused=True), Told(paused=True), 10.0)
    teller.see(ChargerPhase.CHARGING, 3, PAUSED, 39.0)
    assert teller.next_step(39.0) is None
    teller.see(ChargerPhase.CHARGING, 3, PAUSED, 40.0)
    assert teller.next_step(40.0) == Told(paused=True)


def test_it_is_read_two_and_eight_seconds_after_a_write_then_each_ten() -> None:
    teller = teller_at_16_a()
    teller.heard(Told(6.0), Told(6.0), 101.0)
    assert teller.due_at(100.0, 0) == 103.0
    assert teller.due_at(103.0, 0) == 109.0
    assert teller.due_at(109.0, 0) == 119.0


def test_what_does_not_answer_is_asked_ever_later() -> None:
    teller = teller_at_16_a()
    assert [teller.due_at(100.0, failures) for failures in (1, 2, 3, 9)] == [110, 120, 130, 130]


def test_a_charger_that_keeps_an_old_set_point_is_set_again() -> None:
    teller = teller_at_16_a()
    teller.wanted = point(6.0)
    step = teller.next_step(10.0)
    assert step == Told(6.0)
    teller.heard(step, Told(16.0), 10.0)
    assert teller.trouble == "was set to 6.0 A and stays at 16.0 A, 3 phases."
    assert teller.next_step(11.0) is None
    assert teller.next_step(12.0) == Told(6.0)


def test_a_refused_switch_is_tried_again_with_the_next_car_only() -> None:
    teller = teller_at_16_a()
    teller.refused(Told(phases=1), "does not switch phases.", 0.0)
    assert not teller.can_switch
    assert "does not switch" in teller.notice
    teller.see(ChargerPhase.STANDBY, None, PAUSED, 900.0)
    assert teller.can_switch
