"""A session holds the charging on one charger since the plug-in."""

import pytest

from base import messages
from ev.cost import FromBattery, eur_kwh, from_battery
from ev.facts import ChargerPhase
from ev.session import Draw, Session, energy_at, folded
from tests.ev.cars.factories import NOW, after, looks, session, state


def fold(*states: object) -> Session | None:
    found: Session | None = None
    for one in states:
        found = folded(found, one, watched=True)  # type: ignore[arg-type]
    return found


def test_it_begins_with_the_car_and_ends_without() -> None:
    begun = fold(state(0))
    assert begun is not None
    assert begun.since == NOW
    assert begun.seen
    assert folded(begun, state(1, phase=ChargerPhase.STANDBY), watched=True) is None


def test_a_car_that_hung_there_already_was_not_seen_coming() -> None:
    """After a restart the plug-in time is only an upper bound."""
    begun = folded(None, state(0, 5.3), watched=False)
    assert begun is not None
    assert not begun.seen
    assert begun.energy_kwh == 5.3


@pytest.mark.parametrize("phase", [ChargerPhase.ERROR, ChargerPhase.UNKNOWN])
def test_an_error_or_silence_is_no_unplugging(phase: ChargerPhase) -> None:
    begun = fold(state(0))
    assert folded(begun, state(1, phase=phase), watched=True) is begun


def test_a_counter_that_falls_is_another_car() -> None:
    """The car left and another arrived between two observations."""
    both = fold(state(0, 0.0), state(10, 8.0), state(20, 0.1))
    assert both is not None
    assert both.since == after(20)
    assert both.energy_kwh == 0.1


def test_without_a_counter_power_and_time_count() -> None:
    both = fold(state(0, None, power_kw=6.0), state(1, None, power_kw=6.0))
    assert both is not None
    assert both.energy_kwh == pytest.approx(0.1)


def test_a_gap_without_a_counter_counts_a_minute_at_most() -> None:
    both = fold(state(0, None, power_kw=6.0), state(600, None, power_kw=6.0))
    assert both is not None
    assert both.energy_kwh == pytest.approx(0.1)


def test_what_it_cost_grows_by_the_price_of_the_moment() -> None:
    """The cost stays unknown after a missing price, or if the car was plugged in before the
    start."""
    dear = folded(fold(state(0, 0.0)), state(5, 1.0), watched=True, eur_kwh=0.3)
    cheap = folded(dear, state(10, 3.0), watched=True, eur_kwh=0.1)
    assert cheap is not None
    assert cheap.eur == pytest.approx(0.5)
    unknown = folded(cheap, state(15, 4.0), watched=True)
    again = folded(unknown, state(20, 5.0), watched=True, eur_kwh=0.1)
    assert again is not None
    assert again.eur is None
    late = folded(None, state(0, 5.3), watched=False)
    assert late is not None
    assert late.eur is None


def test_energy_of_the_battery_is_listed_with_its_value() -> None:
    """Battery energy is valued at the current rate and averaged over the stay."""
    none = folded(fold(state(0, 0.0)), state(5, 1.0), watched=True, eur_kwh=0.3)
    assert none is not None
    assert none.battery_eur_kwh is None
    half = FromBattery(0.5, 0.30)
    first = folded(none, state(10, 3.0), watched=True, eur_kwh=0.3, battery=half)
    whole = FromBattery(1.0, 0.40)
    second = folded(first, state(15, 4.0), watched=True, eur_kwh=0.4, battery=whole)
    assert second is not None
    assert second.battery_kwh == pytest.approx(2.0)
    assert second.battery_eur_kwh == pytest.approx(0.35)
    assert second.eur == pytest.approx(0.3 + 0.6 + 0.4)


@pytest.mark.parametrize(
    ("offtake_kw", "discharging_kw", "share"),
    [(0.0, 2.0, 0.5), (3.0, 2.0, 0.25), (5.0, 2.0, 0.0), (0.0, 9.0, 1.0), (1.0, None, 0.0)],
)
def test_the_grid_comes_before_the_battery(
    offtake_kw: float, discharging_kw: float | None, share: float
) -> None:
    """Of 4 kW into cars, offtake on the meter counts first, then the battery's discharge."""
    told = messages.House.model_construct(
        offtake_kw=offtake_kw, price_offtake_eur_kwh=0.30, discharging_kw=discharging_kw
    )
    assert from_battery(told, 4.0).share == pytest.approx(share)


