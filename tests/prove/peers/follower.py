"""A home that follows another planner, asked every two hours with the same facts as ours."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from backtest.ours import Ours
from backtest.plant import View
from backtest.world import Floats, World
from tests.prove.peers.question import HORIZON, Answer, Question, Task, question

EVERY = 8
Planner = Callable[[Question], Answer | None]
"""None where there is no plan: the last one continues."""


class Follower:
    """Cars draw the planned power; the battery holds the planned power of the grid, or its own."""

    def __init__(
        self, world: World, planner: Planner, *, end_share: float = 0.5, held: bool = False
    ) -> None:
        """`held`: the battery keeps the planned set-point, whatever the house draws."""
        self.facts, self.planner, self.held = Ours(world), planner, held
        self.end_share = end_share
        self.plan: Answer | None = None
        self.tasks: tuple[int, ...] = ()
        self.since = 0
        self.failed = 0
        self.took_s: list[float] = []

    def decide(self, view: View) -> tuple[float, list[float]]:
        if view.left_s >= 900.0:
            self.facts.learn(view)
            if not view.quarter % EVERY or self.plan is None:
                self._ask(view)
        at, plan = view.quarter - self.since, self.plan
        cars_kw = [0.0] * len(view.cars)
        net_kw = view.load_kw - view.solar_kw
        if plan is None or at >= HORIZON:
            return -net_kw, cars_kw
        for car, kw in zip(self.tasks, plan.tasks_kw, strict=True):
            cars_kw[car] += float(kw[at]) if view.cars[car].plugged else 0.0
        if self.held:
            return float(plan.battery_kw[at]), cars_kw
        return float(plan.grid_kw[at]) - net_kw - sum(cars_kw), cars_kw

    def _ask(self, view: View) -> None:
        asked = question(self.facts, view, self.end_share)
        answer = self.planner(asked)
        if answer is None:
            self.failed += 1
            return
        tasks = zip(answer.tasks_kw, asked.tasks, strict=True)
        self.plan = replace(answer, tasks_kw=tuple(possible(kw, task) for kw, task in tasks))
        self.tasks, self.since = tuple(task.car for task in asked.tasks), view.quarter
        self.took_s.append(answer.took_s)


def possible(planned_kw: Floats, task: Task) -> Floats:
    """The planned power as a charger can give it: power below its minimum is moved to later
    quarters of the stay, until it is enough.
    """
    kw, saved = np.zeros(len(planned_kw)), 0.0
    for at in range(task.first, min(task.last, len(kw))):
        saved += float(planned_kw[at])
        if saved >= task.least_kw:
            kw[at] = min(saved, task.most_kw)
            saved -= kw[at]
    return kw
