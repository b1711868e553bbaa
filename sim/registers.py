"""The Belgian meter: counts the house's power into registers, quarters and months.

Energy is counted in whole watt-seconds, gas and water in millilitres: nothing is rounded before
it is shown. In one second power goes one way only, in or out, the sum of all lines.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from base.time import BRUSSELS
from p1.reading import Grid, Medium, Tariff
from sim.day import SECOND, HousePower

HISTORY_ROWS = 13
_WS_PER_WH = 3600
_CAPTURE_S = 300


class Peak(NamedTuple):
    """A highest quarter, W, and its end."""

    w: int
    at: datetime


class MonthRow(NamedTuple):
    """A closed month: when it ended, and its highest quarter."""

    closed: datetime
    peak: Peak


class PhaseState(NamedTuple):
    """One phase as shown: W (negative: injection), tenths of a volt, hundredths of an ampere."""

    w: int
    decivolt: int
    centiamp: int


class SubmeterState(NamedTuple):
    """A gas or water meter as shown: its register in litres, taken at `at`."""

    channel: int
    medium: Medium
    serial: str
    litres: int
    at: datetime


class MeterState(NamedTuple):
    """The values of a telegram. Wh and W, as shown; `flag` only when it is wrong: S or W."""

    serial: str
    grid: Grid
    at: datetime
    offtake_day_wh: int
    offtake_night_wh: int
    injection_day_wh: int
    injection_night_wh: int
    tariff: Tariff
    demand_w: int | None
    month_peak: Peak | None
    months: tuple[MonthRow, ...] | None
    power_w: int
    phases: tuple[PhaseState, ...]
    submeters: tuple[SubmeterState, ...]
    flag: str | None = None


class _Submeter:
    """Counts millilitres; every five minutes its value is taken, and shown `lag_s` later."""

    def __init__(self, shown: SubmeterState, lag_s: int) -> None:
        self.total_ml = shown.litres * 1000
        self.shown = self._taken = shown
        self._lag_s = lag_s

    def count(self, flow_ml: int, second: int) -> None:
        """Adds the energy of the second that ends at `second` (Unix seconds)."""
        self.total_ml += flow_ml
        since = second % _CAPTURE_S
        if since == 0:
            at = datetime.fromtimestamp(second, UTC)
            self._taken = self._taken._replace(litres=self.total_ml // 1000, at=at)
        if since == self._lag_s:
            self.shown = self._taken


class Registers:
    """A meter in service. `count` one second after the other; `state` are its values.

    `offtake_ws` and `injection_ws` hold watt-seconds by tariff.
    """

    def __init__(self, opening: MeterState, power: HousePower) -> None:
        self.serial, self.grid, self.at = opening.serial, opening.grid, opening.at
        self.offtake_ws = {
            Tariff.DAY: opening.offtake_day_wh * _WS_PER_WH,
            Tariff.NIGHT: opening.offtake_night_wh * _WS_PER_WH,
        }
        self.injection_ws = {
            Tariff.DAY: opening.injection_day_wh * _WS_PER_WH,
            Tariff.NIGHT: opening.injection_night_wh * _WS_PER_WH,
        }
        self.tariff = tariff_at(opening.at)
        self.quarter_ws = 0
        self.month_peak = opening.month_peak or Peak(0, opening.at)
        self.months = opening.months or ()
        self.power = power
        gas, water = opening.submeters
        self.gas, self.water = _Submeter(gas, lag_s=41), _Submeter(water, lag_s=70)

    def count(self, power: HousePower) -> None:
        """The second of `power` is in the registers, and the meter's clock is at its end."""
        watts = sum(power.line_w)
        if watts > 0:
            self.offtake_ws[self.tariff] += watts
            self.quarter_ws += watts
        else:
            self.injection_ws[self.tariff] -= watts
        self.power, self.at = power, power.at + SECOND
        second = int(self.at.timestamp())
        self.gas.count(power.gas_ml, second)
        self.water.count(power.water_ml, second)
        if second % 900 == 0:
            self._close_quarter()

    def _close_quarter(self) -> None:
        demand_w = self.quarter_ws // 900
        if demand_w > self.month_peak.w:
            self.month_peak = Peak(demand_w, self.at)
        self.quarter_ws, self.tariff = 0, tariff_at(self.at)
        local = self.at.astimezone(BRUSSELS)
        if (local.day, local.hour, local.minute) == (1, 0, 0):
            rows = (*self.months, MonthRow(self.at, self.month_peak))
            self.months, self.month_peak = rows[-HISTORY_ROWS:], Peak(0, self.at)

    def state(self) -> MeterState:
        """State of the meter now."""
        return MeterState(
            serial=self.serial,
            grid=self.grid,
            at=self.at,
            offtake_day_wh=self.offtake_ws[Tariff.DAY] // _WS_PER_WH,
            offtake_night_wh=self.offtake_ws[Tariff.NIGHT] // _WS_PER_WH,
            injection_day_wh=self.injection_ws[Tariff.DAY] // _WS_PER_WH,
            injection_night_wh=self.injection_ws[Tariff.NIGHT] // _WS_PER_WH,
            tariff=self.tariff,
            demand_w=self.quarter_ws // 900,
            month_peak=self.month_peak,
            months=self.months,
            power_w=sum(self.power.line_w),
            phases=phases_of(self.power.line_w, self.grid),
            submeters=(self.gas.shown, self.water.shown),
        )

    def replaced(self) -> "Registers":
        """A new meter in its place: another serial, everything from 0, no history."""
        number = int(self.serial[4:]) + 500_000_000
        submeters = self.gas.shown, self.water.shown
        return Registers(fresh(serial(number), self.grid, self.at, submeters), self.power)


def serial(number: int) -> str:
    """The id of a simulated meter; a seed is its number."""
    return f"1SIM{number:010d}"


def tariff_at(at: datetime) -> Tariff:
    """The tariff in Flanders from `at` on: day from 7 to 22 on weekdays, holidays or not."""
    local = at.astimezone(BRUSSELS)
    return Tariff.DAY if local.weekday() < 5 and 7 <= local.hour < 22 else Tariff.NIGHT


def phases_of(line_w: tuple[int, int, int], grid: Grid) -> tuple[PhaseState, ...]:
    """The phases as the meter shows them on this grid; W always add up to the total."""
    if grid is Grid.ONE_PHASE:
        return (_phase(sum(line_w), 0),)
    if grid is Grid.STAR:
        return tuple(_phase(watts, line) for line, watts in enumerate(line_w))
    # Two wattmeters, L2 the common line: the loads hang on L1-L2, L2-L3 and L3-L1.
    first = line_w[0] + line_w[2] // 2
    last = sum(line_w) - first
    middle_ca = (abs(first) + abs(last)) * 25 // 100
    return (_phase(first, 0), PhaseState(0, 0, middle_ca), _phase(last, 2))


def _phase(watts: int, line: int) -> PhaseState:
    """Voltage falls some 1.6 V per kW taken and rises as much per kW given; 0.1 A runs idle."""
    decivolt = 2325 + 7 * line - watts // 60
    return PhaseState(watts, decivolt, 10 + abs(watts) * 1000 // decivolt)


def fresh(
    serial: str, grid: Grid, at: datetime, submeters: tuple[SubmeterState, ...]
) -> MeterState:
    """A meter fresh from the factory."""
    return MeterState(
        serial, grid, at, 0, 0, 0, 0, tariff_at(at), 0, Peak(0, at), (), 0, (), submeters
    )
