"""Sentences made by the programs are translated: devices, calendars, settings, phone command."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.dm import claims
from apps.shared.secrets import load_secrets
from apps.shared.settings import load_settings
from base import messages
from base.catalogue import language
from base.checked import ConfigError
from base.device_errors import RefusedError
from base.language import Language
from base.time import BRUSSELS
from bs.devices.faults import About, Faults
from ev.calendars.expand import expand
from ev.chargers.charger import LineError
from ev.chargers.nrgkick import words
from rates.errors import RatesError
from rates.files import load_file
from setup.phone import phone

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
BROKEN = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:@q4@ sea
DTSTART;TZID=Mars/Phobos:20260116T080000
DTEND;TZID=Mars/Phobos:20260116T090000
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(scope="module")
def dutch() -> Language:
    return language("nl", setup=True)


@pytest.fixture(scope="module")
def french() -> Language:
    return language("fr", setup=True)


def test_a_notice_of_a_charger_follows_its_name(dutch: Language, french: Language) -> None:
    notice = f"main {words.notice(34, None, None)}"
    assert dutch.read(notice) == "main meldt een defecte diode in de auto: laat de auto nakijken."
    warns = str(LineError("my charger", words.notice(None, None, 2)))
    assert french.read(warns) == (
        "my charger avertit : sa protection contre les pannes de courant limite la charge."
    )


def test_each_part_of_a_list_of_reasons_is_read(french: Language) -> None:
    told = french.read("q4: says it was plugged in at this time, charges on three phases")
    assert told == "q4 : dit avoir été branchée à ce moment, charge sur trois phases"
    told = french.read("nothing listens there, main does not answer in time")
    assert told == "rien n'écoute là, main ne répond pas à temps"


def test_a_fault_of_a_battery_is_read_with_what_follows(
    dutch: Language, caplog: pytest.LogCaptureFixture
) -> None:
    error = RefusedError("has no such register: register 40070, Modbus error 2")
    Faults("home").begins(About.DOES, error, "it is on hold; next attempt in 60 s")
    assert dutch.read(caplog.messages[0]) == (
        "Batterij home heeft dat register niet: register 40070, Modbus-fout 2; ze staat in rust;"
        " nieuwe poging over 60 s"
    )


def test_an_unreadable_entry_is_reported(dutch: Language) -> None:
    unclear = expand(BROKEN, NOON, NOON.replace(day=20), BRUSSELS).unclear
    assert [dutch.read(each) for each in unclear] == [
        '"@q4@ sea" is niet te lezen (de tijdzone Mars/Phobos is niet bekend).'
    ]


def test_a_claim_that_the_meter_does_not_show_is_reported(french: Language) -> None:
    need = messages.Need(name="ev", power_kw=40.0, most_kw=11.0)
    _, sentence = claims.within_own(need, 17.0)
    told = french.read(sentence)
    assert told.startswith("Charge de la voiture annonce 40,00 kW, plus que son maximum : ")
    assert told.endswith(" compte pour lui, le reste pour la maison")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("serial_prt = 1", "config.py: serial_prt is geen instelling: bedoelde u serial_port? De"),
        ("month_peak_floor_kw = 50", "toegelaten: een getal van 0 tot 20 (kW)"),
        ('language = "nll"', 'toegelaten: "auto", "en", "nl" of "fr". Bedoelde u "nl"?'),
        ('quiet_hours = ("22:00", "2")', 'toegelaten: een tijdstip zoals "07:00"'),
        ("quiet_hours = 3", 'toegelaten: None, of ("22:00", "07:00"): twee tijdstippen'),
        (
            "cars = {'q4': {}}",
            "config.py: cars.q4.capacity_kwh ontbreekt: moet een getal van 5",
        ),
        ("x = {1: 2, 1: 3}", "config.py, regel 1: 1 staat er twee keer"),
        ("a = (", "config.py, regel 1: dit is niet te lezen als Python: "),
        ('mqtt = {"host": "x", "cert_file": "a"}', "cert_file en key_file horen samen"),
    ],
)
def test_doctor_says_what_is_wrong_with_a_setting(
    text: str, told: str, tmp_path: Path, dutch: Language
) -> None:
    file = tmp_path / "config.py"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_settings(file)
    assert told in dutch.read(str(error.value))


def test_doctor_says_what_is_wrong_with_secrets(tmp_path: Path, french: Language) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"a": 1,}')
    file.chmod(0o600)
    with pytest.raises(ConfigError) as error:
        load_secrets(file)
    assert "il y a une virgule après le dernier élément" in french.read(str(error.value))


def test_doctor_says_what_is_wrong_with_the_prices(tmp_path: Path, dutch: Language) -> None:
    file = tmp_path / "rates.json"
    file.write_text('{"Electricity": {"+": {"Day": 400}}}')
    with pytest.raises(RatesError) as error:
        load_file(file)
    assert dutch.read(str(error.value)) == (
        "rates.json: Electricity.+.Day: moet van 0 tot 5 EUR/kWh zijn; een grotere waarde staat"
        " wellicht in cent: schrijf euro (er staat 400); Electricity.+.Night: ontbreekt;"
        " toegelaten: een getal"
    )
    file.write_text("[]")
    with pytest.raises(RatesError) as error:
        load_file(file)
    assert dutch.read(str(error.value)).startswith("rates.json: moet een object tussen accolades")


async def test_the_phone_command_says_why_there_is_no_code(
    tmp_path: Path, dutch: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.py"
    text = 'socket_info = {"dm": {"host": "127.0.0.1", "port": 1}}'
    file.write_text(f'{text}\nremote_ips = ["192.168.1.0/24"]')
    assert await asyncio.wait_for(phone(file, "", dutch), 10) == 1
    assert capsys.readouterr().err == (
        "Het meterprogramma antwoordt niet op poort 1: niets luistert daar\n"
    )
    file.write_text(text)
    assert await phone(file, "", dutch) == 2
    assert "remote_ips in config.py laat geen andere machine toe" in capsys.readouterr().err
