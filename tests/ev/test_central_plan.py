"""The meter's plan for a car: its price is reported once, its alarm reported and withdrawn."""

from datetime import timedelta

import pytest

from base import messages
from ev.facts import Trip
from tests.ev.factories import EVENING, Bench, planned

LEAVES = EVENING + timedelta(hours=13)
TRIP = Trip(
    car="q4",
    departure=LEAVES,
    back=LEAVES + timedelta(hours=9),
    target_pct=66.0,
    title="Antwerp",
    why="",
)
FROM_22 = (0.0,) * 20 + (2.0,) * 28
CHOICE = messages.Choice(
    peer="ev", car="q4", leaves=LEAVES, over_kw=1.2, eur=5.24, lacks_kwh=9.4, without_pct=59.0
)


def waiting(*choices: messages.Choice, lacks_kwh: float = 0.0) -> Bench:
    """A car that needs 66 %, in a house whose meter plans 2 kW from 22:00 on."""
    ahead = planned(FROM_22, lacks_kwh=lacks_kwh, choices=choices)
    return Bench(soc_pct=50.0, trips=(TRIP,), granted_kw=0.0, outlook=ahead)


def test_the_plan_is_the_meters() -> None:
    """Its hours and costs are the meter's."""
    bench = waiting()
    (job,) = bench.second().jobs
    assert job.plan is not None
    assert job.plan.begins == EVENING + timedelta(hours=5)
    assert job.plan.deadline == LEAVES
    assert sum(job.plan.kws) / 4 == pytest.approx(14.0)
    assert job.plan.ready_at is not None
    assert job.plan.ready_at <= LEAVES
    assert job.plan.eur == pytest.approx(14.0 * 0.25)
    assert "waiting, planned from 23:00: by the plan" in bench.set.why


def test_without_a_plan_none_is_shown() -> None:
    bench = waiting()
    bench.outlook = None
    (job,) = bench.second().jobs
    assert job.plan is None
    assert bench.set.why.endswith(": waiting: by the plan")


def test_what_is_left_of_the_running_quarter_counts() -> None:
    """Ten minutes into a quarter of 3 kW, 0.25 kWh remain, not 0.75."""
    bench = Bench(soc_pct=50.0, trips=(TRIP,), outlook=planned((3.0,)))
    bench.now += timedelta(minutes=10)
    (job,) = bench.second().jobs
    assert job.plan is not None
    assert job.plan.eur == pytest.approx(0.25 * 0.25, abs=0.001)


def test_what_a_trip_costs_beyond_the_usual_is_in_the_log_once() -> None:
    """It is in euro, with the state of charge that the car would have otherwise."""
    bench = waiting(CHOICE)
    bench.run(60)
    told = [line for line in bench.diary if "5.24 EUR over the coming bills" in line]
    assert len(told) == 1
    assert "otherwise it would be at 59 %" in told[0]


def alarms(bench: Bench) -> list[str]:
    return [line for line in bench.diary if "be ready by" in line]


def test_an_alarm_follows_a_lasting_forecast_and_is_withdrawn() -> None:
    """A plan replaced within a minute raises no alarm; each alarm is reported once."""
    bench = waiting(lacks_kwh=4.0)
    bench.run(50)
    assert alarms(bench) == []
    bench.run(60)
    assert alarms(bench) == ["q4 cannot be ready by Fri 07:00: it will be at 61 %"]
    bench.outlook = planned(FROM_22, lacks_kwh=0.7)  # a small difference is not reported
    bench.run(200)
    bench.outlook = planned(FROM_22, lacks_kwh=0.0)
    bench.run(200)
    assert alarms(bench)[1:] == ["q4 can be ready by Fri 07:00 after all"]


@pytest.mark.parametrize("case", ["no plan", "no trip", "the old plan of another minute"])
def test_no_alarm_without_a_plan_that_says_so(case: str) -> None:
    """Only the plan knows the limits of house and prices, however little time is left."""
    bench = waiting(lacks_kwh=4.0)
    if case == "no plan":
        bench.outlook = None
    elif case == "no trip":
        bench.trips = ()
    else:
        bench.run(30)
        bench.outlook = planned(FROM_22)
    bench.run(300)
    assert alarms(bench) == []


def test_an_alarm_ends_with_the_departure() -> None:
    """The car left with the reported lower charge: nothing is withdrawn."""
    bench = waiting(lacks_kwh=4.0)
    bench.run(120)
    bench.plugged = False
    bench.run(60)
    assert len(alarms(bench)) == 1
