"""One question with everything in it, and its plan: what the solver's process is asked and says.

Both are one line of JSON. The answer holds the load forecast too, for the outlook.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

import messages
from plan import forecast
from plan.ahead import QUARTER, Ahead, ahead
from plan.course import Course, Plan
from plan.dynamic import dynamic
from plan.need import Assets, assets
from plan.optimise import optimise
from plan.program import Floats, NoSolverError
from plan.terms import TUNED, MonthPeak, Tuning
from plan.week import WEEK, lengthened


@dataclass(frozen=True, slots=True)
class Question:
    """What is known per quarter; each past ends just before the outlook's start, None is unknown.

    `past_kw` is the load without cars and batteries (eight weeks are enough), `past_eur_kwh`
    what a kWh cost (two weeks), `past_solar_kw` what the roof gave (one week).
    """

    outlook: messages.Outlook
    needs: Mapping[str, messages.Need]
    month: MonthPeak
    past_kw: tuple[float | None, ...] = ()
    past_eur_kwh: tuple[float | None, ...] = ()
    past_solar_kw: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan, and the load it was made for: kW per quarter, and what it seldom exceeds."""

    plan: Plan
    load_kw: tuple[float, ...] = ()
    high_kw: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())


def answer(question: Question, tuning: Tuning = TUNED) -> Answer:
    """The plan by the solver, or without it; never an exception for what may be asked."""
    outlook, month = question.outlook, question.month
    load = expected(question.past_kw, outlook.start, WEEK)
    buy, sun = _whole(question.past_eur_kwh), _whole(question.past_solar_kw)
    longer = lengthened(outlook, _lead(outlook.load_kw, load.kw), buy[-WEEK:], sun[-WEEK:])
    held = assets(question.needs, outlook.start)
    plan = planned(ahead(longer, usual_eur_kwh=buy), held, month, tuning)
    near = len(outlook.buy_eur_kwh)
    return Answer(plan, tuple(load.kw[:near].tolist()), tuple(load.high_kw[:near].tolist()))


def _lead(told: Sequence[float | None], forecast_kw: Floats) -> Floats:
    """The load as the outlook tells it, where it does."""
    load_kw = forecast_kw.copy()
    for index, kw in enumerate(told[: len(load_kw)]):
        if kw is not None and np.isfinite(kw):
            load_kw[index] = kw
    return load_kw


def _whole(past: Sequence[float | None]) -> Floats:
    """The past with its holes filled by what was known before them."""
    found = np.array([np.nan if each is None else each for each in past], dtype=float)
    good = np.flatnonzero(np.isfinite(found))
    if not len(good):
        return found[:0]
    found = found[good[0] :]
    index = np.where(np.isfinite(found), np.arange(len(found)), 0)
    return np.asarray(found[np.maximum.accumulate(index)])


def planned(seen: Ahead, held: Assets, month: MonthPeak, tuning: Tuning = TUNED) -> Plan:
    """The linear program's plan; where there is no answer, the dynamic programs', which says so."""
    try:
        return optimise(seen, held, month, tuning)
    except NoSolverError as error:
        plan = dynamic(seen, held, month, tuning)
        return replace(plan, notes=(*plan.notes, f"the solver gave no plan: {error}"))


def expected(past_kw: tuple[float | None, ...], start: datetime, count: int) -> forecast.Load:
    """The load from the past that ends at `start`."""
    first = start - len(past_kw) * QUARTER
    quarters = ((first + each * QUARTER, kw) for each, kw in enumerate(past_kw) if kw is not None)
    return forecast.forecast(forecast.learned(quarters), start, count)


def question_text(question: Question) -> str:
    """One line of JSON."""
    month = question.month
    return json.dumps(
        {
            "outlook": question.outlook.model_dump(mode="json"),
            "needs": {name: need.model_dump(mode="json") for name, need in question.needs.items()},
            "month": {
                "end": month.end.isoformat(),
                "peak_kw": month.peak_kw,
                "floor_kw": month.floor_kw,
                "eur_kw": month.eur_kw,
                "typical_kw": month.typical_kw,
                "ceiling_kw": month.ceiling_kw,
            },
            "past_kw": question.past_kw,
            "past_eur_kwh": question.past_eur_kwh,
            "past_solar_kw": question.past_solar_kw,
        }
    )


def question_of(text: str | bytes) -> Question:
    """The question in a line. ValueError when there is none."""
    asked = json.loads(text)
    month = asked["month"]
    return Question(
        messages.Outlook.model_validate(asked["outlook"]),
        {name: messages.Need.model_validate(need) for name, need in asked["needs"].items()},
        MonthPeak(**{**month, "end": datetime.fromisoformat(month["end"])}),
        tuple(asked["past_kw"]),
        tuple(asked["past_eur_kwh"]),
        tuple(asked["past_solar_kw"]),
    )


def answer_text(given: Answer) -> str:
    """One line of JSON. Watts and a hundredth of a cent are enough."""
    plan = given.plan
    return json.dumps(
        {
            "start": plan.start.isoformat(),
            "courses": [
                [*key, _rounded(course.kw, 3), _rounded(course.worth_eur_kwh, 5)]
                for key, course in plan.courses.items()
            ],
            "grid_kw": _rounded(plan.grid_kw, 3),
            "target_kw": plan.target_kw,
            "cost_eur": plan.cost_eur,
            "missed_kwh": dict(plan.missed_kwh),
            "solver": plan.solver,
            "notes": plan.notes,
            "load_kw": _rounded(np.array(given.load_kw), 3),
            "high_kw": _rounded(np.array(given.high_kw), 3),
        }
    )


def answer_of(text: str | bytes) -> Answer:
    """The answer in a line. ValueError or KeyError when there is none."""
    said = json.loads(text)
    courses = {
        (peer, name): Course(np.array(kw), np.array(worth))
        for peer, name, kw, worth in said["courses"]
    }
    plan = Plan(
        datetime.fromisoformat(said["start"]).astimezone(UTC), courses, np.array(said["grid_kw"]),
        said["target_kw"], said["cost_eur"], said["missed_kwh"], said["solver"],
        tuple(said["notes"]),
    )  # fmt: skip
    return Answer(plan, tuple(said["load_kw"]), tuple(said["high_kw"]))


def _rounded(values: Floats, digits: int) -> list[float]:
    return [float(each) for each in np.round(values, digits)]
