"""Prices, use, bills and settlements."""

from datetime import date
from typing import Literal

from base.messages.fields import Line, Part, Time
from base.messages.house import Peak


class BillLine(Part):
    name: Line
    energy: Literal["electricity", "gas", "water"]
    amount: float | None
    unit: Line
    eur: float
    provisional: bool = False


class BillPeak(Part):
    """One of the twelve months whose peaks are billed: its kW, and the kW that are billed for
    it."""

    month: date
    kw: float
    billed_kw: float
    drops_out_next: bool = False


class Bill(Part):
    """The month so far, line by line, including VAT, and its expected total.

    Where the maximum tariff binds, each kWh of offtake in the month adds `cap_eur_kwh` to it.
    `notes` give the reasons for provisional lines and missing prices. `settled` are the settlements
    of this month; of earlier months it is in `lines` too, as corrections.
    """

    type: Literal["bill"] = "bill"
    time: Time | None
    start: date
    lines: tuple[BillLine, ...]
    total_eur: float | None
    expected_eur: float | None = None
    peaks: tuple[BillPeak, ...] = ()
    peak_eur_kw: float | None = None
    cap_eur_kwh: float = 0.0
    why: Line = ""
    notes: tuple[Line, ...] = ()
    settled: "tuple[Settled, ...]" = ()


class Rate(Part):
    """One price. `name` is a field of UsagePeriod; `active` is True while it is in force.

    It is `provisional` while a part of it is a substitute for an unknown one.
    """

    name: Line
    label: Line
    price: float
    unit: Line
    active: bool
    provisional: bool = False


class Rates(Part):
    """The current prices, and when the tariff changes next.

    `endings` are sentences on tables, indices and contracts that end soon.
    """

    type: Literal["rates"] = "rates"
    time: Time | None
    tariff: Literal["day", "night"] | None
    rates: tuple[Rate, ...]
    next_change: Time | None = None
    note: Line = ""
    endings: tuple[Line, ...] = ()


class Used(Part):
    """An amount and its money: EUR paid, or for injection EUR earned. None: no price is known.

    Parts of the amount: `provisional` has money that is not final, `missing` lacks that of a line.
    """

    amount: float
    eur: float | None
    provisional: float = 0.0
    missing: float = 0.0


class UsagePeriod(Part):
    """Use and cost of one period. kWh for electricity, m3 for gas and water.

    None where nothing is known. `total_eur` is offtake - injection + gas + water.
    """

    label: Line
    start: date
    days: int
    offtake_day: Used | None
    offtake_night: Used | None
    injection_day: Used | None
    injection_night: Used | None
    electricity_eur: float | None
    gas: Used | None
    gas_kwh: float | None
    water: Used | None
    total_eur: float | None
    peak: Peak | None = None


class Usage(Part):
    """The usage table: day-3, day-2, day-1, today, week, month, year, in that order."""

    type: Literal["usage"] = "usage"
    time: Time | None
    periods: tuple[UsagePeriod, ...]


class Settled(Part):
    """A settlement at `at` of provisional or missing money: one line, one month of use.

    `amount` of the days `first` to `last` was booked at `was_eur` and is `eur`; income is negative.
    `unit` is kWh, m3 for gas and water, and that of a fee: day, kW year.
    """

    at: Time
    energy: Literal["electricity", "gas", "water"]
    line: Line
    first: date
    last: date
    amount: float
    unit: Line = "kWh"
    was_eur: float
    eur: float


class History(Part):
    """Closed days, oldest first, each as in Usage, and the settlements since the first of them.

    Settlements are included in the days of the use.
    """

    type: Literal["history"] = "history"
    days: tuple[UsagePeriod, ...]
    settled: tuple[Settled, ...] = ()
