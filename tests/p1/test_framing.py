"""Bytes become telegrams with any chunk size and any kind of damage."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p1.crc import crc
from p1.framing import MAX_BYTES, Frame, Framer, Reason, Rejected
from tests.p1 import make

GOOD = make.house()
RAW = GOOD.rstrip()
OTHER = make.house({"0-0:1.0.0": "(260115173825W)"})


def fed(*chunks: bytes) -> tuple[list[Frame | Rejected], Framer]:
    framer = Framer()
    return [event for chunk in chunks for event in framer.feed(chunk)], framer


def outcome(stream: bytes) -> list[str]:
    """The results of a stream: "good" or the reason, in order."""
    events, _ = fed(stream)
    return ["good" if isinstance(event, Frame) else event.reason for event in events]


def test_crc_is_arc() -> None:
    """The check value of CRC-16/ARC."""
    assert crc(b"123456789") == 0xBB3D


def test_a_telegram_is_complete_with_its_last_digit() -> None:
    """The Reading is complete before the line end arrives, at the end of a file too."""
    events, framer = fed(RAW)
    assert events == [Frame(RAW, 0)]
    assert framer.counts.good == 1


def test_offset_is_the_place_in_the_stream() -> None:
    events, framer = fed(b"ser2net\r\n" + GOOD + OTHER)
    assert [event.offset for event in events] == [9, 9 + len(GOOD)]
    assert framer.counts.garbage_bytes == len("ser2net")


def test_fault_1_and_2_a_line_of_any_length_fits() -> None:
    """A history with one more row or a text of 1024 characters is read: there is no line limit."""
    rows = "".join(f"(2{y}0{m}01000000W)(250101001500W)(01.000*kW)" for y in "456" for m in "12345")
    raw = make.house(
        {
            "0-0:98.1.0": f"(15)(1-0:1.6.0)(1-0:1.6.0){rows}",
            "0-0:96.13.0": f"({'48' * 1024})",
        }
    )
    assert outcome(raw) == ["good"]


def test_fault_2_a_telegram_without_end_is_dropped_at_the_cap() -> None:
    """The next header is found, and memory stays bounded."""
    endless = b"/FLU5\\x\r\n" + b"1-0:1.7.0(00.1*kW)\r\n" * 2000
    assert outcome(endless + GOOD) == ["too_long", "good"]


def test_fault_2_a_header_right_at_the_cap_is_found() -> None:
    for short in range(8):
        endless = b"/FLU5\\x\r\n".ljust(MAX_BYTES - short, b"x")
        assert outcome(endless + GOOD)[-1] == "good"


@given(st.data())
@settings(max_examples=60)
def test_fault_3_any_chunking_gives_the_same(data: st.DataObject) -> None:
    """The size of a read does not matter."""
    parts = [GOOD, OTHER, b"\x00\xff!12/AB", RAW[:200], RAW.replace(b"0", b"1", 1), b"/FLU5!\r\n"]
    stream = b"".join(data.draw(st.lists(st.sampled_from(parts), max_size=6)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, one = fed(stream)
    split, other = fed(*pieces)
    assert whole == split
    assert one.counts == other.counts


def test_fault_3_byte_by_byte() -> None:
    events, _ = fed(*(bytes([byte]) for byte in b"noise" + GOOD + OTHER))
    assert [event.raw for event in events] == [RAW, OTHER.rstrip()]


@pytest.mark.parametrize("cut", [7, 100, len(RAW) - 5, len(RAW) - 4, len(RAW) - 2])
def test_fault_4_a_cut_telegram_before_a_whole_one(cut: int) -> None:
    """Exactly one is good, wherever the first was cut, also within its CRC."""
    assert outcome(RAW[:cut] + GOOD).count("good") == 1


def test_fault_4_a_header_restarts_in_the_middle_of_a_line() -> None:
    assert outcome(RAW[: RAW.index(b"1-0:1.7.0") + 14] + GOOD) == ["cut", "good"]


def test_fault_5_a_lost_byte_rejects_the_whole_telegram() -> None:
    for place in range(20, len(RAW) - 6, 97):
        assert outcome(RAW[:place] + RAW[place + 1 :] + b"\r\n") == ["crc"]


def test_fault_6_a_byte_above_127_is_no_trouble() -> None:
    """For m³ and texts in latin-1 the CRC decides."""
    raw = make.house({"0-1:24.2.3": "(260115173500W)(01284.807*m\xb3)"})
    assert outcome(raw) == ["good"]


def test_fault_7_telnet_bytes_and_banners_are_skipped() -> None:
    assert outcome(b"\xff\xfb\x01\xff\xfd\x03P1 Fluvius bridge\r\n" + GOOD) == ["good"]


def test_fault_7_7e1_read_as_8n1_is_named() -> None:
    """Bit 7 carries the parity; without it the CRC is right."""
    parity = bytes(byte | (byte.bit_count() % 2) << 7 for byte in GOOD)
    assert outcome(parity + parity) == ["seven_bit", "seven_bit"]


def test_fault_8_nul_before_the_line_end() -> None:
    assert outcome(RAW + b"\x00\r\n" + OTHER) == ["good", "good"]


def test_fault_9_crc_in_lower_case() -> None:
    raw = make.house({"0-0:96.14.0": "(0002)"}).rstrip()
    assert outcome(raw[:-4] + raw[-4:].lower()) == ["good"]


def test_fault_9_crc_without_leading_zero() -> None:
    """Gateways print a CRC below 1000 hex with three digits; it is complete with the next byte."""
    seconds = (make.house({"0-0:1.0.0": f"(2601151738{s:02}W)"}).rstrip() for s in range(60))
    raw = next(raw for raw in seconds if raw[-4:-3] == b"0")
    short = raw[:-4] + raw[-4:].lstrip(b"0")
    assert outcome(short) == []
    assert outcome(short + b"\n") == ["good"]


def test_fault_10_an_inverted_signal_is_garbage_and_counted() -> None:
    inverted = bytes(255 - byte for byte in GOOD * 3)
    events, framer = fed(inverted)
    assert events == []
    assert framer.counts.garbage_bytes >= len(inverted) - 3


@pytest.mark.parametrize("ending", [b"\n", b"\n\n"])
def test_stripped_carriage_returns_are_named(ending: bytes) -> None:
    """A tty with icrnl gives LF LF, a gateway LF: the CRC is correct after CR is restored."""
    assert outcome(GOOD.replace(b"\r\n", ending)) == ["cr_stripped"]


def test_a_telegram_without_crc_is_rejected_and_named() -> None:
    """Before DSMR 4 a telegram has no proof of completeness."""
    assert outcome(RAW[:-4] + b"\r\n" + GOOD) == ["no_crc", "good"]


def test_line_ends_between_telegrams_are_not_garbage() -> None:
    _, framer = fed(GOOD + b"\r\n\r\n" + OTHER)
    assert framer.counts.garbage_bytes == 0


def test_counts_by_reason() -> None:
    _, framer = fed(RAW[:100] + GOOD + RAW[:-4] + b"\r\n" + OTHER)
    assert framer.counts.rejected == {Reason.CUT: 1, Reason.NO_CRC: 1}
    assert framer.counts.good == 2


@given(st.lists(st.binary(max_size=300), max_size=8))
@settings(max_examples=150)
def test_no_bytes_raise(chunks: list[bytes]) -> None:
    fed(*chunks)


NOISE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([b"/", b"!", b"/FLU", b"\xafFLU", b"\r\n", b"/ABC!", b"!1F", RAW[:300]]),
    ),
    max_size=10,
).map(b"".join)


@given(NOISE)
@settings(max_examples=200)
def test_after_any_garbage_the_next_telegram_is_read(noise: bytes) -> None:
    assert outcome(noise + GOOD)[-1] == "good"


@pytest.mark.parametrize(
    "noise", [b"/", b"!", b"/ABC", b"/ABC!", b"\xaf", b"x", b"\n", RAW[:-4] + b"!"]
)
def test_garbage_costs_linear_time(noise: bytes) -> None:
    """The time per byte does not grow over a megabyte of worst-case bytes in small chunks."""
    stream = (noise * (1_000_000 // len(noise) + 1))[:1_000_000]
    framer = Framer()
    start = time.perf_counter()
    for place in range(0, len(stream), 512):
        framer.feed(stream[place : place + 512])
    assert time.perf_counter() - start < 10
    assert framer.feed(b"!\r\n" + GOOD)[-1] == Frame(RAW, len(stream) + 3)
