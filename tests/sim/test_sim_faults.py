"""Each fault has the effect in its docstring, at the requested time, and no other."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from p1.framing import Frame, Framer, Reason
from p1.reading import Reading, read
from p1.telegram import parse
from sim import faults
from sim.faults import Fault, Planned
from sim.stream import telegrams

START = "sim://?start=2026-01-15T00:10"


def _stream(asked: str, count: int = 6, more: str = "") -> list[bytes]:
    return list(telegrams(f"{START}{more}&faults={asked}", count))


def _framed(stream: Sequence[bytes]) -> Framer:
    framer = Framer()
    for chunk in stream:
        framer.feed(chunk)
    return framer


def _readings(asked: str, count: int = 6, more: str = "") -> list[Reading]:
    framer = Framer()
    found = [each for raw in _stream(asked, count, more) for each in framer.feed(raw)]
    assert len(found) == count
    return [read(parse(each.raw)) for each in found if isinstance(each, Frame)]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.CUT, Reason.CUT),
        (Fault.LOST, Reason.CRC),
        (Fault.BIT, Reason.CRC),
        (Fault.LF, Reason.CR_STRIPPED),
    ],
)
def test_damaged_telegram_is_one_rejected_among_good(fault: Fault, reason: Reason) -> None:
    counts = _framed(_stream(f"{fault}@2")).counts
    assert (counts.good, counts.rejected) == (5, {reason: 1})


@pytest.mark.parametrize("fault", [Fault.FF, Fault.NUL])
def test_stray_bytes_leave_the_telegram_good(fault: Fault) -> None:
    stream = _stream(f"{fault}@2")
    assert stream[2] != _stream("")[2]
    assert _framed(stream).counts.good == 6


def test_stray_bytes_are_ff_before_and_nul_behind() -> None:
    assert _stream("ff@2")[2].startswith(b"\xff\xff\xff/FLU5")
    assert _stream("nul@2")[2].endswith(b"\0\r\n")


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.INVERTED, Fault.SILENCE, Fault.SEVEN])
def test_unreadable_telegrams_are_not_good_and_the_next_is(fault: Fault) -> None:
    assert _framed(_stream(f"{fault}@1+3", 10)).counts.good == 7


def test_silence_is_no_byte_at_all() -> None:
    stream = _stream("silence@1+3")
    assert [not raw for raw in stream] == [False, True, True, True, False, False]


def test_seven_bits_carry_even_parity() -> None:
    damaged, whole = _stream("7e1@0")[0], _stream("")[0]
    assert bytes(byte & 0x7F for byte in damaged) == whole
    assert all(byte.bit_count() % 2 == 0 for byte in damaged)


def test_inverted_twice_is_the_telegram() -> None:
    assert bytes(byte ^ 0xFF for byte in _stream("inverted@0")[0]) == _stream("")[0]


def test_garbage_is_the_same_each_time() -> None:
    assert _stream("garbage@1+3") == _stream("garbage@1+3")


def test_register_is_zero_for_one_telegram() -> None:
    registers = [reading.offtake_day_kwh for reading in _readings("zero@2")]
    assert registers[2] == 0
    assert registers[1] == registers[3] != 0


def test_register_jumps_and_stays() -> None:
    plain, jumped = _readings(""), _readings("jump@2")
    steps = [
        (after.offtake_day_kwh or 0) - (before.offtake_day_kwh or 0)
        for before, after in zip(plain, jumped, strict=True)
    ]
    assert steps == [0, 0, 500, 500, 500, 500]


def test_replaced_meter_has_a_new_id_and_counts_from_zero() -> None:
    readings = _readings("swap@2", 700)
    assert len({reading.meter_id for reading in readings[:2]}) == 1
    assert len({reading.meter_id for reading in readings}) == 2
    assert readings[2].offtake_night_kwh == 0
    assert readings[2].month_peaks == ()
    assert 0 < (readings[-1].offtake_night_kwh or 0) < Decimal("0.2")


def test_clock_is_ten_minutes_ahead_for_a_while() -> None:
    plain, ahead = _readings(""), _readings("clock@2+2")
    offsets = [
        (late.time - right.time).total_seconds()
        for late, right in zip(ahead, plain, strict=True)
        if late.time and right.time
    ]
    assert offsets == [0, 0, 600, 600, 0, 0]


def test_clock_begins_again_at_2000() -> None:
    stream = _stream("2000@2")
    assert b"(000101000000W)" in stream[2]
    assert b"(000101000003W)" in stream[5]


def test_wrong_season_moves_the_clock_an_hour_in_utc_only() -> None:
    plain, wrong = _stream(""), _stream("dst@2")
    assert plain[2].partition(b"0-0:1.0.0(")[2][:13] == b"260115001002W"
    assert wrong[2].partition(b"0-0:1.0.0(")[2][:13] == b"260115001002S"


def test_peaks_vanish_and_the_rest_stays() -> None:
    for reading in _readings("vanish@0"):
        assert (reading.demand_kw, reading.month_peak, reading.month_peaks) == (None, None, ())
        assert reading.offtake_kw is not None


@pytest.mark.parametrize("months", [0, 9, 13])
def test_history_grows_to_fifteen_contiguous_months(months: int) -> None:
    readings = _readings("rows@2", more=f"&months={months}")
    assert [len(reading.month_peaks) for reading in readings] == [months] * 2 + [15] * 4
    named = [12 * peak.month.year + peak.month.month for peak in readings[2].month_peaks]
    assert named == list(range(named[0], named[0] + 15))


def test_several_faults_at_once() -> None:
    stream = _stream("jump@1,vanish@1,cut@3")
    assert b"1-0:1.4.0" not in stream[2]
    assert not stream[3].endswith(b"\r\n")


def test_plan_is_read_with_its_durations() -> None:
    assert faults.parse("cut@120, silence@300+15,jump@7,") == (
        Planned(Fault.CUT, 120, 121),
        Planned(Fault.SILENCE, 300, 315),
        Planned(Fault.JUMP, 7, None),
    )
    assert faults.parse("") == ()


@pytest.mark.parametrize(
    "text", ["cut", "cut@", "cut@-1", "cut@1+", "cut@1+0", "bang@3", "cut@1.5"]
)
def test_wrong_plan_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text[:3]):
        faults.parse(text)


def test_every_fault_changes_the_stream() -> None:
    for fault in Fault:
        assert _stream(f"{fault}@0", 1) != _stream("", 1)
