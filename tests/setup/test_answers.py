"""The eight questions: Enter keeps the present value, a wrong answer repeats the question."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from apps.shared.settings import Settings
from rates.amounts import Register
from rates.contract import Contract
from rates.files import load
from setup.answers import (
    Given,
    battery_info,
    broker,
    cable_info,
    car_info,
    notified,
    price_services,
    rates_text,
    values,
)
from setup.contract import main as command
from setup.dialogue import dialogue, language_asked
from tests.rates.contract.factories import at

ROOT = Path(__file__).resolve().parents[2]


def typed(*answers: str) -> Callable[[str], str]:
    """Reads these answers, one per question."""
    left = iter(answers)
    return lambda question: next(left)


def test_enter_keeps_everything_but_the_port_that_was_found() -> None:
    given = dialogue(Given(), "/dev/p1", Settings(), typed(*8 * [""]), ROOT)
    assert values(given) == {"serial_port": '"/dev/p1"'}
    assert given.contract is None


def test_eight_answers_are_eight_settings() -> None:
    contract = ("8500", "Luminus", "comfyflex", "2026-05-01", "n", "y", "n", "y", "n")
    answers = typed(
        "socket://10.0.0.5:2001",
        *contract,
        "elia, energy_charts",
        "10.0.0.6",
        "q4 77 eudataact audi",
        "victron 10.0.0.7 10",
        "dm@10.0.0.8",
        "ntfy meter-1234",
    )
    given = dialogue(Given(), None, Settings(), answers, ROOT)
    assert values(given) == {
        "serial_port": '"socket://10.0.0.5:2001"',
        "price_services": '[{"kind": "elia"}, {"kind": "energy_charts"}]',
        "cable_info": '{"main": {"host": "10.0.0.6"}}',
        "cars": '{"q4": {"capacity_kwh": 77.0, "source": {"kind": "eudataact", "brand": "audi"}}}',
        "battery_info": '{"home": {"family": "victron", "host": "10.0.0.7", "capacity_kwh": 10.0}}',
        "mqtt": '{"host": "10.0.0.8", "user": "dm"}',
        "notify": '{"phone": {"topic": "meter-1234"}}',
    }
    rates = load(given.rates or "")
    assert isinstance(rates, Contract)
    assert rates.home.grid_area == "West"
    assert {each.name for each in rates.contracts} == {"gas", "Luminus ComfyFlex", "water"}


def test_a_wrong_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    answers = typed("99999", "2000", "nonsense", "engie", "dynamic", "", "n", "", *6 * [""])
    given = dialogue(Given(port="auto"), None, Settings(), answers, ROOT)
    assert '"Engie Dynamic"' in (given.rates or "")
    said = capsys.readouterr().out
    assert "the postcode '99999' is unknown" in said
    assert "Supplier 'nonsense': the choices are Bolt," in said
    assert "the card prints 13.12 c, yours gives 13.12" in said


def test_what_was_given_is_not_asked() -> None:
    given = Given(
        port="auto",
        contract="engie dynamic",
        prices="elia",
        charger="none",
        car="none",
        battery="none",
        mqtt="none",
        notify="none",
    )
    assert dialogue(given, "/dev/p1", Settings(), typed(), ROOT) == given


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("victron", "give victron HOST CAPACITY_KWH, or none"),
        ("tesla 1.2.3.4 10", "give victron HOST CAPACITY_KWH, marstek"),
        ("sim zero", "capacity_kwh = 'zero'; allowed: a number from 0.5 to 200"),
        ("marstek x -1", "capacity_kwh = -1.0; allowed: a number from 0.5 to 200"),
        ("marstek 1.2.3 10", "host = '1.2.3'; allowed: a name or address"),
        ("", "give victron HOST"),
    ],
)
def test_a_battery_that_cannot_be(wrong: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        battery_info(wrong)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("q4", "capacity_kwh = ''; allowed: a number from 5 to 250"),
        ("q4 77 tesla", "give push, eudataact BRAND"),
        ("q4 77 eudataact fiat", "brand = 'fiat'"),
        ("q4 77 command", "source.command is missing"),
    ],
)
def test_a_car_that_cannot_be(wrong: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        car_info(wrong)


def test_a_car_without_a_source_is_pushed() -> None:
    assert car_info("q4 77") == '{"q4": {"capacity_kwh": 77.0}}'


def test_an_unknown_price_service_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"give energy_charts, entsoe, elia$"):
        price_services("elia, nordpool")


def test_an_address_cannot_break_out_of_its_quotes() -> None:
    with pytest.raises(ValueError, match="give nrgkick HOST, or none"):
        cable_info('x"}, "y": {"')
    with pytest.raises(ValueError, match="allowed: a name or address"):
        cable_info('x"}')
    assert json.loads(cable_info("HTTP://192.168.1.50/ ")) == {
        "main": {"host": "HTTP://192.168.1.50/"}
    }


def test_a_broker_on_this_machine_is_offered_and_taken_with_enter() -> None:
    answers = typed(*7 * [""])
    given = dialogue(Given(port="auto"), None, Settings(), answers, ROOT, "127.0.0.1")
    assert values(given)["mqtt"] == '{"host": "127.0.0.1"}'
    assert broker("none") == "{}"
    with pytest.raises(ValueError, match="port = 'x'; allowed: a whole number from 1 to 65535"):
        broker("10.0.0.8:x")


def test_ntfy_alone_makes_a_topic_that_nobody_guesses() -> None:
    first, second = (json.loads(notified("ntfy"))["phone"]["topic"] for _ in range(2))
    assert first.startswith("meter-")
    assert len(first) == len("meter-") + 12
    assert first != second
    assert notified("none") == "{}"
    with pytest.raises(ValueError, match="6 to 64 letters"):
        notified("ntfy x")


def house(folder: Path, rates: str) -> Path:
    (folder / "rates.json").write_text(rates)
    return folder


FOUR_LINES = (ROOT / "rates.json").read_text(encoding="utf-8")


def test_gas_and_water_keep_the_price_they_had(tmp_path: Path) -> None:
    """An electricity contract replaces only its own of the four lines."""
    given = Given(contract="engie dynamic", postcode="8500")
    text = rates_text(house(tmp_path, FOUR_LINES), given)
    contract = load(text)
    assert isinstance(contract, Contract)
    assert contract.home.grid_area == "West"
    assert contract.price(Register.GAS, at(2026, 9, 1)) == Decimal("1.576")
    assert contract.price(Register.WATER, at(2026, 9, 1)) == Decimal("6.1")
    assert contract.home.gas_kwh_per_m3 == Decimal("11.51")


def test_a_new_contract_follows_the_one_before(tmp_path: Path) -> None:
    """The home keeps its settings, and the earlier contract ends the day before."""
    first = rates_text(
        house(tmp_path, FOUR_LINES), Given(contract="engie dynamic", postcode="9000")
    )
    house(tmp_path, first.replace('"gas_kwh_per_m3"', '"residents": 3, "gas_kwh_per_m3"'))
    second = load(rates_text(tmp_path, Given(contract="eneco/dynamisch")))
    assert isinstance(second, Contract)
    assert (second.home.grid_area, second.home.residents) == ("Imewo", 3)
    power = [each for each in second.contracts if each.energy == "electricity"]
    assert len(power) in (1, 2)
    assert power[-1].name.startswith("Eneco")
    assert power[-1].last_day is None


@pytest.mark.parametrize("name", ["fixed", "day_night", "bands", "everything"])
def test_a_made_up_price_is_never_a_contract(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is an example with invented prices"):
        rates_text(house(tmp_path, FOUR_LINES), Given(contract=name, area="Imewo"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (Given(contract="engie dynamic"), "postcode is missing"),
        (Given(contract="engie dynamic", area="Atlantis"), "the choices are Antwerpen"),
        (Given(contract="luminus dynamic", postcode="1000"), "the choices are Engie, Mega, TotalE"),
        (Given(contract="x", postcode="2000"), "Supplier 'x': the choices are Bolt"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(
    tmp_path: Path, given: Given, sentence: str
) -> None:
    """No area is assumed, and no product of another region is offered."""
    with pytest.raises(ValueError, match=sentence):
        rates_text(house(tmp_path, FOUR_LINES), given)


@pytest.mark.parametrize(
    ("words", "prints"),
    [
        ("--postcode 8500 --supplier luminus --product comfyflex --no-day-night", "15.58 c"),
        (
            "--postcode 9000 --supplier engie --product flextime --panels",
            "1.465 c, yours gives 1.465",
        ),
        ("--postcode 4000 --supplier mega --product impact", "15.78 c, yours gives 15.78"),
    ],
)
def test_the_command_writes_the_contract_of_a_new_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, prints: str
) -> None:
    """The answers are accepted at the first attempt; the card's own prices are shown."""
    folder = house(tmp_path, FOUR_LINES)
    assert command([*words.split(), "--yes"], folder) == 0
    assert prints in capsys.readouterr().out
    assert isinstance(load((folder / "rates.json").read_text()), Contract)


