"""Real telegrams: each value agrees with what an independent program read from the same bytes.

The corpus holds meter serials and stays outside the project: DM_SHARED, or ../shared.
"""

import json
import os
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from p1.framing import Frame, Framer, Reason, Rejected
from p1.reader import Reader
from p1.reading import Grid, Medium, MonthPeak, Reading, Submeter, Tariff, read
from p1.telegram import Line, Telegram, parse

SHARED = Path(os.environ.get("DM_SHARED", Path(__file__).parents[3] / "shared"))
CORPUS = SHARED / "telegrams"
ALL = {path.stem: path for path in sorted(CORPUS.glob("*.json"))}
pytestmark = pytest.mark.skipif(not ALL, reason=f"no telegrams in {CORPUS}: set DM_SHARED")


def expected(name: str) -> Any:
    return json.loads(ALL[name].read_text(encoding="utf-8"))


def raw(name: str) -> bytes:
    return ALL[name].with_suffix(".txt").read_bytes()


def framed(name: str) -> list[Frame | Rejected]:
    return Framer().feed(raw(name) + b"\n")


VALID = [name for name in ALL if expected(name).get("crc_ok")]
INVALID = [name for name in ALL if expected(name).get("crc_ok", True) is not True]
STREAMS = [name for name in ALL if "telegrams" in expected(name)]


def read_one(name: str) -> tuple[Telegram, Reading, Any]:
    (frame,) = framed(name)
    assert isinstance(frame, Frame)
    telegram = parse(frame.raw)
    return telegram, read(telegram), expected(name)["values"]


@pytest.mark.parametrize("name", VALID)
def test_every_object_in_order(name: str) -> None:
    telegram, _, _ = read_one(name)
    known = expected(name)
    assert telegram.header == known["header"]
    assert telegram.lines == tuple(Line(obis, tuple(groups)) for obis, groups in known["objects"])
    assert list(telegram.unparsed) == known["unparsed_lines"]


def number(known: Any, unit: str) -> Decimal | None:
    """The expected value in our unit; None when it is absent or, against the rules, negative."""
    if not known or Decimal(known["value"]) < 0:
        return None
    decimals = {unit.removeprefix("k"): 3, "kVA": 0, unit: 0}[known["unit"]]
    return Decimal(known["value"]).scaleb(-decimals)


def real(known: Any, unit: str) -> float | None:
    value = number(known, unit)
    return None if value is None else float(value)


def moment(known: Any) -> datetime | None:
    """The expected UTC time; a stamp without a flag is Belgian time, which the corpus leaves
    open.
    """
    if not known or not known["valid"]:
        return None
    if known["utc"]:
        return datetime.fromisoformat(known["utc"])
    return datetime.fromisoformat(known["local"]).replace(tzinfo=ZoneInfo("Europe/Brussels"))


def registers(values: Any, dutch: bool) -> dict[str, Decimal | None]:
    day, night = ("t2", "t1") if dutch else ("t1", "t2")
    found = {}
    for known, ours in (("import", "offtake"), ("export", "injection")):
        has_tariffs = f"{known}_t1" in values or f"{known}_t2" in values
        total = None if has_tariffs else values.get(f"{known}_total")
        found[f"{ours}_day_kwh"] = number(values.get(f"{known}_{day}") or total, "kWh")
        found[f"{ours}_night_kwh"] = number(values.get(f"{known}_{night}"), "kWh")
    return found


@pytest.mark.parametrize("name", VALID)
def test_every_plain_value(name: str) -> None:
    telegram, reading, values = read_one(name)
    for field, kwh in registers(values, telegram.dutch).items():
        assert getattr(reading, field) == kwh, field
    assert reading.time == moment(values.get("clock"))
    assert reading.meter_id == (values.get("meter_id") or None)
    assert reading.version == values.get("version")
    assert reading.message == values.get("text")
    assert reading.offtake_kw == real(values.get("power_import"), "kW")
    assert reading.injection_kw == real(values.get("power_export"), "kW")
    assert reading.demand_kw == real(values.get("avg_demand"), "kW")
    assert reading.limit_kw == real(values.get("limiter"), "kW")
    assert reading.limit_a == real(values.get("fuse"), "A")
    breaker = {"0": "off", "1": "on", "2": "ready", None: None}[values.get("breaker")]
    assert reading.breaker == breaker
    low, high = (Tariff.NIGHT, Tariff.DAY) if telegram.dutch else (Tariff.DAY, Tariff.NIGHT)
    assert reading.tariff == {"0001": low, "0002": high, None: None}[values.get("tariff")]


