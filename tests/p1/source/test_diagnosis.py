"""Bytes that contain no telegram are diagnosed in one sentence."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p1 import diagnosis
from p1.framing import Framer
from tests.p1.source.made import telegram

TELEGRAMS = Path(os.environ.get("DM_SHARED", Path(__file__).parents[4] / "shared")) / "telegrams"
EVEN_PARITY = bytes(byte | (byte.bit_count() % 2) << 7 for byte in range(128)) + bytes(128)
COMPLEMENT = bytes(255 - byte for byte in range(256))


def diagnose(data: bytes) -> str:
    """The sentence for these bytes."""
    framer = Framer()
    framer.feed(data)
    return diagnosis.sentence(data[-diagnosis.SAMPLE_BYTES :], framer.counts)


def stream(count: int = 3) -> bytes:
    return b"".join(telegram(second) for second in range(count))


DAMAGED = telegram().replace(b"00.444", b"0.444")
CASES = {
    "nothing": (b"", "No data at all"),
    "inverted": (stream().translate(COMPLEMENT), "inverted"),
    "parity": (stream().translate(EVEN_PARITY), "7E1"),
    "no carriage returns": (stream().replace(b"\r\n", b"\n"), "carriage returns"),
    "two line feeds": (stream().replace(b"\r\n", b"\n\n"), "carriage returns"),
    "no CRC": (telegram().rpartition(b"!")[0] + b"!\r\n/", "have no CRC"),
    "damaged": (DAMAGED * 4, "4 of 4 telegrams (100 %) fail"),
    "some damaged": (telegram() * 3 + DAMAGED, "1 of 4 telegrams (25 %) fail"),
    "cut": ((telegram()[:150]) * 4, "never complete"),
    "begun": (telegram()[:150], "150 bytes so far"),
    "wrong speed": (bytes([0x00, 0x80, 0xF8, 0x1E, 0xE6, 0x00]) * 50, "noise"),
    "another device": (b"login: \r\n", 'no telegram: "login:"'),
    "all is well": (stream(), "All is well: 3 good"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_fault_has_its_sentence(case: str) -> None:
    """The sentence contains the remedy for the householder."""
    data, words = CASES[case]
    assert words in diagnose(data)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inverted", "inverted"),
        ("7e1_as_8n1", "7E1"),
        ("lf_only", "carriage returns"),
        ("line_lost", "fail their CRC"),
        ("garbage_before", "All is well: 1"),
        ("two", "All is well: 2"),
    ],
)
def test_captured_faults(name: str, words: str) -> None:
    """The faults seen in the field are distinguished."""
    path = TELEGRAMS / f"synthetic_stream_{name}.txt"
    if not path.exists():
        pytest.skip(f"no corpus of telegrams at {TELEGRAMS}")
    assert words in diagnose(path.read_bytes())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_get_one_printable_sentence(data: bytes) -> None:
    """Any input gives one line that a terminal can show."""
    text = diagnose(data)
    assert text
    assert text.isprintable()
