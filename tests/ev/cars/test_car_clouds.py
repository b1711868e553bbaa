"""Smartcar, Home Assistant, audiconnectpy and the owner's own program, each over its real
protocol.
"""

import importlib
import re
import sys
import traceback
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from apps.shared.settings import CarSettings
from base.checked import ConfigError, checked
from base.http_client import (
    AbsentError,
    BusyError,
    NonsenseError,
    RefusedError,
    UnreachableError,
    WebError,
)
from ev.cars.audi import Audi, AudiSettings
from ev.cars.command import CommandSettings, Program
from ev.cars.family import SourceSettings
from ev.cars.homeassistant import HomeAssistant, HomeAssistantSettings
from ev.cars.registry import source_of
from ev.cars.smartcar import Smartcar, SmartcarSettings, _time
from ev.cars.source import CarSource
from ev.facts import CarStatus
from tests.ev.cars.factories import NOW, after
from tests.ev.cars.sim_clouds import (
    CLIENT_ID,
    CLIENT_SECRET,
    ENTITIES,
    HOME_TOKEN,
    USER_ID,
    VEHICLE_ID,
    Clouds,
    Shown,
    Trouble,
    clouds,
)

SHOWN = Shown(at=after(-12), soc_pct=57.0, plugged=True, range_km=231.0)
WHOLE = CarStatus(
    car="q4",
    source="",
    at=after(-12),
    soc_pct=57.0,
    range_km=231.0,
    plugged=True,
    charging=False,
    target_pct=80.0,
)


@pytest.fixture
async def them() -> AsyncIterator[Clouds]:
    async with clouds(lambda: SHOWN, lambda: NOW) as served:
        yield served


def smartcar(them: Clouds, vehicle: str = VEHICLE_ID, secret: str = CLIENT_SECRET) -> Smartcar:
    its = SmartcarSettings(
        kind="smartcar", vehicle=vehicle, token_url=them.token_url, api_url=them.api_url
    )
    login = {"client_id": CLIENT_ID, "client_secret": secret, "user_id": USER_ID}
    return Smartcar("q4", its, login, timeout_s=0.5)


def home(them: Clouds, token: str = HOME_TOKEN, **entities: str) -> HomeAssistant:
    named = {
        field.removesuffix("_pct").removesuffix("_km"): entity for entity, field in ENTITIES.items()
    } | entities
    its = HomeAssistantSettings(kind="homeassistant", url=them.home_url, **named)  # type: ignore[arg-type]
    return HomeAssistant("q4", its, {"token": token}, timeout_s=0.5)


async def reads(source: CarSource) -> list[CarStatus]:
    try:
        return await source.read(NOW)
    finally:
        await source.close()


async def test_smartcar_gives_all_signals_in_one_question(them: Clouds) -> None:
    assert await reads(smartcar(them)) == [replace(WHOLE, source="Smartcar")]
    assert them.asked == ["/oauth2/token", f"/v3/vehicles/{VEHICLE_ID}/signals"]


async def test_smartcar_finds_the_only_vehicle(them: Clouds) -> None:
    assert (await reads(smartcar(them, vehicle="")))[0].soc_pct == 57.0
    assert "/v3/connections" in them.asked


async def test_a_smartcar_key_is_renewed_when_it_ends(them: Clouds) -> None:
    """It is renewed early when it is refused, else after its hour; never for each request."""
    source = smartcar(them)
    await source.read(NOW)
    await source.read(after(30))
    assert them.tokens == 1
    them.expire()
    await source.read(after(31))
    await source.read(after(100))
    assert them.asked.count("/oauth2/token") == 3
    await source.close()


async def test_a_wrong_smartcar_secret_is_the_owners(them: Clouds) -> None:
    with pytest.raises(RefusedError, match="refuses our key"):
        await reads(smartcar(them, secret="no"))
    assert len(them.asked) == 1


@pytest.mark.parametrize("said", ["2026-11-20T18:00:00.000Z", 1795197600000, 1795197600000.0])
def test_smartcar_writes_times_in_two_ways(said: str | float) -> None:
    found = _time(said)
    assert found is not None
    assert found == NOW
    assert found.tzinfo is UTC


@pytest.mark.parametrize("said", [None, "yesterday", 1e300, float("nan")])
def test_what_is_no_time_is_none(said: str | float | None) -> None:
    assert _time(said) is None


async def test_home_assistant_gives_each_entity_its_own_age(them: Clouds) -> None:
    assert await reads(home(them)) == [replace(WHOLE, source="Home Assistant")]


