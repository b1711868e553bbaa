"""The request to the solver, and the part of its answer that is published."""

from collections.abc import Mapping

from apps.dm import house
from base import messages
from peak.months import Months
from plan.asking import Answer
from plan.assets import Assets
from plan.month import MonthPeak
from plan.schedule import Schedule

USUAL_EUR_KW = 4.5
"""Price of a kW of month peak for a rates.json without one, EUR. Flanders 2026: 4.33 to 5.04."""


def month_peak(now: house.House, eur_kw: float | None) -> MonthPeak | None:
    """Month peak paid so far and the price of more; None before the first telegram.

    Where peaks are not billed, the capacity of the connection counts as paid.
    """
    months = now.peaks.months
    if months.end is None:
        return None
    free_kw = house.carried_kw(now) if now.peak_is_free else 0.0
    return MonthPeak(
        end=months.end,
        peak_kw=float(months.running.kw) if months.running else 0.0,
        floor_kw=max(float(months.floor_kw), free_kw),
        eur_kw=USUAL_EUR_KW if eur_kw is None else eur_kw,
        typical_kw=_typical_kw(months),
        ceiling_kw=now.rules.ceiling_kw,
    )


def _typical_kw(months: Months) -> float:
    """Month peak of this home in the month before, kW; 0 when it is not known."""
    past = [row for row in months.rows if months.month is None or row.month < months.month]
    return float(past[-1].kw) if past else 0.0


def material(needs: Mapping[str, messages.Need], held: Assets) -> object:
    """The parts of the needs that require a new plan; charging as planned does not."""
    return held.material, sorted((name, need.choice) for name, need in needs.items())


def with_plan(base: messages.Outlook, answer: Answer | None) -> messages.Outlook:
    """The outlook with the future part of the answer."""
    if answer is None or (skipped := answer.plan.quarter(base.start)) is None:
        return base
    plan, count = answer.plan, len(base.buy_eur_kwh)
    names = [name for _, name in plan.schedules]
    schedules = {
        name if names.count(name) == 1 else f"{peer} {name}": schedule
        for (peer, name), schedule in plan.schedules.items()
    }
    rest = slice(skipped, skipped + count)
    return base.model_copy(
        update={
            "load_kw": answer.load_kw[rest],
            "choices": tuple(each for each in answer.choices if each.leaves > base.start),
            "plan_kw": {
                name: tuple(map(float, schedule.kw[rest])) for name, schedule in schedules.items()
            },
            "assets": {name: _planned(schedule, skipped) for name, schedule in schedules.items()},
        }
    )


def _planned(schedule: Schedule, quarter: int) -> messages.PlannedAsset:
    """Additional statements of the plan about an asset in this quarter."""
    return messages.PlannedAsset(
        worth_eur_kwh=schedule.worth_eur_kwh[quarter],
        keep_kwh=schedule.keep_kwh[quarter] if schedule.keep_kwh else None,
        lacks_kwh=schedule.lacks_kwh,
    )
