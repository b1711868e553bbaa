"""The demand-rate planner plans a home's day; the charger follows it within its limits."""

import numpy as np
import pytest

from backtest.bound import clairvoyant
from backtest.plant import live, share_of
from backtest.rules import uncontrolled
from tests.plan.test_plan_backtest import world
from tests.prove.peers.demand_rate import demand_rate
from tests.prove.peers.follower import Follower, possible
from tests.prove.peers.question import Answer, Question, Task


def task(kwh: float = 2.0) -> Task:
    return Task(car=0, first=2, last=8, kwh=kwh, most_kw=11.0, least_kw=1.4)


def test_power_below_the_minimum_is_combined() -> None:
    planned = np.array([0.0, 0.0, 0.8, 0.8, 0.8, 2.0, 0.0, 0.0])
    given = possible(planned, task())
    assert given.tolist() == pytest.approx([0, 0, 0, 1.6, 0, 2.8, 0, 0])


def test_the_demand_rate_program_saves_most_of_what_can_be_saved() -> None:
    pytest.importorskip("highspy")
    home = world()
    follower = Follower(home, demand_rate)
    outcome = live(home, follower, "", lambda _: None)
    none = live(home, uncontrolled(home), "", lambda _: None)
    assert outcome.missed_trips == 0
    assert 70.0 < share_of(outcome, none, clairvoyant(home).cost_eur) < 100.01
    assert len(follower.took_s) == home.quarters / 8


def test_without_a_plan_the_last_one_goes_on_and_it_is_counted() -> None:
    pytest.importorskip("highspy")
    asked: list[Question] = []

    def once(question: Question) -> Answer | None:
        asked.append(question)
        return demand_rate(question) if len(asked) == 1 else None

    home = world()
    follower = Follower(home, once)
    live(home, follower, "", lambda _: None)
    assert follower.failed == len(asked) - 1 == home.quarters / 8 - 1
    assert {len(each.tasks) for each in asked} == {2}