async def test_a_last_seen_entity_dates_everything(them: Clouds) -> None:
    """A restart of Home Assistant makes every state recent; the car's own timestamp stays
    correct."""
    them.states["sensor.q4_seen"] = "2026-11-20T12:00:00+01:00"
    found = await reads(home(them, seen="sensor.q4_seen"))
    assert [status.at for status in found] == [NOW - timedelta(hours=7)]


async def test_what_is_unavailable_is_left_out(them: Clouds) -> None:
    them.states["sensor.q4_soc"] = "unavailable"
    assert [one.soc_pct for one in await reads(home(them))] == [None]
    them.states |= dict.fromkeys(ENTITIES, "unknown")
    with pytest.raises(AbsentError, match="as unavailable"):
        await reads(home(them))


async def test_an_invalid_state_of_charge_is_reported(them: Clouds) -> None:
    them.states["sensor.q4_soc"] = "half full"
    with pytest.raises(
        NonsenseError, match=r"'half full' for sensor\.q4_soc, which is not a number"
    ):
        await reads(home(them))


@pytest.mark.parametrize(
    ("says", "home_is"), [("home", True), ("not_home", False), ("Work", False)]
)
async def test_a_tracker_says_whether_the_car_is_at_home(
    them: Clouds, says: str, home_is: bool
) -> None:
    them.states["device_tracker.q4"] = says
    asked = home(them, home="device_tracker.q4")
    (said,) = await asked.read(NOW)
    await asked.close()
    assert said.home is home_is


async def test_an_odd_entity_affects_no_other_and_is_logged_once(
    them: Clouds, caplog: pytest.LogCaptureFixture
) -> None:
    """A range of "--", a plug of "perhaps", a missing entity: the SoC is used."""
    them.states["binary_sensor.q4_plugged"] = "perhaps"
    them.states["sensor.q4_range"] = "--"
    asked = home(them, target="sensor.gone")
    for _ in range(2):
        (said,) = await asked.read(NOW)
        assert (said.soc_pct, said.plugged, said.range_km, said.target_pct) == (
            57,
            None,
            None,
            None,
        )
    await asked.close()
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == len(set(texts)) == 3
    assert any("neither plugged nor unplugged: it is ignored" in text for text in texts)


async def test_an_entity_that_is_not_there_is_named(them: Clouds) -> None:
    with pytest.raises(AbsentError, match=r"has no entity sensor\.zoe_soc"):
        await reads(home(them, soc="sensor.zoe_soc"))


async def test_a_wrong_token_is_the_owners(them: Clouds) -> None:
    with pytest.raises(RefusedError, match="refuses our key"):
        await reads(home(them, token="wrong"))


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.HTML, NonsenseError),
        (Trouble.HALF, NonsenseError),
        (Trouble.SILENT, UnreachableError),
        (Trouble.OUT_OF_ORDER, UnreachableError),
        (Trouble.BUSY, BusyError),
    ],
)
@pytest.mark.parametrize("kind", ["smartcar", "home"])
async def test_a_cloud_in_trouble_costs_an_error_without_secrets(
    them: Clouds, kind: str, trouble: Trouble, error: type[WebError]
) -> None:
    """HTML, half a JSON, silence, HTTP 503 or 429 gives one sentence; then reading continues."""
    source: CarSource = smartcar(them) if kind == "smartcar" else home(them)
    them.trouble = trouble
    with pytest.raises(error) as caught:
        await source.read(NOW)
    told = "".join(traceback.format_exception(caught.value))
    assert CLIENT_SECRET not in told
    assert HOME_TOKEN not in told
    them.trouble = None
    assert (await reads(source))[0].soc_pct == 57.0


async def test_nobody_at_the_address() -> None:
    """The owner's Home Assistant is switched off."""
    its = HomeAssistantSettings(kind="homeassistant", url="http://127.0.0.1:9", soc="a.b")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        await reads(HomeAssistant("q4", its, {"token": "t"}))


# audiconnectpy --------------------------------------------------------------------------------


def audi(password: str) -> Audi:
    return Audi("q4", AudiSettings(kind="audi"), {"user": "me", "password": password})


