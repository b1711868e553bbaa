"""`doctor --report`: devices and their behaviour, without anything that identifies a house."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.ev import silence
from apps.shared.secrets import load_secrets
from apps.shared.settings import load_settings
from base import messages
from bench.process import free_port
from my_socket import Server
from setup.report import Entry, made, private, written
from sim.car import SimCar
from sim.charger import SimNrgKick
from sim.charger_http import clock, simulated_charger
from store.kept import KeptFile
from tests.setup.test_doctor import folder

CONFIG = """
serial_port = "sim://"
socket_info = {{"dm": {{"host": "192.168.77.10", "port": 1}}{more}}}
cable_info = {{
    "carport": {{"host": "{host}"}},
    "gate": {{"kind": "ocpp", "id": "EVB-P55512345", "port": {port}}},
}}
cars = {{
    "q4": {{"capacity_kwh": 77, "source": {{"kind": "homeassistant",
        "url": "http://ha.willow.example:8123", "soc": "sensor.willow_soc"}}}},
}}
battery_info = {{
    "cellar": {{"family": "victron", "host": "venus.willow.lan", "capacity_kwh": 10}},
}}
own_mail = ("an@willow.example",)
"""
SECRETS: dict[str, object] = {
    "websocket_token": "tok-of-the-socket",
    "cables": {"carport": {"user": "annie", "password": "pass-of-nrg"}},
    "cars": {"q4": {"token": "long-lived-willow-token"}},
    "ical_addresses": {"family": "https://calendar.example/private-99abc/basic.ics"},
    "homewizard_tokens": {"192.168.77.31": "HW-TOKEN"},
    "mqtt_password": "pass-of-mqtt",
}
PRIVATE = (
    "carport", "gate", "q4", "cellar", "willow", "annie", "192.168.77", "127.0.0.1",
    "EVB-P55512345", "tok-of", "pass-of", "long-lived", "99abc", "HW-TOKEN", "sensor.",
    "A1B2C3D4E5F6G7", "venus.",
    "00:1a:2b:3c:4d:5e",
)  # fmt: skip


def hides_all(text: str) -> None:
    for each in PRIVATE:
        assert each.casefold() not in text.casefold(), each


async def test_chargers_are_asked_and_no_name_or_address_is_written(tmp_path: Path) -> None:
    """The devices are a responding NRGkick, a station not connected yet and an unasked battery."""
    device = SimNrgKick(SimCar(name="q4"))
    result = silence.Result(
        firmware="1.2", at=datetime(2026, 1, 15, tzinfo=UTC), after_s=None, left_kw=5.5
    )
    KeptFile(tmp_path / silence.FILE, silence.Results).save(silence.Results({"carport": result}))
    async with simulated_charger(device, now=clock(1.0)) as address:
        host = address.removeprefix("http://")
        own = folder(tmp_path, CONFIG.format(host=host, port=free_port(), more=""), SECRETS)
        text = await made(tmp_path, load_settings(tmp_path / "config.py"), load_secrets(own))
    assert "charger 1: nrgkick\n  model: NRGkick Gen2 SIM\n  firmware: 4.0.0.33" in text
    assert "silence test: continues at 5.5 kW when this program stops" in text
    assert "charger 2: ocpp" in text
    assert "trouble: is not connected" in text
    assert "battery 1: victron" in text
    hides_all(text)


async def test_a_running_program_says_what_its_devices_are(tmp_path: Path) -> None:
    """The report has writes and learned values of each car; private details are removed."""
    about = {"maker": "Carport of ANNIE", "model": "x A1B2C3D4E5F6G7", "pause taken": "3",
             "trouble": "no route to 10.1.2.3:80 (00:1a:2b:3c:4d:5e)"}  # fmt: skip
    said = messages.Devices(
        devices=(
            messages.DeviceAbout(kind="charger", name="carport", about=about),
            messages.DeviceAbout(kind="charger", name="gate", about={"answers": "yes"}),
            messages.DeviceAbout(kind="car", name="q4", about={"phases": "2", "least_a": "8"}),
        )
    )

    async def answer(peer: object, text: str) -> list[str]:
        return [messages.encode(said)]

    async with Server(answer, port=0) as server:
        more = f', "ev": {{"host": "127.0.0.1", "port": {server.port}}}'
        config = CONFIG.format(host="127.0.0.1:1", port=free_port(), more=more)
        own = folder(tmp_path, config, SECRETS)
        text = await made(tmp_path, load_settings(tmp_path / "config.py"), load_secrets(own))
    assert "pause taken: 3" in text
    assert "car 1, as learned\n  phases: 2\n  least_a: 8" in text
    assert "10.1.2.3" not in text
    hides_all(text)


@pytest.mark.parametrize(
    ("said", "stays"),
    [
        ("Alfen NG910", True),
        ("of the session, stack level 8, absolute, ends by itself", True),
        ("drops to 1.4 kW within 120 s without this program", True),
        ("ACE0123456", False),
        ("WB-2040-117-ABC", False),
        ("fe80:12:ab:cd:99", False),
        ("wallbox.fritz.box", False),
        ("wss://csms.maker.example/x", False),
    ],
)
def test_what_looks_like_a_serial_number_or_address_is_left_out(said: str, stays: bool) -> None:
    assert (said in written([Entry("charger 1: x", {"model": said})], ())) is stays


def test_a_firmware_may_look_like_an_address_and_a_name_in_it_is_left_out(tmp_path: Path) -> None:
    own = folder(tmp_path, CONFIG.format(host="10.9.9.9", port=8887, more=""), SECRETS)
    secret = private(load_settings(tmp_path / "config.py"), load_secrets(own))
    text = written([Entry("charger 1: x", {"firmware": "4.0.0.33 for Annie"})], secret)
    assert "firmware: 4.0.0.33 for (left out)" in text