def test_gas_has_a_grid_area_of_its_own_where_that_is_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Wavre electricity is REW's and gas ORES'; some areas have no gas network."""
    folder = house(tmp_path, FOUR_LINES)
    power = "--postcode 1300 --supplier engie --product dynamic --yes"
    assert command(power.split(), folder) == 0
    gas = "--gas --postcode 1300 --supplier engie --product easy --yes"
    told = folder / "rates.json"
    told.write_text(
        told.read_text().replace('"gas_kwh_per_m3"', '"gas_kwh_year": 17000, "gas_kwh_per_m3"')
    )
    assert command(gas.split(), folder) == 0
    contract = load(told.read_text())
    assert isinstance(contract, Contract)
    assert (contract.home.grid_area, contract.home.gas_area) == ("Wavre", "ORES")
    month = contract.month("gas", at(2026, 11, 1).date())
    assert month is not None
    assert month.missing is None
    capsys.readouterr()
    assert command(["--gas", "--postcode", "1367", "--yes"], folder) == 2
    assert "There is no gas network in" in capsys.readouterr().err


def test_the_language_is_asked_with_that_of_the_locale_as_default() -> None:
    """Enter keeps "auto"; an unknown language repeats the question."""
    asked: list[str] = []
    answers = iter(["", "de", "fr"])

    def read(question: str) -> str:
        asked.append(question)
        return next(answers)

    assert language_asked(Settings(), {"LANG": "nl_BE.UTF-8"}, read) is None
    assert "[nl]" in asked[0]
    assert language_asked(Settings(), {}, read) == "fr"
    assert values(Given(language="fr")) == {"language": '"fr"'}