PACKAGE = """
from datetime import datetime, UTC
from types import SimpleNamespace as Part
class AudiException(Exception): pass
class AuthorizationError(AudiException): pass
class Vehicle:
    vin, last_access = "WAU1", datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
    async def async_update(self):
        self.charging = Part(
            battery_status=Part(current_soc_pct=57, cruising_range_electric_km=231),
            plug_status=Part(plug_connection_state=True),
            charging_status=Part(charging_state=False),
            charging_settings=Part(target_soc_pct=80))
class AudiConnect:
    def __init__(self, session, username, password, country):
        self.password, self.vehicles = password, [Vehicle()]
    async def async_login(self):
        if self.password != "right":
            raise AuthorizationError("https://x/?password=" + self.password)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a fake package of that name inside the context."""
    (tmp_path / "audiconnectpy.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    sys.modules.pop("audiconnectpy", None)


@pytest.mark.usefixtures("package")
async def test_audiconnectpy_is_read_when_it_is_there() -> None:
    assert await reads(audi("right")) == [replace(WHOLE, source="audiconnectpy")]


@pytest.mark.usefixtures("package")
async def test_a_blocked_audi_login_is_reported() -> None:
    secret = "-".join(("wrong", "password"))
    with pytest.raises(RefusedError, match=r"blocks its logins since July 2026") as caught:
        await reads(audi(secret))
    assert secret not in "".join(traceback.format_exception(caught.value))


async def test_without_the_package_the_owner_learns_what_works() -> None:
    with pytest.raises(RefusedError, match=r"is not installed.*use the eudataact source"):
        await reads(audi("right"))


# A program --------------------------------------------------------------------------------------


def program(code: str, limit_s: float = 10.0) -> Program:
    its = CommandSettings(kind="command", command=(sys.executable, "-c", code))
    return Program("q4", its, {}, limit_s=limit_s)


async def test_a_program_prints_what_a_push_would_be() -> None:
    found = await reads(program('print(\'{"soc": 57, "plugged": true}\')'))
    assert found == [CarStatus(car="q4", source="push", at=NOW, soc_pct=57.0, plugged=True)]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("print('hello')", "printed invalid data"),
        ("print('{\"soc\": 255}')", "255 %"),
        ("raise SystemExit(3)", "exit code 3"),
        ("while True: print('x' * 65536)", "printed too much"),
        ("import time; time.sleep(60)", "did not end within 1 s"),
    ],
)
async def test_a_program_that_fails_costs_an_error(code: str, why: str) -> None:
    with pytest.raises(WebError, match=why):
        await reads(program(code, 1.0 if "sleep" in code else 30.0))


async def test_a_program_that_is_not_there() -> None:
    its = CommandSettings(kind="command", command=("/nowhere/python",))
    with pytest.raises(UnreachableError, match="cannot be started"):
        await reads(Program("q4", its, {}))


# config.py --------------------------------------------------------------------------------------


SECRETS = {
    "user": "u",
    "password": "p",
    "client_id": "i",
    "client_secret": "s",
    "user_id": "7",
    "token": "t",
}


def _settings(source: dict[str, object]) -> SourceSettings:
    """The configured source of a car in config.py."""
    return checked(CarSettings, {"capacity_kwh": 77.0, "source": source}, "config.py").source


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"kind": "eudataact", "brand": "audi"}, "the EU Data Act portal"),
        ({"kind": "audi", "vin": "WAU1"}, "audiconnectpy"),
        ({"kind": "smartcar"}, "Smartcar"),
        ({"kind": "homeassistant", "url": "http://ha:8123", "soc": "sensor.x"}, "Home Assistant"),
        ({"kind": "command", "command": ("/opt/cc/bin/python", "read.py")}, "python"),
        ({"kind": "command", "command": ("read_car",)}, "read_car"),
    ],
)
def test_every_kind_of_source_can_be_configured(given: dict[str, object], name: str) -> None:
    source = source_of("q4", _settings(given), SECRETS)
    assert source is not None
    assert (source.car, source.name) == ("q4", name)


def test_a_car_that_is_only_pushed_has_nothing_to_ask() -> None:
    assert source_of("q4", _settings({"kind": "push"}), {}) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, 'source.kind is missing: must be "push", "eudataact"'),
        ({"kind": "tesla"}, 'source.kind = \'tesla\'; allowed: "push", "eudataact"'),
        ({"kind": "eudataact"}, 'source.brand is missing: must be "vw", "audi"'),
        ({"kind": "eudataact", "brand": "skooda"}, 'Did you mean "skoda"?'),
        (
            {"kind": "eudataact", "brand": "audi", "vim": "x"},
            "source.vim is not a setting: did you mean vin?",
        ),
        ({"kind": "homeassistant", "url": "ha", "soc": "sensor.x"}, "source.url = 'ha'"),
        ({"kind": "command", "command": ()}, "source.command = (); allowed: a program"),
        ({"kind": "smartcar", "poll_s": 1.0}, "source.poll_s = 1.0; allowed: a number from 30"),
    ],
)
def test_a_wrong_source_is_named(given: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(why)):
        _settings(given)


def test_missing_secrets_are_named() -> None:
    with pytest.raises(ValueError, match=r"secrets\.json has no password for this car"):
        source_of("q4", _settings({"kind": "eudataact", "brand": "audi"}), {"user": "u"})
