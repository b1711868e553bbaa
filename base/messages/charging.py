"""State of the chargers and cars, and past stays."""

from typing import Annotated, Literal

from pydantic import Field

from base.messages.fields import TRIPS_MOST, Finite, Line, Name, Part, Percent, Positive, Time


class UsualTrip(Part):
    """A trip that a car makes in most weeks and that nobody announced: about `km`, expected with
    a `chance` of 0 to 1."""

    leaves: Time
    returns: Time
    km: Positive
    chance: Annotated[float, Field(gt=0, le=1)]


class CarState(Part):
    """One car: how full it is, where, what its owner said of it, and what it is charged to.

    `charger` is where it is plugged in, null: nowhere here. `ready_by` is when `target_pct` must be
    reached; `leaves` its next trip; `lacks_kwh` what the plan will be short of then. `usual` are
    the trips that are expected of habit.
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
    """One charger: who is plugged in, its set-point and gives, and why.

    `stay_kwh` and `stay_eur` are what the car got since it was plugged in at `stay_since` (null
    when nobody saw that), and what that cost. `notice` says what its owner must do. `asks` are
    the cars that may be plugged in when its owner must say which: `car NAME on CHARGER` answers.
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

    `choice` is its owner's word on trips that raise the month peak or pay expensive hours. `name`
    is whose chargers they are, where the meter passes it on.
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
    register, null where it has none. `eur` is what it cost, null where a price was not known; `car`
    is null where nobody knew which.
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

    `name` is whose chargers they are, where the meter passes it on.
    """

    type: Literal["stays"] = "stays"
    name: Line = ""
    stays: tuple[Stay, ...] = ()
