"""The simulated telegram follows eMUCS-P1 50221 line by line, and p1 reads its values."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

import pytest

from base.time import BRUSSELS
from p1.crc import crc
from p1.reading import Breaker, Grid, Medium, MonthPeak, Peak, Phase, Tariff, read
from p1.telegram import parse
from sim.day import SECOND, House, seconds
from sim.options import Options
from sim.past import in_service
from sim.registers import MeterState
from sim.stream import states, telegrams
from sim.telegram import stamp, write


def _forms(grid: Grid) -> list[str]:
    """Every line of a 50221 telegram in order, digits as 9. Source: eMUCS-P1 2.1.1, table 9."""
    lines = (0,) if grid is Grid.ONE_PHASE else (0, 20, 40)
    return [
        "0-0:96.1.4(99999)",
        *(() if grid is Grid.ONE_PHASE else ("1-0:94.32.1(999)",)),
        *("0-0:96.1.1(hex)", "0-0:96.1.2(hex)", "0-0:1.0.0(time)"),
        *(f"1-0:{code}(999999.999*kWh)" for code in ("1.8.1", "1.8.2", "2.8.1", "2.8.2")),
        *("0-0:96.14.0(9999)", "1-0:1.4.0(99.999*kW)", "1-0:1.6.0(time)(99.999*kW)"),
        "0-0:98.1.0(99)(9-9:9.9.9)(9-9:9.9.9)" + 13 * "(time)(time)(99.999*kW)",
        *("1-0:1.7.0(99.999*kW)", "1-0:2.7.0(99.999*kW)"),
        *(f"1-0:{21 + line}.7.0(99.999*kW)" for line in lines),
        *(f"1-0:{22 + line}.7.0(99.999*kW)" for line in lines),
        *(f"1-0:{32 + line}.7.0(999.9*V)" for line in lines),
        *(f"1-0:{31 + line}.7.0(999.99*A)" for line in lines),
        *("0-0:96.3.10(9)", "0-0:17.0.0(99.999*kW)", "1-0:31.4.0(999.99*A)"),
        *(f"0-{relay}:96.3.10(9)" for relay in (1, 2, 3, 4)),
        "0-0:96.13.0()",
        *("0-1:24.1.0(999)", "0-1:96.1.1(hex)", "0-1:96.1.2(hex)", "0-1:24.4.0(9)"),
        "0-1:24.2.3(time)(99999.999*m3)",
        *("0-2:24.1.0(999)", "0-2:96.1.1(hex)", "0-2:96.1.2(hex)"),
        "0-2:24.2.1(time)(99999.999*m3)",
    ]


def _form(line: str) -> str:
    code, bracket, values = line.partition("(")
    values = re.sub(r"\b\d{12}[SW](?=\))", "time", values)
    values = re.sub(r"^(?:[0-9A-F]{2}){10,}(?=\))", "hex", values)
    return code + bracket + re.sub(r"(?<!m)\d", "9", values)


@pytest.mark.parametrize("grid", list(Grid))
def test_every_line_has_the_form_of_the_specification(grid: Grid) -> None:
    options = Options(start=datetime(2026, 5, 15, 1, tzinfo=UTC), grid=grid)
    for raw in telegrams(options, 20):
        text = raw.decode("ascii")
        assert text.count("\r") == text.count("\n") == text.count("\r\n")
        header, blank, *lines, last, end = text.split("\r\n")
        assert re.fullmatch(r"/[A-Z]{3}5\\.{1,16}", header)
        assert (blank, end) == ("", "")
        assert re.fullmatch(r"![0-9A-F]{4}", last)
        assert [_form(line) for line in lines] == _forms(grid)


def test_crc_covers_slash_to_exclamation_mark() -> None:
    for raw in telegrams("sim://?start=2026-01-15", 5):
        body, mark, digits = raw.partition(b"!")
        assert crc(body + mark) == int(digits, 16)


def test_meter_without_history_sends_an_empty_group() -> None:
    (raw,) = telegrams("sim://?start=2026-01-15&months=0", 1)
    assert b"0-0:98.1.0(0)(1-0:1.6.0)(1-0:1.6.0)()\r\n" in raw


@pytest.mark.parametrize(
    ("before", "stamps"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), ("260329015959W", "260329030000S")),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), ("261025025959S", "261025020000W")),
    ],
)
def test_stamp_tells_summer_from_winter(before: datetime, stamps: tuple[str, str]) -> None:
    assert (stamp(before), stamp(before + SECOND)) == stamps


def _agree(state: MeterState) -> None:
    """Check that p1 reads exactly the simulated values from the telegram of this state."""
    reading = read(parse(write(state)))
    assert (reading.time, reading.meter_id, reading.version) == (state.at, state.serial, "50221")
    assert (reading.tariff, reading.grid) == (state.tariff, state.grid)
    assert [
        reading.offtake_day_kwh,
        reading.offtake_night_kwh,
        reading.injection_day_kwh,
        reading.injection_night_kwh,
    ] == [Decimal(wh) / 1000 for wh in state[3:7]]
    assert reading.offtake_kw == max(0, state.power_w) / 1000
    assert reading.injection_kw == max(0, -state.power_w) / 1000
    assert reading.breaker is Breaker.ON
    assert reading.phases == tuple(
        Phase(max(0, w) / 1000, max(0, -w) / 1000, decivolt / 10, centiamp / 100)
        for w, decivolt, centiamp in state.phases
    )
    _agree_on_peaks(state)
    assert [
        (meter.channel, meter.medium, meter.meter_id, meter.value, meter.unit, meter.at)
        for meter in reading.submeters
    ] == [
        (meter.channel, meter.medium, meter.serial, Decimal(meter.litres) / 1000, "m3", meter.at)
        for meter in state.submeters
    ]


def _agree_on_peaks(state: MeterState) -> None:
    reading = read(parse(write(state)))
    assert state.demand_w is not None
    assert state.months is not None
    assert reading.demand_kw == state.demand_w / 1000
    assert state.month_peak is not None
    assert reading.month_peak == Peak(Decimal(state.month_peak.w) / 1000, state.month_peak.at)
    for peak, row in zip(reading.month_peaks, state.months, strict=True):
        month = (row.closed.astimezone(BRUSSELS) - timedelta(days=1)).date().replace(day=1)
        assert peak == MonthPeak(month, Decimal(row.peak.w) / 1000, row.peak.at)


@pytest.mark.parametrize("grid", list(Grid))
@pytest.mark.parametrize("start", ["2026-01-15T00:00", "2026-06-15T12:00", "2026-10-25T01:59"])
def test_p1_reads_back_exactly_what_was_simulated(grid: Grid, start: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=BRUSSELS).astimezone(UTC)
    for state in islice(states(Options(start=at, grid=grid)), 0, 400, 7):
        _agree(state)


def test_month_rollover_is_read_back() -> None:
    start = datetime(2026, 1, 31, 23, 59, 55, tzinfo=BRUSSELS).astimezone(UTC)
    seen = list(states(Options(start=start, months=9), 10))
    for state in seen:
        _agree(state)
    assert [len(state.months or ()) for state in seen] == [9] * 5 + [10] * 5
    assert b"0-0:98.1.0(10)" in write(seen[-1])
    assert b"1-0:1.6.0(260201000000W)(00.000*kW)" in write(seen[-1])


def test_never_offtake_and_injection_in_one_second() -> None:
    meter = in_service(House(), datetime(2026, 5, 14, 22, tzinfo=UTC), Grid.STAR, 13)
    for power in islice(seconds(House(), datetime(2026, 5, 15, 5, tzinfo=UTC)), 0, 7200, 20):
        meter.count(power)
        reading = read(parse(write(meter.state())))
        assert reading.offtake_kw is not None
        assert reading.injection_kw is not None
        assert min(reading.offtake_kw, reading.injection_kw) == 0


def test_night_and_day_have_their_codes() -> None:
    (night,) = states(Options(start=datetime(2026, 1, 15, 5, 59, 59, tzinfo=UTC)), 1)
    assert night.tariff is Tariff.NIGHT
    assert b"0-0:96.14.0(0002)" in write(night)
    assert b"0-0:96.14.0(0001)" in write(night._replace(tariff=Tariff.DAY))


def test_sub_meters_are_gas_and_water() -> None:
    (state,) = states(Options(start=datetime(2026, 1, 15, tzinfo=UTC)), 1)
    assert [meter.medium for meter in state.submeters] == [Medium.GAS, Medium.WATER]
