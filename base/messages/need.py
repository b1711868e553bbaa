"""Needs: the power that a peer takes and requests, with its cars, batteries and loads."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from base.messages.fields import (
    BATTERIES_MOST,
    CARS_MOST,
    IDLE_S_MOST,
    LOADS_MOST,
    PRIORITY_MOST,
    TRIPS_MOST,
    WHY_MOST,
    Age,
    Change,
    Efficiency,
    Energy,
    EurKwh,
    Finite,
    Line,
    Name,
    Part,
    Percent,
    Positive,
    Power,
    Time,
)

LEAST_IDLE_S = 600.0
"""Default rest of a charger after a stop: its contactors wear."""


class Trip(Part):
    """A car is away from `leaves` until `returns`. It must leave with `need_kwh` more from the
    charger than it has now (negative: less is enough), and comes back with `use_kwh` to be charged
    again. A usual trip that was not announced has a `chance` below 1: the value of its energy is
    multiplied by that, and it never raises the month peak."""

    leaves: Time
    returns: Time
    need_kwh: Change = 0.0
    use_kwh: Energy = 0.0
    chance: Annotated[float, Field(gt=0, le=1)] = 1.0


class CarNeed(Part):
    """One car: its power now, its remaining need and deadline.

    `energy_kwh` is the energy still needed from the charger for `target_pct` at `deadline`. It
    charges between `least_kw` and `most_kw`, or not at all. `value_eur_kwh` is the value of the
    last kWh to its owner; `urgency` is the reason of its request: `now` at any cost, `trip` by the
    deadline, `sun` only from surplus, `none`. `room_kwh` is the most energy from the charger, null:
    `energy_kwh`. `trips` are the known ones, including that of `deadline`. After a stop it does not
    start again for `least_idle_s`, and it starts or increases `calm_s` after its grant. While it
    follows a new set-point `toward_kw` is its new power: the real one is between that and
    `power_kw`.
    """

    name: Name
    plugged: bool | None
    power_kw: Positive | None
    toward_kw: Power | None = None
    soc_pct: Percent | None = None
    soc_age_s: Age | None = None
    target_pct: Percent | None = None
    capacity_kwh: Energy | None = None
    energy_kwh: Energy = 0.0
    deadline: Time | None = None
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    phases: Literal[1, 2, 3] = 3
    efficiency: Efficiency = 0.9
    urgency: Literal["now", "trip", "sun", "none"] = "none"
    value_eur_kwh: EurKwh = 0.0
    room_kwh: Energy | None = None
    trips: Annotated[tuple[Trip, ...], Field(max_length=TRIPS_MOST)] = ()
    least_idle_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S
    calm_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = 0.0


class BatteryNeed(Part):
    """One home battery: its power now (positive is charging) and its limits.

    `efficiency` is of charging, and again of discharging; `wear_eur_kwh` is paid on each kWh
    charged and discharged. Below `reserve_pct` it does not discharge.
    """

    name: Name
    power_kw: Finite | None
    soc_pct: Percent | None = None
    capacity_kwh: Energy = 0.0
    reserve_pct: Percent = 0.0
    charge_kw: Power = 0.0
    discharge_kw: Power = 0.0
    efficiency: Efficiency = 0.95
    wear_eur_kwh: EurKwh = 0.0


class LoadNeed(Part):
    """One load that can wait: a boiler, a heat pump, a pool pump.

    It takes between `least_kw` and `most_kw` (the same: it is only switched), or nothing. It needs
    `energy_kwh` more by `deadline`, null: within the two days of the plan; a kWh that is missing
    then costs `value_eur_kwh`, 0: as for a car. Once on it stays on for `least_on_s`, once off it
    stays off for `least_off_s`. The load with the highest `priority` is served first and switched
    off last.
    """

    name: Name
    power_kw: Positive | None
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    phases: Literal[1, 2, 3] = 1
    energy_kwh: Energy = 0.0
    deadline: Time | None = None
    value_eur_kwh: EurKwh = 0.0
    least_on_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S
    least_off_s: Annotated[float, Field(ge=0, le=IDLE_S_MOST)] = LEAST_IDLE_S
    priority: Annotated[int, Field(ge=0, le=PRIORITY_MOST)] = 5


AssetNeed = CarNeed | BatteryNeed | LoadNeed


class Need(Part):
    """Power that a peer takes and requests, with the reason. A third party's heat pump sends the
    same.

    Without cars, batteries or loads it is one consumer between `least_kw` and `most_kw`. Power is
    positive when it flows into the peer. `choice` is its owner's choice on trips that raise the
    month peak or use expensive hours. `heard` is the `time` of the last house message it received:
    a peer that is far behind is granted nothing. `help_kw`, which older peers send, is ignored.
    """

    type: Literal["need"] = "need"
    name: Name
    power_kw: Finite | None
    healthy: bool = True
    why: Line = Field(default="", max_length=WHY_MOST)
    cars: Annotated[tuple[CarNeed, ...], Field(max_length=CARS_MOST)] = ()
    batteries: Annotated[tuple[BatteryNeed, ...], Field(max_length=BATTERIES_MOST)] = ()
    loads: Annotated[tuple[LoadNeed, ...], Field(max_length=LOADS_MOST)] = ()
    least_kw: Power = 0.0
    most_kw: Power = 0.0
    heard: Time | None = None
    choice: Literal["accept", "refuse"] = "accept"

    @property
    def assets(self) -> tuple[AssetNeed, ...]:
        """All its assets, in a fixed order."""
        return (*self.cars, *self.batteries, *self.loads)

    def with_assets(self, changed: Iterable[AssetNeed]) -> "Need":
        """The need with these in the place of its `assets`, in the same order."""
        every = tuple(changed)
        last = len(self.cars) + len(self.batteries)
        parts = every[: len(self.cars)], every[len(self.cars) : last], every[last:]
        return self.model_copy(update=dict(zip(("cars", "batteries", "loads"), parts, strict=True)))


def brief(text: str, most: int = WHY_MOST) -> str:
    """The text in at most `most` characters: a longer one ends at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    words, gap, _ = text[:most].rpartition(" ")
    return f"{(words if gap else text[: most - 1]).rstrip(' ,;:.')}…"
