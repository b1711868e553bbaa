"""Settings that contradict each other are refused at start, each by its key."""

from pathlib import Path

import pytest

from apps.shared.settings import load_settings
from base.checked import ConfigError


def load(folder: Path, text: str) -> None:
    path = folder / "config.py"
    path.write_text(text, encoding="utf-8")
    load_settings(path)


AT = "{'host': '127.0.0.1', 'port': %d}"
HERE = f"socket_info = {{'dm': {AT % 8080}, 'ev': {AT % 8081}}}\n"
KICK = "{'host': '192.168.1.50', 'most_a': %d}"
ALFEN = "{'kind': 'alfen', 'host': '192.168.1.50', 'socket': %d}"
VICTRON = "{'family': 'victron', 'host': '192.168.1.30', 'capacity_kwh': %d}"
SIM = "{'family': 'sim', 'capacity_kwh': 5}"
CAR = "{'capacity_kwh': 77}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"socket_info = {{'dm': {AT % 8080}, 'ev': {AT % 8080}}}",
            "socket_info.dm.port and socket_info.ev.port are both 8080",
        ),
        (f"{HERE}car_push_port = 8081", "socket_info.ev.port and car_push_port are both 8081"),
        (
            f"cable_info = {{'a': {KICK % 16}, 'b': {KICK % 20}}}",
            "cable_info.a and cable_info.b are the same device",
        ),
        (
            f"cable_info = {{'a': {ALFEN % 1}, 'b': {ALFEN % 1}}}",
            "cable_info.a and cable_info.b are the same device",
        ),
        (
            f"battery_info = {{'a': {VICTRON % 5}, 'b': {VICTRON % 10}}}",
            "battery_info.a and battery_info.b are the same device",
        ),
        (
            "cars = {'q4': {'capacity_kwh': 77, 'least_a': 16, 'most_a': 10}}",
            "cars.q4.least_a = 16; allowed: at most most_a, which is 10",
        ),
        (
            "cars = {'q4': {'capacity_kwh': 77, 'least_pct': 80, 'default_target_pct': 50}}",
            "cars.q4.least_pct = 80; allowed: at most default_target_pct, which is 50",
        ),
        (f"cars = {{'q4': {CAR}, 'Q 4': {CAR}}}", "cars.q4 and cars.Q 4 look the same"),
        (
            "mqtt = {'host': 'x', 'topic': 'evcc', 'evcc': 'evcc'}",
            "mqtt.evcc and mqtt.topic are both 'evcc'",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(f"config.py: {said}")


@pytest.mark.parametrize(
    "text",
    [
        f"socket_info = {{'dm': {AT % 0}, 'ev': {AT % 0}}}",
        "socket_info = {'dm': {'host': '10.0.0.1', 'port': 8080},"
        " 'ev': {'host': '127.0.0.1', 'port': 8080}}",
        f"{HERE}car_push_port = 8091",
        f"cable_info = {{'left': {ALFEN % 1}, 'right': {ALFEN % 2}}}",
        f"battery_info = {{'a': {SIM}, 'b': {SIM}}}",
        f"cars = {{'q4': {CAR}, 'q5': {CAR}}}",
    ],
)
def test_settings_that_only_look_alike_are_accepted(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)
