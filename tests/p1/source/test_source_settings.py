"""The setting serial_port: allowed values, and errors for others."""

from pathlib import Path

import pytest

from p1 import source
from p1.errors import SettingError


@pytest.mark.parametrize(
    "setting",
    [
        "/dev/ttyUSB0",
        "auto",
        "socket://192.168.1.9:23",
        "socket://[::1]:2000",
        "homewizard://p1meter.local",
        "homewizard://192.168.1.9:8080",
    ],
)
def test_allowed_forms_open_nothing_yet(setting: str) -> None:
    """Every allowed form gives a source; nothing is opened before it is read."""
    assert source.open(setting)


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("", "not a source"),
        ("ttyUSB0", "not a source"),
        ("COM3", "not a source"),
        ("http://192.168.1.9/", "not a source"),
        ("socket://192.168.1.9", "port is missing"),
        ("socket://:23", "host is missing"),
        ("socket://meter:99999", "ort"),
        ("socket://meter:23/dev", "nothing may follow"),
        ("homewizard://", "host is missing"),
        ("file:///no/such/recording", "no file"),
        ("sim://", "dm.py"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, complaint: str) -> None:
    """The error names the key, the value, the fault and the allowed values."""
    with pytest.raises(SettingError) as error:
        source.open(setting)
    text = str(error.value)
    assert text.startswith(f'serial_port = "{setting}": ')
    assert complaint in text
    assert "socket://host:port" in text


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("file:///dev/null?sped=60", "there is no file"),
        ("file://{file}?sped=60", 'a recording has no "sped", only speed'),
        ("file://{file}?speed=60&loop", 'a recording has no "loop", only speed'),
        ("socket://pi:99999", "the port is a whole number from 1 to 65535"),
        ("socket://pi:p1", "the port is a whole number from 1 to 65535"),
        ("homewizard://pi:-1", "the port is a whole number from 1 to 65535"),
    ],
)
def test_what_follows_the_source_is_checked(setting: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "p1.txt"
    file.touch()
    with pytest.raises(SettingError, match=said):
        source.open(setting.format(file=file))


@pytest.mark.parametrize("speed", ["fast", "-1", "nan", "inf", ""])
def test_a_wrong_speed_is_named(speed: str, tmp_path: Path) -> None:
    """A replay's speed is a number from 0, or max."""
    recording = tmp_path / "recording.txt"
    recording.write_bytes(b"")
    with pytest.raises(SettingError, match="speed"):
        source.open(f"file://{recording}?speed={speed or 'x'}")
