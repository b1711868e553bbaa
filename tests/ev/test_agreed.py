"""While dm grants, ev shows and tells dm's plan; the owner's word on what a trip may cost."""

from datetime import timedelta

import pytest

from base import messages
from ev.facts import Trip
from ev.plan import planned
from tests.ev.factories import EVENING, Bench
from tests.ev.test_charge_plan import ABLE, slots

LEAVES = EVENING + timedelta(hours=13)
CHOICE = messages.Choice(
    peer="ev", car="q4", leaves=LEAVES, over_kw=1.2, eur=5.24, lacks_kwh=9.4, without_pct=59.0
)


def granted(*choices: messages.Choice) -> Bench:
    """A car that must be at 66 %, in a house whose dm plans 2 kW from 22:00 on."""
    kws = (0.0,) * 20 + (2.0,) * 28 + (0.0,) * 144
    return Bench(
        soc_pct=50.0,
        trips=(Trip("q4", LEAVES, LEAVES + timedelta(hours=9), 66.0, "Antwerp", ""),),
        grant=messages.Grant(kw=0.0, until=EVENING + timedelta(days=1), why="it waits"),
        outlook=messages.Outlook(
            start=EVENING, buy_eur_kwh=(0.25,) * 192, sell_eur_kwh=(0.05,) * 192,
            plan_kw={"q4": kws}, choices=choices,
        ),
    )  # fmt: skip


def test_with_a_grant_the_plan_is_dms() -> None:
    """Its hours and its money, not those ev would have found alone."""
    bench = granted()
    bench.run(3)
    plan = bench.memory.drives["main"].plan
    assert plan is not None
    assert plan.begins == EVENING + timedelta(hours=5)
    assert plan.deadline == LEAVES
    assert sum(plan.kws) / 4 == pytest.approx(14.0)
    assert plan.eur == pytest.approx(14.0 * 0.25)


def test_without_a_grant_ev_plans_itself_again() -> None:
    bench = granted()
    bench.run(3)
    bench.grant = None
    bench.run(3)
    plan = bench.memory.drives["main"].plan
    assert plan is not None
    assert plan.begins != EVENING + timedelta(hours=5)


def test_what_a_trip_costs_beyond_the_usual_is_in_the_diary_once() -> None:
    """Said in euro when dm says it, with what the car would leave with otherwise."""
    bench = granted(CHOICE)
    bench.run(60)
    told = [line for line in bench.diary if "5.24 EUR over the coming bills" in line]
    assert len(told) == 1
    assert "without it, it would be at" in told[0]


def test_refused_no_trip_lifts_the_peak() -> None:
    """24 kWh in 8 h is 3 kW: in a room of 2 the car leaves with 16."""
    plan = planned(slots([0.2] * 8), 24.0, ABLE, must=True, lifts=False)
    assert plan.over_kw == 0.0
    assert plan.missing_kwh == pytest.approx(8.0, abs=0.2)
