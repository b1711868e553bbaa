"""Identification of the car on a charger, with a sentence that gives the reason."""

from hypothesis import given
from hypothesis import strategies as st

from ev.facts import Car, Trip
from ev.identify import identify
from ev.vehicle import Said, Vehicle, heard
from tests.ev.cars.factories import Q4, SPRING, ZOE, after, says, session


def vehicle(car: Car, *statuses: object) -> Vehicle:
    known = Vehicle(car=car)
    for status in statuses:
        known = heard(known, status)  # type: ignore[arg-type]
    return known


def test_the_one_car_that_says_so() -> None:
    cars = [vehicle(Q4, says("q4", 2, plugged=True)), vehicle(ZOE)]
    found = identify(session(0.1), cars)
    assert (found.car, found.why) == (
        "q4",
        "q4: says it was plugged in at this time, charges on three phases",
    )


def test_a_word_from_before_the_plug_in_does_not_count() -> None:
    """A sleeping car still reports that it charges; the other car has not reported yet."""
    cars = [vehicle(Q4, says("q4", -600, plugged=True, charging=True)), vehicle(ZOE)]
    found = identify(session(2.0), cars)
    assert (found.car, found.why) == (None, "it may be q4 or zoe: say which it is")
    assert found.asked


def test_two_cars_that_claim_the_cable() -> None:
    """Neither is accepted without more evidence: the owner is asked, and the car charges as a
    guest.
    """
    cars = [
        vehicle(Q4, says("q4", 2, plugged=True)),
        vehicle(ZOE, says("zoe", 3, plugged=True)),
    ]
    found = identify(session(0.1), cars)
    assert found.car is None
    assert found.why == "it may be q4 or zoe: say which it is"


def test_two_claims_are_settled_by_the_soc_that_rises() -> None:
    """One car is plugged in at work; only the SoC of the other follows the charged energy."""
    cars = [
        vehicle(
            Q4,
            says("q4", 2, plugged=True, soc_pct=50.0),
            says("q4", 60, soc_pct=63.0),
        ),
        vehicle(
            ZOE,
            says("zoe", 3, plugged=True, soc_pct=50.0),
            says("zoe", 60, soc_pct=50.0),
        ),
    ]
    found = identify(session(1.0), cars)
    assert found.car == "q4"
    assert "rose 13 % with" in found.why


def test_a_soc_that_does_not_rise_speaks_against_the_only_car() -> None:
    """A visitor charges while the household's car is asleep in the street."""
    cars = [vehicle(Q4, says("q4", 2, soc_pct=50.0), says("q4", 59, soc_pct=50.0))]
    assert identify(session(0.0), cars).car == "q4"
    found = identify(session(1.0), cars)
    assert (found.car, found.why) == (
        None,
        "a guest: q4: did not rise with the 10.4 kWh charged",
    )


def test_the_owners_answer_wins_until_unplug() -> None:
    cars = [vehicle(Q4, says("q4", 2, plugged=True)), vehicle(ZOE)]
    word = Said("zoe", after(1), "owner")
    assert identify(session(0.1), cars, said=word).car == "zoe"
    guest = identify(session(0.1), cars, said=Said("guest", after(1), "owner"))
    assert (guest.car, guest.why) == (None, "the owner says it is guest")


def test_yesterdays_command_has_expired() -> None:
    cars = [vehicle(Q4), vehicle(ZOE, says("zoe", 62, plugged=True))]
    word = Said("q4", after(1), "owner")
    assert identify(session(0.1, start=60), cars, said=word).car == "zoe"


def test_a_claim_from_another_charging_point_is_seen_through() -> None:
    """A car correctly reports that it is plugged in, but at work: its SoC does not follow the
    charged energy."""
    cars = [
        vehicle(Q4, says("q4", 2, plugged=True, soc_pct=50.0), says("q4", 60, soc_pct=51.0)),
        vehicle(ZOE, says("zoe", -1, soc_pct=20.0), says("zoe", 58, soc_pct=43.0)),
    ]
    assert identify(session(1.0), cars).car == "zoe"


def test_the_only_car_needs_no_proof() -> None:
    found = identify(session(0.0), [vehicle(Q4)])
    assert (found.car, found.why) == ("q4", "q4: the only car of the household")


def test_a_car_that_says_it_is_not_plugged_in_is_not_it() -> None:
    found = identify(session(0.1), [vehicle(Q4, says("q4", 3, plugged=False))])
    assert (found.car, found.why) == (None, "a guest: q4: says it is not plugged in")


def test_three_phases_are_not_a_one_phase_car() -> None:
    found = identify(session(0.1), [vehicle(SPRING)])
    assert (found.car, found.why) == (None, "a guest: spring: cannot charge on 3 phases")


def test_phases_and_current_are_a_fingerprint() -> None:
    """One phase at 16 A of 32 A offered excludes three-phase cars and the 32 A car."""
    slow = Car(name="twizy", capacity_kwh=6.1, most_a=10.0, phases=1)
    cars = [vehicle(Q4), vehicle(slow), vehicle(ZOE)]
    stay = session(0.1, 2.3, set_a=16.0, currents_a=(10.1, 0.0, 0.0))
    found = identify(stay, cars)
    assert found.car == "twizy"
    assert found.why == "twizy: charges on one phase, takes 10 A"


def test_arrival_and_calendar_tell() -> None:
    """The car reported on its arrival, and its trip was due to end."""
    back = Trip(
        car="zoe", departure=after(-300), back=after(-5), target_pct=80.0, title="Ghent", why=""
    )
    away = Trip(
        car="q4", departure=after(-300), back=after(300), target_pct=80.0, title="Paris", why=""
    )
    cars = [vehicle(Q4), vehicle(ZOE, says("zoe", -1, soc_pct=30.0))]
    found = identify(session(0.0), cars, trips=[back, away])
    assert found.car == "zoe"
    assert found.why == "zoe: sent data when the cable was plugged in, was due back from Ghent"


def test_a_car_on_another_charger_is_not_on_this_one() -> None:
    cars = [vehicle(Q4), vehicle(ZOE)]
    assert identify(session(0.0), cars, elsewhere={"q4": True, "zoe": True}).why == (
        "a guest: none of the cars is free"
    )


def test_a_house_without_cars_has_guests() -> None:
    assert identify(session(0.0), []).car is None


@given(
    words=st.lists(
        st.tuples(
            st.sampled_from([Q4, ZOE, SPRING]),
            st.floats(-600, 60),
            st.none() | st.booleans(),
            st.none() | st.floats(1, 100),
        ),
        max_size=8,
    )
)
def test_there_is_always_an_answer_with_a_note(
    words: list[tuple[Car, float, bool | None, float | None]],
) -> None:
    """The result is one car of the house or a guest, whatever the clouds report and in any order
    of cars.
    """
    known = {car.name: Vehicle(car=car) for car in (Q4, ZOE, SPRING)}
    for car, minute, plugged, soc in words:
        status = says(car.name, minute, plugged=plugged, soc_pct=soc)
        known[car.name] = heard(known[car.name], status)
    found = identify(session(1.0), list(known.values()))
    assert found.car in {None, "q4", "zoe", "spring"}
    assert found.why
    assert identify(session(1.0), list(known.values())[::-1]).car == found.car
