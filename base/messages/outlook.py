"""The next two days: prices, forecasts, the plan and the choices it leaves."""

from typing import Literal

from base.messages.fields import Line, Name, Part, Time


class Choice(Part):
    """A trip that costs more than usual: what its owner may `accept` or `refuse`.

    `car` of `peer` can be as full as it asks when it `leaves` for `eur` more: the month peak rises
    by `over_kw`, or expensive hours are used. Without that `lacks_kwh` are missing, and leaves at
    `without_pct`. `accepted` is what the plan goes by now.
    """

    peer: Name
    car: Name
    leaves: Time
    over_kw: float
    eur: float
    lacks_kwh: float
    without_pct: float | None = None
    accepted: bool = True


class PlannedAsset(Part):
    """Statements of the plan about one asset in the running quarter, beside its power.

    One more kWh in it is worth `worth_eur_kwh`. `keep_kwh` stays in a battery, its owner's reserve
    included. `lacks_kwh` is the energy that a car will miss at its next departure.
    """

    worth_eur_kwh: float | None = None
    keep_kwh: float | None = None
    lacks_kwh: float = 0.0


class Outlook(Part):
    """The next two days by quarter, from `start`, oldest first; null where nothing is known.

    `buy_eur_kwh` and `sell_eur_kwh` are what a kWh of offtake costs and a kWh of injection earns,
    all lines and VAT together; where `provisional` is true a part stands in for one that is not
    known yet (empty: nowhere). `load_kw` is the house without cars and batteries, `solar_kw` what
    the roof gives, `plan_kw` what each asset is to take (positive is charging), `assets` what else
    the plan says of it. One more kW of month peak costs `peak_eur_kw` over the coming bills.
    """

    type: Literal["outlook"] = "outlook"
    start: Time
    buy_eur_kwh: tuple[float | None, ...]
    sell_eur_kwh: tuple[float | None, ...]
    provisional: tuple[bool, ...] = ()
    load_kw: tuple[float | None, ...] = ()
    solar_kw: tuple[float | None, ...] = ()
    plan_kw: dict[Line, tuple[float, ...]] = {}
    assets: dict[Line, PlannedAsset] = {}
    peak_eur_kw: float | None = None
    choices: tuple[Choice, ...] = ()
    note: Line = ""
