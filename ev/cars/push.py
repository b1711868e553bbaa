"""Pushed states: JSON by HTTP POST or websocket, or a SoC typed by the owner. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from base.language import phrase
from ev.cars.family import Family, SourceSettings
from ev.cars.source import Moment, checked
from ev.facts import CarStatus

_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*%?")


def _counted(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number, not yes or no")  # it would count as 1 or 0
    return value


Number = Annotated[float | None, BeforeValidator(_counted)]


class Pushed(BaseModel):
    """A car's state as anybody may send it; `ts` is the time of the car's report, by default now.

    Tolerant of fields it does not know and of numbers and booleans sent as text, as home
    automation does.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    car: str | None = None
    soc: Number = None
    range_km: Number = None
    plugged: bool | None = None
    charging: bool | None = None
    target_soc: Number = None
    home: bool | None = None
    ts: Moment | None = None


def pushed(
    text: str | bytes, cars: Sequence[str], now: datetime, car: str | None = None
) -> CarStatus:
    """The status in a JSON object. ValueError with the fault.

    `car` names the car when the JSON does not; neither is needed when there is only one.
    """
    try:
        said = Pushed.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where or 'the text'}: {first['msg']}") from None
    status = CarStatus(
        car=named(said.car or car, cars),
        source="push",
        at=said.ts or now,
        soc_pct=said.soc,
        range_km=said.range_km,
        plugged=said.plugged,
        charging=said.charging,
        target_pct=said.target_soc,
        home=said.home,
    )
    return _believed(status, now)


def typed(args: Sequence[str], cars: Sequence[str], now: datetime) -> CarStatus:
    """The status in `soc q4 55`; `soc 55` is enough with one car. ValueError with the fault."""
    *name, percent = args or [""]
    found = _PERCENT.fullmatch(percent)
    if not found or len(name) > 1:
        raise ValueError("soc needs a car and a percentage, such as q4 55")
    soc_pct = float(found[1].replace(",", "."))
    car = named(name[0] if name else None, cars)
    return _believed(CarStatus(car=car, source="owner", at=now, soc_pct=soc_pct), now)


def _believed(status: CarStatus, now: datetime) -> CarStatus:
    """The status. ValueError with the car and what cannot be in it."""
    try:
        return checked(status, now)
    except ValueError as error:
        raise ValueError(f"{status.car} {error}") from None


def named(name: str | None, cars: Sequence[str]) -> str:
    """The car of that name, in any case, or the only one. ValueError names those that exist."""
    if not name and len(cars) == 1:
        return cars[0]
    for car in cars:
        if name and car.casefold() == name.casefold():
            return car
    known = ", ".join(cars) or "none in config.py"
    raise ValueError(
        f"{name[:40]} is not one of the cars here: {known}" if name else f"which car: {known}"
    )


class PushSettings(SourceSettings):
    """No source: states are pushed or typed."""

    kind: Literal["push"] = "push"


FAMILY = Family(
    kind="push",
    settings=PushSettings,
    source=None,
    help=phrase("not polled: the state is pushed, or typed by the owner"),
)
