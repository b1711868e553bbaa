"""Limits how fast a set-point changes: decreases at once, increases slowly, few starts."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ev.charger_state import Control
from ev.electrical import STEP_A, Ability, best_phases, fitted_a, kw
from ev.grid_budget import GridBudget
from ev.inputs import Rules

STARTS_FREE = 3
"""After each such number of starts a day the rest after a stop grows by its own length."""


class Limit(StrEnum):
    """The limit that keeps a car below its full power."""

    NOTHING = ""
    BUDGET = "budget"
    REST = "rest"
    CALM = "calm"
    FUSE = "fuse"
    STARTS = "starts"


def moved(
    control: Control,
    budget: GridBudget,
    able: Ability,
    now: datetime,
    rules: Rules,
    *,
    rarely: bool,
) -> tuple[Control, float, Limit]:
    """The power of a car within the budget, and the limit on it.

    `rarely`: a later start costs nothing, so each start today lengthens the pause.
    """
    now_kw = control.now_kw if control.running else 0.0
    goal_kw = min(able.most_kw, budget.kw)
    limit = Limit.BUDGET if goal_kw < able.most_kw - kw(STEP_A, 1) else Limit.NOTHING
    if goal_kw < able.least_kw - 1e-6:
        return _calm(control, None), 0.0, Limit.BUDGET
    if goal_kw < now_kw + kw(STEP_A, 1):
        return _calm(control, None), goal_kw, limit
    calm_since = control.calm_since or now
    control = _calm(control, calm_since)
    if not control.running and (rests := _rests(control, now, rules, rarely=rarely)):
        return control, 0.0, rests
    if (now - calm_since).total_seconds() < rules.calm_s:
        return control, now_kw, Limit.CALM
    return control, goal_kw, limit


def _calm(control: Control, since: datetime | None) -> Control:
    return control if control.calm_since == since else replace(control, calm_since=since)


def _rests(control: Control, now: datetime, rules: Rules, *, rarely: bool) -> Limit:
    """The limit that forbids a start now, or NOTHING."""
    if rarely and control.starts >= rules.starts_a_day:
        return Limit.STARTS
    idle_s = rules.idle_s * (1 + control.starts // STARTS_FREE if rarely else 1)
    if control.stopped is not None and (now - control.stopped).total_seconds() < idle_s:
        return Limit.REST
    return Limit.NOTHING


def on_phases(
    control: Control,
    power_kw: float,
    budget: GridBudget,
    able: Ability,
    now: datetime,
    rules: Rules,
) -> tuple[float, int, Limit]:
    """Current (A) and phases for this power: rarely more phases, fewer at once, under the fuse."""
    told = control.before or control.set
    phases = best_phases(power_kw, able)
    if told.current_a > 0 and told.phases in able.phases and phases > told.phases:
        since = control.switched
        if since is not None and (now - since).total_seconds() < rules.switch_s:
            phases = told.phases
    current_a = fitted_a(power_kw, able, phases)
    if budget.fuse_a is not None and current_a > budget.fuse_a:
        current_a = STEP_A * int(max(0.0, budget.fuse_a) / STEP_A)
        return (current_a if current_a >= able.least_a(phases) else 0.0), phases, Limit.FUSE
    return current_a, phases, Limit.NOTHING
