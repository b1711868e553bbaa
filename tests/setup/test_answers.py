"""The four questions: Enter keeps what is there, a wrong answer is asked again."""

import json
from collections.abc import Callable

import pytest

from apps.shared.settings import Settings
from rates.files import load
from setup.answers import Given, battery_info, cable_info, contracts, dialogue, rates_text, values


def typed(*answers: str) -> Callable[[str], str]:
    """Reads these answers, one a question."""
    left = iter(answers)
    return lambda question: next(left)


def test_enter_keeps_everything_but_the_port_that_was_found() -> None:
    given = dialogue(Given(), "/dev/p1", Settings(), typed("", "", "", ""))
    assert values(given) == {"serial_port": '"/dev/p1"'}
    assert given.contract is None


def test_four_answers_are_four_settings() -> None:
    answers = typed("socket://10.0.0.5:2001", "day_night", "10.0.0.6", "victron 10.0.0.7 10")
    given = dialogue(Given(), None, Settings(), answers)
    assert values(given) == {
        "serial_port": '"socket://10.0.0.5:2001"',
        "cable_info": '{"main": {"host": "10.0.0.6"}}',
        "battery_info": '{"home": {"family": "victron", "host": "10.0.0.7", "capacity_kwh": 10.0}}',
    }
    assert given.contract == "day_night"


def test_a_wrong_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    given = dialogue(Given(port="auto"), None, Settings(), typed("nonsense", "fixed", "", ""))
    assert given.contract == "fixed"
    assert 'contract "nonsense": there are bands,' in capsys.readouterr().out


def test_what_was_given_is_not_asked() -> None:
    given = Given(port="auto", contract="fixed", charger="none", battery="none")
    assert dialogue(given, "/dev/p1", Settings(), typed()) == given


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("victron", "give victron HOST CAPACITY_KWH, or none"),
        ("tesla 1.2.3.4 10", "give victron HOST CAPACITY_KWH, marstek"),
        ("sim zero", "capacity_kwh = 'zero': allowed is a number from 0.5 to 200"),
        ("marstek x -1", "capacity_kwh = -1.0: allowed is a number from 0.5 to 200"),
        ("marstek 1.2.3 10", "host = '1.2.3': allowed is a name or address"),
        ("", "give victron HOST"),
    ],
)
def test_a_battery_that_cannot_be(wrong: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        battery_info(wrong)


def test_an_address_cannot_break_out_of_its_quotes() -> None:
    with pytest.raises(ValueError, match="give nrgkick HOST, or none"):
        cable_info('x"}, "y": {"')
    with pytest.raises(ValueError, match="allowed is a name or address"):
        cable_info('x"}')
    assert json.loads(cable_info("HTTP://192.168.1.50/ ")) == {
        "main": {"host": "HTTP://192.168.1.50/"}
    }


@pytest.mark.parametrize("name", sorted(contracts()))
def test_every_contract_begins_in_every_area(name: str) -> None:
    assert load(rates_text(name, "Imewo"), "rates.json")


def test_an_area_that_is_not_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="Antwerpen"):
        rates_text("fixed", "Atlantis")
