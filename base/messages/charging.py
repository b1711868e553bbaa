"""State of the chargers and cars, and past stays."""

from typing import Annotated, Literal

from pydantic import Field

from base.messages.fields import TRIPS_MOST, Finite, Line, Name, Part, Percent, Positive, Time


class UsualTrip(Part):
    """A usual trip of a car that was not announced: about `km`, expected with
    a `chance` of 0 to 1."""

    leaves: Time
    returns: Time
    km: Positive
    chance: Annotated[float, Field(gt=0, le=1)]


class CarState(Part):
    """One car: state of charge, place, its owner's command, and its target.

    `charger` is where it is plugged in, null: nowhere here. `ready_by` is when `target_pct` must be
    reached; `leaves` its next trip; `lacks_kwh` the energy that the plan will be missing then.
    `usual` are the trips that are expected of habit.
    """

    name: Name
    charger: Line | None = None
    soc_pct: Percent | None = None
    soc_at: Time | None = None
    mode: Literal["auto", "boost", "pause", "charge"] = "auto"
    target_pct: Percent | None = None
    ready_by: Time | None = None
    leaves: Time | None = None
    ready_at: Time | None = None
    lacks_kwh: float | None = None
    usual: Annotated[tuple[UsualTrip, ...], Field(max_length=TRIPS_MOST)] = ()


class ChargerState(Part):
    """One charger: its car, its set-point, its power, and the reason.

    `stay_kwh` and `stay_eur` are the car's energy and its cost since the plug-in at `stay_since`
    (null when unknown). `notice` tells its owner what to do. `asks` are the cars that may be
    plugged in when its owner must say which: `car NAME on CHARGER` answers.
    """

    name: Name
    plugged: bool | None = None
    car: Line | None = None
    asks: tuple[Name, ...] = ()
    told_a: float | None = None
    phases: int | None = None
    power_kw: float | None = None
    why: Line = ""
    stay_since: Time | None = None
    stay_kwh: float | None = None
    stay_eur: float | None = None
    notice: Line = ""


class Charging(Part):
    """The state of every charger and every car of the house.

    `choice` is its owner's choice on trips that raise the month peak or use expensive hours. `name`
    is the program of the chargers, when the meter passes it on.
    """

    type: Literal["charging"] = "charging"
    name: Line = ""
    time: Time
    cars: tuple[CarState, ...] = ()
    chargers: tuple[ChargerState, ...] = ()
    choice: Literal["accept", "refuse"] = "accept"


class Stay(Part):
    """One car on one charger from `since` (`seen` when the plug-in was watched) until `until`.

    `kwh` came out of the charger, of which `battery_kwh` the home battery's and `sun_kwh` the
    roof's (null: written before that was counted); `from_kwh` and `to_kwh` are the charger's own
    register, null where it has none. `eur` is its cost, null when a price is unknown; `car` is null
    when unknown.
    """

    since: Time
    until: Time
    charger: Line
    car: Line | None
    kwh: Finite
    battery_kwh: Finite = 0.0
    sun_kwh: Finite | None = None
    from_kwh: Finite | None = None
    to_kwh: Finite | None = None
    eur: Finite | None = None


class Stays(Part):
    """The last stays of cars on the chargers of the house that have ended, oldest first.

    `name` is the program of the chargers, when the meter passes it on.
    """

    type: Literal["stays"] = "stays"
    name: Line = ""
    stays: tuple[Stay, ...] = ()
