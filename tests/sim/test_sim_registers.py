"""The simulated meter counts like a Belgian meter: to the watt-second, by quarter, month,
tariff.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from base.time import BRUSSELS
from p1.reading import Grid, Tariff
from sim.day import SECOND, House, HousePower, seconds
from sim.past import in_service
from sim.registers import MeterState, Registers, phases_of, tariff_at

HOUSE = House()


def _local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BRUSSELS).astimezone(UTC)  # type: ignore[misc, arg-type]


def _meter(start: datetime, months: int = 13) -> Registers:
    return in_service(HOUSE, start, Grid.STAR, months)


def _steady(start: datetime, end: datetime, watts: int) -> Iterator[HousePower]:
    for second in range((end - start) // SECOND):
        yield HousePower(
            at=start + timedelta(seconds=second),
            line_w=(watts, 0, 0),
            solar_w=0,
            gas_ml=0,
            water_ml=0,
        )


def _wh(state: MeterState) -> tuple[int, int]:
    return (
        state.offtake_day_wh + state.offtake_night_wh,
        state.injection_day_wh + state.injection_night_wh,
    )


def test_registers_grow_by_exactly_the_power() -> None:
    start = datetime(2026, 5, 15, 4, tzinfo=UTC)
    meter = _meter(start)
    offtake, injection = sum(meter.offtake_ws.values()), sum(meter.injection_ws.values())
    net = [sum(power.line_w) for power in islice(seconds(HOUSE, start), 6 * 3600)]
    for power in islice(seconds(HOUSE, start), 6 * 3600):
        meter.count(power)
    assert sum(meter.offtake_ws.values()) - offtake == sum(w for w in net if w > 0)
    assert sum(meter.injection_ws.values()) - injection == -sum(w for w in net if w < 0)
    assert min(net) < 0 < max(net)


def test_shown_register_is_the_whole_watt_hours_counted() -> None:
    start = _local(2026, 1, 15, 0, 0)
    meter = _meter(start)
    before = _wh(meter.state())
    for power in _steady(start, start + timedelta(seconds=3599), 1000):
        meter.count(power)
    assert _wh(meter.state()) == (before[0] + 999, before[1])
    meter.count(HousePower(at=meter.at, line_w=(1000, 0, 0), solar_w=0, gas_ml=0, water_ml=0))
    assert _wh(meter.state()) == (before[0] + 1000, before[1])


def test_lines_are_netted_before_anything_is_counted() -> None:
    start = _local(2026, 1, 15, 0, 0)
    meter = _meter(start)
    offtake, injection = dict(meter.offtake_ws), dict(meter.injection_ws)
    meter.count(HousePower(at=start, line_w=(5000, 0, -5000), solar_w=0, gas_ml=0, water_ml=0))
    assert (meter.offtake_ws, meter.injection_ws) == (offtake, injection)


def test_demand_grows_to_the_average_of_the_quarter_and_starts_again() -> None:
    start = _local(2026, 1, 15, 0, 0)
    meter = _meter(start)
    demands = []
    for power in _steady(start, start + timedelta(minutes=15), 3600):
        meter.count(power)
        demands.append(meter.state().demand_w)
    assert demands[449] == 1800
    assert demands[898] == 3596
    assert demands[899] == 0
    assert meter.month_peak == (3600, start + timedelta(minutes=15))


def test_injection_inside_a_quarter_does_not_lower_its_demand() -> None:
    start = _local(2026, 1, 15, 0, 0)
    meter = _meter(start)
    for power in _steady(start, start + timedelta(minutes=5), 3000):
        meter.count(power)
    for power in _steady(meter.at, meter.at + timedelta(minutes=5), -3000):
        meter.count(power)
    assert meter.state().demand_w == 1000


def test_lower_quarter_leaves_the_month_peak() -> None:
    start = _local(2026, 1, 15, 0, 0)
    meter = _meter(start)
    before = meter.month_peak
    for power in _steady(start, start + timedelta(minutes=15), 500):
        meter.count(power)
    assert meter.month_peak == before


@pytest.mark.parametrize(("months", "after"), [(0, 1), (9, 10), (13, 13)])
def test_month_closes_at_local_midnight_with_a_row(months: int, after: int) -> None:
    start, midnight = _local(2026, 6, 30, 0, 0), _local(2026, 7, 1, 0, 0)
    meter = _meter(start, months)
    for power in _steady(start, midnight - SECOND, 4000):
        meter.count(power)
    open_months, peak = meter.months, meter.month_peak
    meter.count(
        HousePower(at=midnight - SECOND, line_w=(9000, 0, 0), solar_w=0, gas_ml=0, water_ml=0)
    )
    assert len(open_months) == months
    assert len(meter.months) == after
    assert meter.months[-1].closed == midnight
    # The last quarter, with its last second of 9 kW, is the month's highest.
    assert meter.months[-1].peak == (4005, midnight)
    assert peak.w == 4000
    assert meter.month_peak == (0, midnight)


@pytest.mark.parametrize(
    ("day", "quarters"), [((2026, 3, 28), 96), ((2026, 3, 29), 92), ((2026, 10, 25), 100)]
)
def test_day_of_the_clock_change_has_its_own_number_of_quarters(
    day: tuple[int, int, int], quarters: int
) -> None:
    start = _local(*day, 0, 0)
    end = (start.astimezone(BRUSSELS) + timedelta(days=1)).astimezone(UTC)
    meter = _meter(start)
    before, resets = _wh(meter.state()), 0
    for power in _steady(start, end, 1000):
        meter.count(power)
        resets += meter.quarter_ws == 0
    assert resets == quarters
    assert _wh(meter.state())[0] - before[0] == 250 * quarters


@pytest.mark.parametrize(
    ("when", "tariff"),
    [
        ((2026, 1, 15, 6, 59), Tariff.NIGHT),
        ((2026, 1, 15, 7, 0), Tariff.DAY),
        ((2026, 1, 15, 21, 59), Tariff.DAY),
        ((2026, 1, 15, 22, 0), Tariff.NIGHT),
        ((2026, 1, 17, 12, 0), Tariff.NIGHT),  # Saturday
        ((2026, 5, 1, 12, 0), Tariff.DAY),  # a holiday on a Friday
        ((2026, 3, 30, 7, 0), Tariff.DAY),  # first working day of summer time
    ],
)
def test_tariff_hours_are_those_of_flanders(when: tuple[int, ...], tariff: Tariff) -> None:
    assert tariff_at(_local(*when)) is tariff


def test_tariff_changes_register_on_the_second() -> None:
    seven = _local(2026, 1, 15, 7, 0)
    meter = _meter(seven - SECOND)
    night = meter.offtake_ws[Tariff.NIGHT]
    day = meter.offtake_ws[Tariff.DAY]
    meter.count(HousePower(at=seven - SECOND, line_w=(1000, 0, 0), solar_w=0, gas_ml=0, water_ml=0))
    meter.count(HousePower(at=seven, line_w=(700, 0, 0), solar_w=0, gas_ml=0, water_ml=0))
    assert meter.offtake_ws == {Tariff.NIGHT: night + 1000, Tariff.DAY: day + 700}


def test_gas_and_water_are_taken_each_five_minutes_and_shown_later() -> None:
    start = _local(2026, 1, 15, 7, 0)
    meter = _meter(start)
    gas_at_capture = {meter.gas.shown.at: meter.gas.shown.litres}
    for power in islice(seconds(HOUSE, start), 3600):
        meter.count(power)
        if meter.at.timestamp() % 300 == 0:
            gas_at_capture[meter.at] = meter.gas.total_ml // 1000
        for shown in meter.state().submeters:
            assert shown.at.timestamp() % 300 == 0
            assert 10 <= (meter.at - shown.at).total_seconds() <= 371 or meter.at < start + SECOND
        gas = meter.gas.shown
        assert gas.litres == gas_at_capture.get(gas.at, gas.litres)
    assert len(gas_at_capture) == 13
    assert len(set(gas_at_capture.values())) > 5


def test_restart_on_the_same_day_finds_the_same_registers() -> None:
    morning, noon = _local(2026, 5, 15, 1, 0), _local(2026, 5, 15, 3, 30)
    meter = _meter(morning)
    for power in islice(seconds(HOUSE, morning), (noon - morning) // SECOND):
        meter.count(power)
    assert _meter(noon).state() == meter.state()


def test_history_is_plausible() -> None:
    start = _local(2026, 3, 10, 0, 0)
    meter = _meter(start)
    closed = [row.closed.astimezone(BRUSSELS) for row in meter.months]
    assert [(at.year, at.month) for at in closed] == [
        *((2025, month) for month in range(3, 13)),
        *((2026, month) for month in range(1, 4)),
    ]
    for row in meter.months:
        assert (row.closed.astimezone(BRUSSELS).day, row.closed.astimezone(BRUSSELS).hour) == (1, 0)
        assert row.peak.at < row.closed <= start
        assert row.peak.at.timestamp() % 900 == 0
        assert 2500 <= row.peak.w <= 5200
    assert closed[-1] <= meter.month_peak.at.astimezone(BRUSSELS) < start


def test_new_meter_starts_from_zero_with_another_id() -> None:
    meter = _meter(_local(2026, 1, 15, 1, 0))
    new = meter.replaced()
    assert new.serial != meter.serial
    assert len(new.serial) == len(meter.serial)
    assert _wh(new.state()) == (0, 0)
    assert (new.months, new.month_peak.w, new.quarter_ws) == ((), 0, 0)
    assert new.state().submeters == meter.state().submeters


@pytest.mark.parametrize("grid", list(Grid))
@pytest.mark.parametrize("lines", [(300, 200, 2801), (-2000, 151, 90), (0, 0, 0)])
def test_phases_add_up_to_the_total(grid: Grid, lines: tuple[int, int, int]) -> None:
    phases = phases_of(lines, grid)
    assert sum(phase.w for phase in phases) == sum(lines)
    assert len(phases) == (1 if grid is Grid.ONE_PHASE else 3)


def test_delta_grid_has_no_voltage_and_no_power_on_l2() -> None:
    assert phases_of((300, 200, 800), Grid.DELTA)[1][:2] == (0, 0)
