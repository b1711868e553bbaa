"""The next two days: prices, forecasts, the plan and the choices it leaves."""

from typing import Literal

from base.messages.fields import Line, Name, Part, Time


class Choice(Part):
    """A trip that costs more than usual: what its owner may `accept` or `refuse`.

    `car` of `peer` can reach its target when it `leaves` for `eur` more: the month peak rises
    by `over_kw`, or expensive hours are used. Without that `lacks_kwh` are missing, and leaves at
    `without_pct`. `accepted` is the choice that the plan follows now.
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

    One more kWh in it is worth `worth_eur_kwh`. `keep_kwh` is the reserve in a battery, its owner's
    included. `lacks_kwh` is the energy that a car will miss at its next departure.
    """

    worth_eur_kwh: float | None = None
    keep_kwh: float | None = None
    lacks_kwh: float = 0.0


class Outlook(Part):
    """The next two days by quarter, from `start`, oldest first; null where nothing is known.

    `buy_eur_kwh` and `sell_eur_kwh` are the cost of a kWh of offtake and the revenue of a kWh of
    injection, with all lines and VAT; `provisional` is true where a part is a substitute for an
    unknown one (empty: nowhere). `load_kw` is the house without cars and batteries, `solar_kw` the
    power of the roof, `plan_kw` the planned power of each asset (positive is charging), `assets`
    further statements of the plan about it. One more kW of month peak costs `peak_eur_kw` over the
    coming bills.
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
