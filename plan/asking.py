"""The request to the solver's process with all its data, and the answer.

Both are one line of JSON. The answer holds the load forecast too, for the outlook.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from base import messages
from plan.month import MonthPeak
from plan.schedule import Plan, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Known values per quarter; each past ends just before the outlook's start, None is unknown.

    `past_kw` is the load without cars and batteries (eight weeks are enough), `past_eur_kwh` the
    price of a kWh (four weeks), `past_solar_kw` the power of the roof (one week). `air_c` is the
    temperature outside by local day, past and to come.
    """

    outlook: messages.Outlook
    needs: Mapping[str, messages.Need]
    month: MonthPeak
    past_kw: tuple[float | None, ...] = ()
    past_eur_kwh: tuple[float | None, ...] = ()
    past_solar_kw: tuple[float | None, ...] = ()
    air_c: Mapping[date, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The plan, and its load: kW per quarter, and a value that it rarely exceeds.

    `error_kw` is the mean error of a quarter in the last week, None while unknown; `choices` are
    the trips on which the owner may decide.
    """

    plan: Plan
    load_kw: tuple[float, ...] = ()
    high_kw: tuple[float, ...] = ()
    error_kw: float | None = None
    choices: tuple[messages.Choice, ...] = ()


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
            "air_c": {day.isoformat(): air_c for day, air_c in question.air_c.items()},
        }
    )


def question_of(text: str | bytes) -> Question:
    """The request in a line. ValueError for anything else."""
    asked = json.loads(text)
    month = asked["month"]
    return Question(
        outlook=messages.Outlook.model_validate(asked["outlook"]),
        needs={name: messages.Need.model_validate(need) for name, need in asked["needs"].items()},
        month=MonthPeak(**{**month, "end": datetime.fromisoformat(month["end"])}),
        past_kw=tuple(asked["past_kw"]),
        past_eur_kwh=tuple(asked["past_eur_kwh"]),
        past_solar_kw=tuple(asked["past_solar_kw"]),
        air_c={date.fromisoformat(day): air_c for day, air_c in asked["air_c"].items()},
    )


def answer_text(given: Answer) -> str:
    """One line of JSON. Watts and a hundredth of a cent are enough."""
    plan = given.plan
    return json.dumps(
        {
            "start": plan.start.isoformat(),
            "schedules": [
                [
                    *key,
                    _rounded(schedule.kw, 3),
                    _rounded(schedule.worth_eur_kwh, 5),
                    _rounded(schedule.keep_kwh, 3),
                    round(schedule.lacks_kwh, 3),
                ]
                for key, schedule in plan.schedules.items()
            ],
            "grid_kw": _rounded(plan.grid_kw, 3),
            "target_kw": plan.target_kw,
            "cost_eur": plan.cost_eur,
            "missed_kwh": dict(plan.missed_kwh),
            "solver": plan.solver,
            "notes": plan.notes,
            "load_kw": _rounded(given.load_kw, 3),
            "high_kw": _rounded(given.high_kw, 3),
            "error_kw": given.error_kw,
            "choices": [choice.model_dump(mode="json") for choice in given.choices],
        }
    )


def answer_of(text: str | bytes) -> Answer:
    """The answer in a line. ValueError or KeyError for anything else."""
    said = json.loads(text)
    schedules = {
        (peer, name): Schedule(tuple(kw), tuple(worth), tuple(keep), lacks_kwh)
        for peer, name, kw, worth, keep, lacks_kwh in said["schedules"]
    }
    plan = Plan(
        start=datetime.fromisoformat(said["start"]).astimezone(UTC),
        schedules=schedules,
        grid_kw=tuple(said["grid_kw"]),
        target_kw=said["target_kw"],
        cost_eur=said["cost_eur"],
        missed_kwh=said["missed_kwh"],
        solver=said["solver"],
        notes=tuple(said["notes"]),
    )
    choices = tuple(map(messages.Choice.model_validate, said["choices"]))
    return Answer(
        plan=plan,
        load_kw=tuple(said["load_kw"]),
        high_kw=tuple(said["high_kw"]),
        error_kw=said["error_kw"],
        choices=choices,
    )


def _rounded(values: Sequence[float], digits: int) -> list[float]:
    return [round(each, digits) for each in values]
