"""A wrong setting is reported with key, value and allowed values; a valid one is converted."""

import json
import re
from collections.abc import Iterator
from datetime import time
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from apps.shared.secrets import Secrets, load_secrets
from apps.shared.settings import Address, CarSettings, Plane, Settings, Solar, load_settings
from base import address
from base.checked import Checked, ConfigError, allowed, mistakes
from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from rates.prices import registry as prices

ROOT = Path(__file__).parents[2]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_config_is_valid_and_says_the_defaults() -> None:
    """The values in config.py equal the defaults."""
    shipped = load_settings(ROOT / "config.py")
    assert shipped == Settings(socket_info=shipped.socket_info)
    assert shipped.socket_info["dm"].url == "ws://127.0.0.1:8080/ws"


def test_values_are_typed(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path, 'remote_ips = ["192.168.1.9", "10.0.0.0/8"]\nday_hours = ["06:00", "21:00"]'
        )
    )
    assert settings.remote_ips == (ip_network("192.168.1.9/32"), ip_network("10.0.0.0/8"))
    assert settings.day_hours == (time(6), time(21))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serial_port = 'com1'", ["serial_port", "'com1'", "/dev/", "socket://host:port"]),
        ("serial_port = 3", ["serial_port", "3", "homewizard://ip"]),
        ("socket_info = {'dm': {'host': 'pi', 'port': 99999}}", ["port", "99999", "0 to 65535"]),
        ("socket_info = {'car': {}}", ["car", '"dm", "ev", "bs" or "mqtt"']),
        ("remote_ips = ['300.1.1.1']", ["remote_ips", "300.1.1.1", "192.168.1.0/24"]),
        ("day_hours = ('7', '22:00')", ["day_hours", "'7'", "07:00"]),
        ("month_peak_floor_kw = '2'", ["month_peak_floor_kw", "'2'", "0 to 20"]),
        ("month_peak_ceiling_kw = 600", ["month_peak_ceiling_kw", "600", "1 to 60"]),
        ("glyphs = 'ascii'", ["glyphs", "'ascii'", "unicode", "console"]),
        (
            "solar = {'latitude': 4.4, 'longitude': 50.9, 'planes': []}",
            ["latitude", "4.4", "49 to 52"],
        ),
        (
            "solar = {'latitude': 50.9, 'longitude': 4.4, 'planes': [{'kwp': 5000.0}]}",
            ["kwp", "5000.0", "up to 100"],
        ),
        ("cars = {'q4': {'capacity_kwh': 2}}", ["capacity_kwh", "2", "5 to 250"]),
        ("cars = {'q4': {'capacity_kwh': 77, 'phases': 4}}", ["phases", "4", "1, 2 or 3"]),
        ("cable_info = {'main': {'host': 'x', 'most_a': 63}}", ["most_a", "63", "6 to 32"]),
        ("cable_info = {'main': {}}", ["cable_info.main.host"]),
        ("main_fuse_a = 400", ["main_fuse_a", "400", "10 to 125"]),
        ("without_meter = 'go on'", ["without_meter", "'go on'", "pause"]),
        ("serial_prot = 'auto'", ["serial_prot", "not a setting", "serial_port"]),
        ("serial_port = (", ["cannot be read as Python"]),
        ("import nothing_of_that_name", ["cannot be read as Python", "nothing_of_that_name"]),
        ("month_peak_floor_kw = 1 / 0", ["cannot be read as Python", "division by zero"]),
        ("glyphs = ['unicode'][1]", ["cannot be read as Python"]),
        ("exit()", ["cannot be read as Python"]),
        ("day_hours = ('07:00Z', '22:00Z')", ["day_hours[0]", "'07:00Z'", "a time of day"]),
        ("day_hours = ('25:00', '22:00')", ["day_hours[0] = '25:00'", 'such as "07:00"']),
        ("day_hours = '7'", ["day_hours", "two times of day"]),
        ("cars = {'q4': {'capacty_kwh': 77}}", ["cars.q4.capacty_kwh", "mean capacity_kwh?"]),
        ("cars = {'q4': 77}", ["cars.q4 = 77", "a dict with capacity_kwh"]),
        (
            "price_services = [{'kind': 'nordpool'}]",
            ["price_services[0].kind = 'nordpool'", '"energy_charts"'],
        ),
        ("price_services = []", ["price_services", "a list of services"]),
        (
            "cable_info = {'main': {'kind': 'easee', 'host': 'x'}}",
            ["cable_info.main.kind = 'easee'", '"nrgkick"'],
        ),
        (
            "cable_info = {'main': {'host': '192.168.1.50/api'}}",
            ["cable_info.main.host = '192.168.1.50/api'", "a name or address"],
        ),
        (
            "battery_info = {'home': {'family': 'victorn', 'host': 'x', 'capacity_kwh': 5}}",
            ["battery_info.home.family = 'victorn'", 'Did you mean "victron"?'],
        ),
        (
            "battery_info = {'home': {'family': 'victron', 'host': 'x', 'capacity_kwh': 5, "
            "'phases': 2}}",
            ["battery_info.home.phases = 2", "allowed: 1 or 3"],
        ),
        (
            "battery_info = {'home': {'family': 'victron', 'host': 'x', 'capacity_kwh': 5, "
            "'port': 0}}",
            ["battery_info.home.port = 0", "a whole number from 1 to 65535"],
        ),
        (
            "battery_info = {'home': {'family': 'victron', 'host': 'x', 'generation': 'v2'}}",
            ["battery_info.home"],
        ),
        ("cars = {'q4': {'capacity_kwh': 77, 'source': {'kind': 'tesla'}}}", ["q4.source.kind"]),
        ("google_calendars = [5]", ["google_calendars[0] = 5", "a text"]),
        ("remote_ips = '10.0.0.1'", ["remote_ips = '10.0.0.1'", "a list with items that are each"]),
        ("weekend_is_night = 1", ["weekend_is_night = 1", "None, or True or False"]),
        ("glyphs = (", ["config.py, line 1", "never closed"]),
        ("raise Exception('boom')", ["config.py cannot be read as Python: boom"]),
        ("assert False", ["config.py cannot be read as Python: AssertionError"]),
        ("def f(): f()\nf()", ["config.py cannot be read as Python", "recursion"]),
        ("a = []; a.append(a); web_origins = a", ["config.py cannot be read as Python"]),
        ("web_origins = ['pi-dm:3000']", ["web_origins[0] = 'pi-dm:3000'", "without a path"]),
        ("web_origins = ['http://pi-dm:3000/x']", ["'http://pi-dm:3000/x'", "without a path"]),
        ("google_calendars = ['']", ["google_calendars[0] = ''", "a text that is not empty"]),
        (
            "battery_info = {'home': {'family': 'sim', 'capacity_kwh': 5, 'leaves': '7'}}",
            ["leaves = '7'", 'None, or a time of day such as "07:00"'],
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings(write(tmp_path, text))
    for part in said:
        assert part in str(error.value)


def test_ev_runs_where_there_is_a_charger(tmp_path: Path) -> None:
    """A house without a charger starts the meter alone."""
    ev = "socket_info = {'ev': {'host': '127.0.0.1', 'port': 8081}}\n"
    assert load_settings(write(tmp_path, ev)).apps == ("dm",)
    charger = "cable_info = {'main': {'host': '192.168.1.50'}}\n"
    assert load_settings(write(tmp_path, ev + charger)).apps == ("dm", "ev")
    elsewhere = "serial_port = ''\n"
    assert load_settings(write(tmp_path, ev + charger + elsewhere)).apps == ("ev",)


def test_a_duplicate_name_is_reported(tmp_path: Path) -> None:
    """Python itself would silently keep the last value."""
    path = tmp_path / "config.py"
    path.write_text(
        'cable_info = {\n  "a": {"host": "x"},\n  "a": {"host": "y"},\n}\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="line 3: 'a' occurs twice"):
        load_settings(path)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-8"])
def test_a_config_as_an_editor_on_windows_saves_it_is_read(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "config.py"
    path.write_bytes("glyphs = 'console'  # é\r\n".encode(coding))
    assert load_settings(path).glyphs == "console"


@pytest.mark.parametrize("coding", ["utf-16", "latin-1"])
def test_a_config_in_another_encoding_is_refused(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "config.py"
    path.write_bytes("language = 'é'\n".encode(coding))
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        load_settings(path)


def test_a_page_is_kept_as_browsers_send_it(tmp_path: Path) -> None:
    """No slash at the end, no port that goes without saying, no capitals."""
    typed = "web_origins = ['http://Pi-DM:3000/', 'http://a:80', 'https://b:443']\n"
    assert load_settings(write(tmp_path, typed)).web_origins == (
        "http://pi-dm:3000",
        "http://a",
        "https://b",
    )


def test_a_missing_config_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is missing"):
        load_settings(tmp_path / "config.py")


def test_secrets_that_others_can_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"websocket_token": "s3cret"}), encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_secrets(path)
    path.chmod(0o600)
    assert load_secrets(path) == Secrets(websocket_token="s3cret")
    assert load_secrets(tmp_path / "absent.json") == Secrets()


def test_secrets_as_an_editor_on_windows_saves_them_are_read(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_bytes(b'\xef\xbb\xbf{"websocket_token": "s3cret"}\r\n')
    path.chmod(0o600)
    assert load_secrets(path) == Secrets(websocket_token="s3cret")


def test_unreadable_secrets_are_reported(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_secrets(tmp_path / "secrets.json")


@pytest.mark.parametrize(
    "text", ['{"websocket_token": 12345}', '{"websocket_tokn": "hush"}', "hush"]
)
def test_a_wrong_secret_is_named_but_never_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigError) as error:
        load_secrets(path)
    assert "secrets.json" in str(error.value)
    assert "hush" not in str(error.value)
    assert "12345" not in str(error.value)


def test_the_shipped_secrets_template_is_valid() -> None:
    Secrets.model_validate_json((ROOT / "_secrets.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("192.0.2.5", "192.0.2.5"),
        ("http://192.0.2.5/", "192.0.2.5"),
        ("HTTP://192.0.2.5", "192.0.2.5"),
        ("https://192.0.2.5", "192.0.2.5"),
        (" charger.local ", "charger.local"),
        ("192.0.2.5:8080", "192.0.2.5:8080"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("http://[2001:db8::7]:8080/", "[2001:db8::7]:8080"),
    ],
)
def test_an_address_is_taken_in_any_usual_form(typed: str, read: str) -> None:
    """An accepted address always gives a valid URL."""
    assert address.host_port(typed) == read
    if not re.search(r":\d{4}\W*$", typed):
        assert address.in_url(address.host(typed)) == read


@pytest.mark.parametrize(
    "typed", ["", "192.0.2", "300.1.1.1", "a b", "x/y", "me@x", "x:0", "x:99999", "[::1", "http://"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        address.host_port(typed)


class Several(Checked):
    """A model whose list is bounded, and so is each item of it."""

    parts: tuple[Plane, ...] = Field(min_length=1)


def test_one_mistake_is_explained_in_one_line() -> None:
    """A list with an invalid item is not also reported as too short."""
    with pytest.raises(ValidationError) as error:
        Several.model_validate({"parts": ({"kwp": 0.0, "tilt_deg": 1.0, "azimuth_deg": 1.0},)})
    assert [one["loc"] for one in mistakes(error.value)] == [("parts", 0, "kwp")]


def every_field(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each field of a model and of its nested models, with the text of its allowed values."""
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", allowed(field.annotation, field.metadata)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from every_field(field.annotation)


MODELS = (
    Settings,
    Secrets,
    Address,
    Plane,
    Solar,
    CarSettings,
    *(row.settings for row in batteries.FAMILIES.values()),
    *(row.settings for row in chargers.FAMILIES.values()),
    *(row.settings for row in cars.FAMILIES.values()),
    *(row.settings for row in prices.FAMILIES.values()),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
def test_every_setting_says_what_it_may_be(model: type[BaseModel]) -> None:
    for where, text in every_field(model):
        assert "something else" not in text, where


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"websocket_token": "hush" "entsoe_token": ""}', "line 1, column 28: a comma is missing"),
        ('{\n"websocket_token": "hush",\n}', "line 3, column 1: there is a comma after the last"),
        ('{"websocket_token": hush}', "line 1, column 21: a value is missing here"),
        ("{websocket_token: 1}", "a key in double quotes"),
        ('{"websocket_token": "hush"', "a bracket or brace is not closed"),
        ('{"websocket_token": "hush"} more', "text after the end"),
    ],
)
def test_invalid_json_is_reported_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigError) as error:
        load_secrets(path)
    assert said in str(error.value)
    assert "hush" not in str(error.value)


def test_a_second_program_speaks_under_the_name_that_its_own_file_gives(tmp_path: Path) -> None:
    """A config.py with ev2 and without ev makes the program ev2."""
    address = "{'host': '127.0.0.1', 'port': 8081}"
    second = load_settings(write(tmp_path, f"socket_info = {{'ev2': {address}}}\n"))
    assert (second.own_name("ev"), second.own_name("bs")) == ("ev2", "bs")
    first = "{'host': '127.0.0.1', 'port': 8084}"
    both = load_settings(write(tmp_path, f"socket_info = {{'ev2': {address}, 'ev': {first}}}\n"))
    assert both.own_name("ev") == "ev"
