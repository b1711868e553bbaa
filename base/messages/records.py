"""Records of the meter: the last telegram, its registers, closed quarters."""

from typing import Literal

from base.messages.fields import Line, Part, Time


class TelegramLine(Part):
    obis: Line
    name: Line
    text: Line


class TelegramText(Part):
    """The last telegram, line by line, with the meaning of each."""

    type: Literal["telegram"] = "telegram"
    time: Time | None
    header: Line
    lines: tuple[TelegramLine, ...]


class Registers(Part):
    """The meter's own registers, as it sent them last: kWh, m3 for gas and water; null: none.

    They are never recomputed: after a meter change they start at those of the new meter.
    """

    type: Literal["registers"] = "registers"
    time: Time | None
    meter_id: Line | None
    offtake_day_kwh: float | None = None
    offtake_night_kwh: float | None = None
    injection_day_kwh: float | None = None
    injection_night_kwh: float | None = None
    gas_m3: float | None = None
    water_m3: float | None = None


class ClosedQuarter(Part):
    """One quarter that was booked: amounts in kWh and m3, EUR paid (for injection earned) with VAT.

    `mean_kw` is the demand at which it closed, `month_peak_kw` the highest of its month up to it.
    `changed` is the time at which it closed or was last settled; its money is `final` when none is
    pending.
    """

    start: Time
    changed: Time
    offtake_day_kwh: float | None = None
    offtake_night_kwh: float | None = None
    injection_day_kwh: float | None = None
    injection_night_kwh: float | None = None
    gas_m3: float | None = None
    water_m3: float | None = None
    offtake_eur: float | None = None
    injection_eur: float | None = None
    gas_eur: float | None = None
    water_eur: float | None = None
    mean_kw: float | None = None
    month_peak_kw: float | None = None
    final: bool = True


class Quarters(Part):
    """Closed quarters in the order in which they changed, a day of them at most.

    To read more, ask again with the `changed` and `start` of the last one.
    """

    type: Literal["quarters"] = "quarters"
    quarters: tuple[ClosedQuarter, ...]


class Demand(Part):
    """Past quarters, oldest first: mean offtake and injection in kW, from `start`, 15 min each."""

    type: Literal["demand"] = "demand"
    start: Time
    offtake_kw: tuple[float | None, ...]
    injection_kw: tuple[float | None, ...]
