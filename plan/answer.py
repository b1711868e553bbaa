"""Answers a request: forecasts the load, extends the outlook to a week, computes the plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import numpy as np

from base.language import phrase
from base.time import QUARTER
from plan import forecast
from plan.ahead import Ahead, ahead
from plan.asking import Answer, Question
from plan.assets import Assets, assets
from plan.choice import chosen
from plan.dynamic import dynamic
from plan.month import MonthPeak
from plan.optimise import optimise
from plan.program import Floats, NoSolverError
from plan.reserve import reserve_kwh
from plan.schedule import Plan
from plan.tuning import TUNED, Tuning
from plan.usual import under_the_peak
from plan.week import WEEK, lengthened


def answer(question: Question, tuning: Tuning = TUNED) -> Answer:
    """The plan, with or without the solver; no valid request raises an exception."""
    outlook, month = question.outlook, question.month
    past = learned(question.past_kw, outlook.start)
    load = forecast.forecast(past, outlook.start, WEEK, air=question.air_c)
    buy, sun = _whole(question.past_eur_kwh), _whole(question.past_solar_kw)
    longer = lengthened(outlook, _lead(outlook.load_kw, load.kw), buy, sun[-WEEK:])
    held = assets(question.needs, outlook.start)
    alike = forecast.in_weather(past, forecast.placed(outlook.start)[0], question.air_c)
    kept = reserve_kwh(alike, outlook.start, WEEK, month.paid_kw)
    seen = ahead(longer, usual_eur_kwh=buy[-2 * WEEK :], reserve_kwh=kept)
    quiet = partial(under_the_peak, partial(planned, tuning=tuning))
    plan, choices = chosen(seen, held, month, question.needs, quiet)
    plan = replace(plan, notes=(*plan.notes, *_odd(question.past_kw)))
    near = len(outlook.buy_eur_kwh)
    kw, high_kw = tuple(load.kw[:near].tolist()), tuple(load.high_kw[:near].tolist())
    error_kw = forecast.error_kw(past, air=question.air_c)
    return Answer(plan=plan, load_kw=kw, high_kw=high_kw, error_kw=error_kw, choices=choices)


def _odd(past_kw: Sequence[float | None]) -> list[str]:
    """A sentence on impossible loads in the past."""
    odd = sum(kw is not None and not forecast.usable(kw) for kw in past_kw)
    if not odd:
        return []
    return [phrase("{count} past quarter hours have an impossible load: ignored", count=odd)]


def _lead(told: Sequence[float | None], forecast_kw: Floats) -> Floats:
    """The load of the outlook, where it has one."""
    load_kw = forecast_kw.copy()
    for index, kw in enumerate(told[: len(load_kw)]):
        if kw is not None and np.isfinite(kw):
            load_kw[index] = kw
    return load_kw


def _whole(past: Sequence[float | None]) -> Floats:
    """The past with its holes filled by earlier values."""
    found = np.array([np.nan if each is None else each for each in past], dtype=float)
    good = np.flatnonzero(np.isfinite(found))
    if not len(good):
        return found[:0]
    found = found[good[0] :]
    index = np.where(np.isfinite(found), np.arange(len(found)), 0)
    return np.asarray(found[np.maximum.accumulate(index)])


def planned(seen: Ahead, held: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The linear program's plan; without an answer that of the dynamic programs, with a note."""
    try:
        return optimise(seen, held, month, tuning)
    except NoSolverError as error:
        plan = dynamic(seen, held, month, tuning)
        return replace(
            plan, notes=(*plan.notes, phrase("the solver gave no plan: {text}", text=error))
        )


def learned(past_kw: Sequence[float | None], start: datetime) -> forecast.Past:
    """The past that ends at `start`."""
    first = start - len(past_kw) * QUARTER
    quarters = ((first + each * QUARTER, kw) for each, kw in enumerate(past_kw) if kw is not None)
    return forecast.learned(quarters)