@pytest.mark.parametrize(
    ("offtake_kw", "injection_kw", "eur"),
    [(5.0, 0.0, 0.30), (0.0, 2.0, 0.05), (1.0, 0.0, 0.1125), (None, None, None)],
)
def test_a_kwh_costs_what_the_grid_asks_and_what_the_sun_would_have_earned(
    offtake_kw: float | None, injection_kw: float | None, eur: float | None
) -> None:
    """A car draws 4 kW: offtake on the meter is attributed to it, the rest is solar."""
    house = messages.House.model_construct(
        offtake_kw=offtake_kw,
        injection_kw=injection_kw,
        price_offtake_eur_kwh=0.30,
        price_injection_eur_kwh=0.05,
        discharging_kw=None,
    )
    assert eur_kwh(house, 4.0) == (None if eur is None else pytest.approx(eur))


@pytest.mark.parametrize(("battery_kw", "eur"), [(0.0, 0.1125), (2.0, 0.2375), (9.0, 0.30)])
def test_what_the_battery_gives_costs_the_offtake_that_it_saves(
    battery_kw: float, eur: float
) -> None:
    """A car draws 4 kW at 1 kW of offtake: the battery's part is not solar."""
    house = messages.House.model_construct(
        offtake_kw=1.0,
        injection_kw=0.0,
        price_offtake_eur_kwh=0.30,
        price_injection_eur_kwh=0.05,
        discharging_kw=battery_kw,
    )
    assert eur_kwh(house, 4.0) == pytest.approx(eur)


def test_an_older_look_changes_nothing() -> None:
    begun = fold(state(5, 1.0), state(6, 1.2))
    assert folded(begun, state(3, 1.1), watched=True) is begun


def test_energy_at_any_moment_of_the_night() -> None:
    """Marks every five minutes date a late reading; nothing was charged before the plug-in."""
    night = session(hours=10, kw=6.0)
    assert energy_at(night, after(-60)) == 0
    assert energy_at(night, after(61)) == pytest.approx(6.1)
    assert energy_at(night, after(9999)) == pytest.approx(60.0)
    assert len(night.marks) == 121


def test_a_car_that_takes_less_than_offered_is_learned() -> None:
    one = session(0.1, 3.7, set_a=32.0, currents_a=(16.1, 0.0, 0.0))
    assert one.draw == Draw(phases=1, most_a=16.1)


def test_a_car_that_takes_what_it_gets_shows_no_limit() -> None:
    assert session(0.1, set_a=16.0).draw == Draw(phases=3, most_a=None)


def test_on_one_phase_nothing_is_learned_about_three() -> None:
    one = session(0.1, 3.7, phases=1, currents_a=(15.9, 0.0, 0.0))
    assert one.draw.phases is None


def test_a_limit_is_forgotten_when_the_car_takes_more() -> None:
    slow = session(0.1, set_a=16.0, currents_a=(9.0, 9.0, 9.0))
    assert slow.draw.most_a == 9.0
    for minute in (10, 11, 12):
        slow = folded(slow, state(minute, 2.0), watched=True) or slow
    assert slow.draw.most_a is None


def test_a_limit_not_met_for_a_while_is_forgotten() -> None:
    """A cold car that is offered only its earlier current could never show that it accepts more
    now.
    """
    slow = session(0.1, set_a=16.0, currents_a=(9.0, 9.0, 9.0))
    for minute in range(7, 30):
        slow = (
            folded(slow, state(minute, 2.0, set_a=9.0, currents_a=(9.0,) * 3), watched=True) or slow
        )
        assert slow.draw.most_a == (9.0 if minute <= 21 else None)
    assert slow.draw.phases == 3


def test_the_ramp_of_a_new_set_point_teaches_nothing() -> None:
    first = fold(state(0), state(0.2, currents_a=(7.0, 7.0, 7.0)))
    assert first is not None
    assert first.draw.most_a is None


def test_every_look_is_one_step_of_memory() -> None:
    """A week on the charger keeps a bounded number of marks."""
    found = None
    for look in looks(24 * 3, 1.0, 0.0):
        found = folded(found, look, watched=True)
    assert found is not None
    assert len(found.marks) <= 300