@pytest.mark.parametrize("name", VALID)
def test_every_phase(name: str) -> None:
    _, reading, values = read_one(name)
    for n, phase in enumerate(reading.phases, start=1):
        assert phase.offtake_kw == real(values.get(f"power_import_l{n}"), "kW")
        assert phase.injection_kw == real(values.get(f"power_export_l{n}"), "kW")
        assert phase.voltage_v == real(values.get(f"voltage_l{n}"), "V")
        assert phase.current_a == real(values.get(f"current_l{n}"), "A")
    sent = {key[-1] for key in values if key[-3:-1] == "_l"}
    assert len(reading.phases) == {frozenset(): 0, frozenset("1"): 1}.get(frozenset(sent), 3)


@pytest.mark.parametrize("name", VALID)
def test_the_peaks(name: str) -> None:
    _, reading, values = read_one(name)
    known = values.get("month_peak")
    assert (reading.month_peak is None) == (known is None)
    if reading.month_peak is not None:
        assert reading.month_peak.kw == number(known, "kW")
        assert reading.month_peak.at == moment(known["at"])
    rows = values.get("peak_history", {}).get("rows", [])
    assert reading.month_peaks == tuple(month_peak(row) for row in rows)


def month_peak(row: Any) -> MonthPeak:
    ends = datetime.fromisoformat(row["month_end"]["local"]).date()
    month: date = (ends - timedelta(days=1)).replace(day=1)
    return MonthPeak(month, Decimal(row["value"]), moment(row["at"]))


@pytest.mark.parametrize("name", VALID)
def test_the_submeters(name: str) -> None:
    _, reading, values = read_one(name)
    known = {
        int(channel): meter
        for channel, meter in values.get("mbus", {}).items()
        if "type" in meter or "reading" in meter
    }
    assert [meter.channel for meter in reading.submeters] == sorted(known)
    for meter in reading.submeters:
        assert_submeter(meter, known[meter.channel])


def assert_submeter(meter: Submeter, known: Any) -> None:
    medium = known.get("medium", "?").removesuffix(" (inlet)")
    assert meter.medium == (Medium.OTHER if medium == "?" else medium)
    assert meter.meter_id == (known.get("id") or None)
    assert meter.valve == known.get("valve")
    sent = known.get("reading", {})
    assert meter.at == moment(sent.get("at"))
    if meter.at is None:
        assert meter.value is None
        return
    assert meter.value == Decimal(sent["value"])
    assert meter.unit == sent["unit"]


def test_the_grid_of_belgian_houses() -> None:
    """The grid type as sent, else by the voltages; it is listed in the corpus's index."""
    index = (CORPUS / "INDEX.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip(): cells for line in index.splitlines() if (cells := line.split("|"))[1:]
    }
    for name in VALID:
        cells = rows[name]
        if cells[2].strip() == "BE":
            kind = cells[7].split(";")[0].split()[0]
            known = {"1ph": Grid.ONE_PHASE, "3ph": Grid.STAR, "3x230": Grid.DELTA}[kind]
            assert read_one(name)[1].grid is known, name


@pytest.mark.parametrize("name", INVALID)
def test_a_wrong_or_absent_crc_is_rejected(name: str) -> None:
    """A missing CRC has a reason of its own."""
    events = framed(name)
    assert events
    assert all(isinstance(event, Rejected) for event in events)
    if expected(name)["crc_given"] is None:
        assert any(isinstance(e, Rejected) and e.reason is Reason.NO_CRC for e in events)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [1, 512, 1 << 20])
def test_streams_give_exactly_the_good_telegrams(name: str, size: int) -> None:
    """Offset, CRC and clock agree; the long stream gives all its 566 telegrams."""
    stream, framer = raw(name), Framer()
    events = [
        e
        for start in range(0, len(stream), size)
        for e in framer.feed(stream[start : start + size])
    ]
    good = [event for event in events if isinstance(event, Frame)]
    found = [
        {
            "offset": frame.offset,
            "crc": frame.raw[-4:].decode(),
            "clock": parse(frame.raw).values["0-0:1.0.0"],
        }
        for frame in good
    ]
    assert found == expected(name)["telegrams"]
    assert framer.counts.good == expected(name)["good"]


def test_one_reader_for_all_meters_in_turn() -> None:
    """One reader gives the same result for all telegrams of the corpus in order."""
    reader = Reader()
    for name in [*STREAMS, *VALID, *VALID[::-1]]:
        for event in framed(name):
            if isinstance(event, Frame):
                telegram = parse(event.raw)
                assert reader.read(telegram) == read(telegram)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("synthetic_stream_7e1_as_8n1", Reason.SEVEN_BIT),
        ("synthetic_stream_lf_only", Reason.CR_STRIPPED),
        ("synthetic_stream_line_lost", Reason.CRC),
        ("fault_dsmr_tools_joined", Reason.CUT),
        ("fault_esp8266_p1meter_35_buffer_overrun", Reason.CRC),
    ],
)
def test_the_fault_is_named(name: str, reason: Reason) -> None:
    reasons = [event.reason for event in framed(name) if isinstance(event, Rejected)]
    assert reasons == [reason]
