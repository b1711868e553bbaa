"""Validation of the options shared by dm, ev and bs."""

import argparse
from pathlib import Path

import pytest

import dm
import mqtt_app
import whatif
from apps.shared import satellite as neighbour
from setup import contract

PARSERS = (
    lambda typed: dm.arguments(typed),
    lambda typed: neighbour.parser("ev_app.py", "ev", Path()).parse_args(typed),
)
WRONG = [
    *(("--for", text, "above 0") for text in ("-1", "0", "nan", "inf", "soon", "")),
    *(("--port", text, "0 to 65535") for text in ("-1", "65536", "1e3", "")),
]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(("option", "text", "allowed"), WRONG)
def test_what_cannot_be_is_refused_and_the_allowed_named(
    parse: object, option: str, text: str, allowed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the option, its value and what is allowed."""
    assert callable(parse)
    with pytest.raises(SystemExit) as ended:
        parse([f"{option}={text}"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{option}: {text} is not" in said
    assert allowed in said


NUMBERS = [
    ("--speed", PARSERS[1], "a number from 0.01 to 100000"),
    ("--fallback", whatif.arguments, "a number from -500 to 4000 EUR/MWh"),
    ("--kva", contract.arguments, "a number from 0.1 to 10 kVA"),
    ("--compensation", contract.arguments, "a number from 0.1 to 10 kVA"),
    ("--brought", contract.arguments, "a whole number from 0 to 1000"),
]


@pytest.mark.parametrize(("option", "parse", "allowed"), NUMBERS, ids=lambda its: str(its)[:12])
@pytest.mark.parametrize("text", ["nan", "inf", "-1e9", "soon", "sNaN", ""])
def test_a_number_is_finite_and_within_its_bounds(
    option: str, parse: object, allowed: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error names the option, its value and the bounds."""
    assert callable(parse)
    with pytest.raises(SystemExit) as ended:
        parse([f"{option}={text}"])
    assert ended.value.code == 2
    assert f"{option}: {text} is not {allowed}" in capsys.readouterr().err


@pytest.mark.parametrize("parse", [PARSERS[1], mqtt_app.arguments])
def test_the_address_of_a_program_is_one(parse: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(parse)
    with pytest.raises(SystemExit):
        parse(["--dm", "pi-dm:8080"])
    assert "--dm: pi-dm:8080 is not of the form ws://host:8080/ws" in capsys.readouterr().err


@pytest.mark.parametrize("parse", PARSERS)
def test_what_can_be_is_taken(parse: object) -> None:
    """Fractions of a second and port 0 (any free port) are allowed."""
    assert callable(parse)
    given = parse(["--for", "0.5", "--port", "0"])
    assert isinstance(given, argparse.Namespace)
    assert (given.for_s, given.port) == (0.5, 0)


def test_a_program_without_a_screen_shows_its_log() -> None:
    """Its pane in tmux would stay empty."""
    assert mqtt_app.arguments([]).headless
