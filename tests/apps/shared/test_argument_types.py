"""Validation of the options shared by dm, ev and bs."""

import argparse
from pathlib import Path

import pytest

import dm
from apps.shared import satellite as neighbour

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


@pytest.mark.parametrize("parse", PARSERS)
def test_what_can_be_is_taken(parse: object) -> None:
    """Fractions of a second and port 0 (any free port) are allowed."""
    assert callable(parse)
    given = parse(["--for", "0.5", "--port", "0"])
    assert isinstance(given, argparse.Namespace)
    assert (given.for_s, given.port) == (0.5, 0)
