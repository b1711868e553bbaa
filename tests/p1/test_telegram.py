"""Every line of a telegram, in order, with a description for the screen."""

from hypothesis import given
from hypothesis import strategies as st

from base.text import masked
from p1.obis import describe
from p1.telegram import Line, parse
from tests.p1 import make


def test_every_line_is_kept_in_order() -> None:
    """Unknown, repeated and unreadable lines are kept too."""
    lines = "1-0:1.7.0(00.3*kW)\r\n0-0:96.13.99(x)(y)\r\n1-0:1.7.0(00.9*kW)\r\n(??)\r\nnoise\r\n"
    telegram = make.telegram_of(make.seal_text(lines))
    assert telegram.header == make.HEADER
    assert telegram.lines == (
        Line("1-0:1.7.0", ("00.3*kW",)),
        Line("0-0:96.13.99", ("x", "y")),
        Line("1-0:1.7.0", ("00.9*kW", "??")),
    )
    assert telegram.unparsed == ("noise",)


def test_an_invalid_line_affects_no_other() -> None:
    lines = "1-0:1.8.1(000001\r\n1-0:1.7.0(00.300*kW)"
    telegram = make.telegram_of(make.seal_text(lines))
    assert telegram.values == {"1-0:1.7.0": "00.300*kW"}
    assert telegram.unparsed == ("1-0:1.8.1(000001",)


def test_no_bytes_are_too_few() -> None:
    assert parse(b"").lines == ()
    assert parse(b"/").header == "/"


@given(st.text("\r\n(1-0:.7)", max_size=200))
def test_no_breaks_and_brackets_raise(text: str) -> None:
    telegram = parse(text.encode())
    assert len(telegram.lines) >= 0
    assert parse(b"\n" * 9000 + b"(x)\r\n").values == {}


def words(objects: dict[str, str]) -> dict[str, tuple[str, str]]:
    rows = describe(make.telegram_of(make.seal(objects)))
    return {row.obis: (row.name, row.text) for row in rows}


def test_the_house_in_words() -> None:
    told = words({**make.HOUSE, **make.GAS})
    assert list(told) == [*make.HOUSE, *make.GAS]
    assert told["1-0:1.8.1"] == ("offtake day", "1484.822 kWh")
    assert told["0-0:1.0.0"] == ("meter time", "2026-01-15 17:38:24")
    assert told["0-0:96.14.0"] == ("tariff", "day")
    assert told["1-0:1.6.0"] == ("month peak", "2026-01-06 17:15:00, 3.410 kW")
    assert told["0-0:98.1.0"] == ("month peaks", "highest of 1: 4.318 kW in Dec 2025")
    assert told["0-0:96.3.10"] == ("main breaker", "on")
    assert told["0-0:17.0.0"] == ("power limit", "no limit")
    assert told["0-1:24.1.0"] == ("medium 1", "gas")
    assert told["0-1:24.2.3"] == ("sub-meter reading 1", "2026-01-15 17:35:00, 1284.807 m3")


def test_ids_are_masked_in_the_middle() -> None:
    """A photograph of the screen does not identify the meter."""
    told = words({**make.HOUSE, **make.GAS})
    assert told["0-0:96.1.1"] == ("meter", "1SAG…1234")
    assert told["0-1:96.1.1"] == ("sub-meter 1", "7FLO…0123")
    assert words({"0-0:96.1.2": "(353431343430303132333435363738393030)"})["0-0:96.1.2"] == (
        "EAN",
        "5414…8900",
    )
    assert words({"0-0:96.1.1": "(91524109)"})["0-0:96.1.1"] == ("meter", "91…09")
    assert masked("") == "…"


def test_what_is_not_known_is_a_dash() -> None:
    for ean in ("()", "(000000000000000000)", "(2D2D2D2D2D2D2D2D2D2D2D2D2D2D2D2D2D2D)"):
        assert words({"0-0:96.1.2": ean})["0-0:96.1.2"] == ("EAN", "-")
    assert words({"0-0:96.13.0": "()"})["0-0:96.13.0"] == ("message", "-")
    assert words({"0-0:98.1.0": "(0)(1-0:1.6.0)(1-0:1.6.0)()"})["0-0:98.1.0"][1] == "-"


def test_dutch_registers_have_dutch_names() -> None:
    told = words({"1-3:0.2.8": "(50)", "1-0:1.8.1": "(1*kWh)", "0-0:96.14.0": "(0001)"})
    assert told["1-0:1.8.1"] == ("offtake night", "1 kWh")
    assert told["0-0:96.14.0"] == ("tariff", "night")


def test_the_unknown_is_shown_as_sent_and_harms_no_terminal() -> None:
    assert words({"0-0:96.13.99": "(x\x1b[2J)(0001)"})["0-0:96.13.99"] == ("", "x\\x1b[2J, 0001")
