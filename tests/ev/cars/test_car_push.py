"""Pushed or typed states are accepted if plausible, else refused with a sentence."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ev.cars.push import pushed, typed
from ev.cars.source import Fact, checked, statuses
from ev.facts import CarStatus
from tests.ev.cars.factories import NOW

CARS = ["q4", "zoe"]


def test_a_whole_status() -> None:
    """The payload of dm/car/q4/set, with numbers as text too."""
    text = json.dumps(
        {
            "soc": "57",
            "range_km": 231,
            "plugged": "on",
            "home": "off",
            "charging": False,
            "target_soc": 80,
            "ts": "2026-11-20T18:45:00+01:00",
            "odometer": 16221,
        }
    )
    assert pushed(text, CARS, NOW, "Q4") == CarStatus(
        car="q4",
        source="push",
        at=NOW - timedelta(minutes=15),
        soc_pct=57.0,
        range_km=231.0,
        plugged=True,
        charging=False,
        target_pct=80.0,
        home=False,
    )


def test_without_a_time_it_is_now_and_without_a_name_the_only_car() -> None:
    assert pushed('{"soc": 57}', ["q4"], NOW) == CarStatus(
        car="q4", source="push", at=NOW, soc_pct=57.0
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"car": "q4", "soc": 255}', "255 %"),
        ('{"car": "q4", "soc": 0}', "0 %"),
        ('{"car": "q4", "soc": -1}', "-1 %"),
        ('{"car": "q4", "target_soc": 900}', "charging target of 900 %"),
        ('{"car": "q4", "range_km": 65535}', "65535 km"),
        ('{"car": "q4", "soc": NaN}', "soc"),
        ('{"car": "q4", "soc": 57, "ts": "2026-11-17T18:00:00Z"}', "3 days old"),
        ('{"car": "q4", "soc": 57, "ts": "2026-11-21T18:00:00Z"}', "in the future"),
        ('{"car": "q4", "soc": 57, "ts": "2026-11-20T18:00:00"}', "ts"),
        ('{"car": "q4", "soc": 57, "ts": "0001-01-01T00:00:00+14:00"}', "no time on our calendar"),
        ('{"car": "q4", "soc": true}', "not yes or no"),
        ('{"car": "q4"}', "does not report"),
        ('{"car": "tesla", "soc": 57}', "tesla is not one of the cars here: q4, zoe"),
        ('{"soc": 57}', "which car: q4, zoe"),
        ('{"car": "q4", "soc": 5', "JSON"),
        ("<!DOCTYPE html><html></html>", "JSON"),
        ("[1, 2]", "object"),
        ("", "JSON"),
    ],
)
def test_impossible_values_are_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("[", r"\[")):
        pushed(text, CARS, NOW)


def test_impossible_values_are_reported_for_a_car() -> None:
    """The end of a sentence, as sources give it, has a subject here."""
    with pytest.raises(ValueError, match=r"^q4 reports a state of charge of 155 %"):
        pushed('{"soc": 155}', ["q4"], NOW)
    with pytest.raises(ValueError, match=r"^q4 reports a state of charge of 155 %"):
        typed(["q4", "155"], ["q4"], NOW)
    with pytest.raises(ValueError, match=r"^q4 does not report the battery"):
        pushed('{"car": "q4"}', ["q4"], NOW)


def test_an_error_does_not_repeat_what_was_sent() -> None:
    """A pushed value can be long or secret."""
    with pytest.raises(ValueError) as caught:
        pushed('{"car": "q4", "soc": "hunter2"}', CARS, NOW)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("percent", ["55", "55%", "55,0", "55.0 %"])
def test_a_typed_soc(percent: str) -> None:
    assert typed(("Q4", percent), CARS, NOW) == CarStatus(
        car="q4", source="owner", at=NOW, soc_pct=55.0
    )
    assert typed((percent,), ["q4"], NOW).car == "q4"


@pytest.mark.parametrize(
    "args", [(), ("q4",), ("q4", "full"), ("q4", "255"), ("q4", "5", "5"), ("55",), ("q9", "55")]
)
def test_a_wrong_soc_word_says_what_is_needed(args: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        typed(args, CARS, NOW)


def test_facts_of_different_ages_stay_apart() -> None:
    """A fresh SoC does not refresh an old plug state."""
    old = NOW - timedelta(hours=5)
    found = statuses("q4", "x", [Fact("soc_pct", 57.0, NOW), Fact("plugged", True, old)])
    assert found == [
        CarStatus(car="q4", source="x", at=old, plugged=True),
        CarStatus(car="q4", source="x", at=NOW, soc_pct=57.0),
    ]


@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_no_text_is_ever_more_than_a_sentence(text: str | bytes) -> None:
    """Any pushed text gives a plausible status or a ValueError."""
    try:
        status = pushed(text, CARS, NOW)
    except ValueError:
        return
    assert checked(status, NOW) == status
