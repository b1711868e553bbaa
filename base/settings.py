"""config.py, rates.json's path and secrets.json become checked, frozen settings, or a sentence.

config.py holds the householder's values and nothing else, so that an upgrade never touches it;
what each value may be stands here.
"""

import json
import runpy
import stat
import sys
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

SECRETS = Path("~/secrets.json")
OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO
_M = TypeVar("_M", bound=BaseModel)


# What Python that is wrong is known to raise while it runs.
_NOT_RUNNING = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    SyntaxError,
    SystemExit,
    TypeError,
    ValueError,
)


class ConfigError(Exception):
    """A setting or file is wrong. The text names the key, the value and what is allowed."""


def _clock(value: object) -> object:
    """A time of day from "07:00", as it is typed in config.py; the zone is always ours."""
    clock = time.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(clock, time) and clock.tzinfo is not None:
        raise ValueError("a time of day has no zone")
    return clock


def _network(value: object) -> object:
    """A network from "192.168.1.0/24", or from one address."""
    return ip_network(value, strict=False) if isinstance(value, str) else value


Clock = Annotated[time, BeforeValidator(_clock)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Address(_Checked):
    """Where an app's websocket is found."""

    host: str = Field(min_length=1)
    port: int = Field(ge=0, le=65535)

    @property
    def url(self) -> str:
        return f"ws://{self.host}:{self.port}/ws"


class Plane(_Checked):
    """Panels that look one way. Azimuth: 0 is south, -90 east, 90 west; tilt: 0 lies flat."""

    kwp: float = Field(gt=0, le=100)
    tilt_deg: float = Field(ge=0, le=90)
    azimuth_deg: float = Field(ge=-180, le=180)


class Solar(_Checked):
    """Where the roof is and what is on it."""

    latitude: float = Field(ge=49, le=52)
    longitude: float = Field(ge=2, le=7)
    planes: tuple[Plane, ...] = Field(min_length=1)
    inverter_kw: float | None = Field(default=None, gt=0, le=100)


Text = Annotated[str, Field(min_length=1, max_length=40)]


class CarSettings(_Checked):
    """A car: what it holds, takes and is kept at. `source` is checked where it is asked."""

    capacity_kwh: float = Field(ge=5, le=250)
    most_a: float = Field(default=16.0, ge=6, le=32)
    phases: Literal[1, 2, 3] = 3
    efficiency: float = Field(default=0.9, ge=0.5, le=1)
    consumption_kwh_100km: float = Field(default=18.0, ge=5, le=60)
    default_target_pct: float = Field(default=80.0, ge=20, le=100)
    least_pct: float = Field(default=20.0, ge=0, le=80)
    value_eur_kwh: float = Field(default=1.0, ge=0, le=10)
    source: dict[str, object] = {"kind": "push"}


class CableSettings(_Checked):
    """A charger: what it is, where it is found, and what its circuit carries on each phase."""

    kind: Literal["nrgkick"] = "nrgkick"
    host: str = Field(min_length=1)
    most_a: float = Field(default=16.0, ge=6, le=32)
    switches_phases: bool = True


class BatterySettings(_Checked):
    """A home battery: what it is and where it is found. "sim" is simulated.

    `unit`, `generation`, `vebus_unit`, `packs` and `fingerprint` are for families that need them.
    A car that can discharge `leaves` at a time of day, `leaves_pct` full.
    """

    family: Literal["victron", "marstek", "sunspec", "homewizard", "sim"]
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=502, ge=1, le=65535)
    capacity_kwh: float = Field(ge=0.5, le=200)
    charge_kw: float = Field(default=5.0, gt=0, le=10)
    discharge_kw: float = Field(default=5.0, gt=0, le=10)
    phases: Literal[1, 3] = 1
    reserve_pct: float = Field(default=10.0, ge=0, le=90)
    most_pct: float = Field(default=100.0, ge=50, le=100)
    efficiency: float = Field(default=0.95, ge=0.7, le=1)
    wear_eur_kwh: float = Field(default=0.02, ge=0, le=1)
    leaves: Clock | None = None
    leaves_pct: float = Field(default=80.0, ge=0, le=100)
    unit: int | None = Field(default=None, ge=0, le=255)
    generation: Literal["v2", "v3"] = "v3"
    vebus_unit: int | None = Field(default=None, ge=0, le=255)
    packs: tuple[str, ...] = ()
    fingerprint: str = ""


class Settings(_Checked):
    """config.py, typed. Every field is described where the householder edits it."""

    serial_port: str = Field(
        default="/dev/ttyUSB0",
        pattern=r"^(/dev/.+|auto|(socket|homewizard|file)://.+|sim://.*)$",
    )
    socket_info: dict[Literal["dm", "ev", "bs"], Address] = {}
    remote_ips: tuple[Network, ...] = ()
    web_origins: tuple[str, ...] = ()
    day_hours: tuple[Clock, Clock] | None = None
    weekend_is_night: bool | None = None
    holidays_are_night: bool | None = None
    month_peak_floor_kw: float = Field(default=2.5, ge=0, le=20)
    month_peak_ceiling_kw: float | None = Field(default=None, ge=1, le=60)
    solar: Solar | None = None
    cable_info: dict[Text, CableSettings] = {}
    cars: dict[Text, CarSettings] = {}
    car_push_port: int | None = Field(default=None, ge=0, le=65535)
    google_calendars: tuple[str, ...] = ()
    all_day_departure: Clock = time(7)
    main_fuse_a: float | None = Field(default=None, ge=10, le=125)
    least_idle_min: float = Field(default=10.0, ge=5, le=120)
    without_meter: Literal["pause", "least"] = "pause"
    over_peak: Literal["accept", "refuse"] = "accept"
    battery_info: dict[Text, BatterySettings] = {}
    glyphs: Literal["unicode", "console"] = "unicode"

    @property
    def apps(self) -> tuple[str, ...]:
        """The daemons that run here, by their tmux session names."""
        ev = ("ev",) if self.cable_info and "ev" in self.socket_info else ()
        bs = ("bs",) if self.battery_info and "bs" in self.socket_info else ()
        return ("dm", *ev, *bs)


class Secrets(_Checked):
    """~/secrets.json, typed."""

    websocket_token: str = ""
    entsoe_token: str = ""
    cables: dict[str, dict[str, str]] = {}
    cars: dict[str, dict[str, str]] = {}
    ical_addresses: dict[str, str] = {}
    homewizard_tokens: dict[str, str] = {}


_ALLOWED = {
    "[key]": '"dm", "ev" or "bs"',
    "host": "a name or address",
    "port": "a whole number from 0 to 65535",
    "month_peak_floor_kw": "a number from 0 to 20 (kW)",
    "month_peak_ceiling_kw": "None, or a number from 1 to 60 (kW)",
    "serial_port": "/dev/..., auto, socket://host:port, homewizard://ip, file:///path or sim://",
    "latitude": "degrees north in Belgium, a number from 49 to 52",
    "longitude": "degrees east in Belgium, a number from 2 to 7",
    "planes": 'a list such as [{"kwp": 5.0, "tilt_deg": 35.0, "azimuth_deg": 0.0}]',
    "kwp": "the peak power of the panels, kW, above 0 up to 100",
    "tilt_deg": "degrees from 0 (flat) to 90 (upright)",
    "azimuth_deg": "degrees from -180 to 180: 0 is south, -90 east, 90 west",
    "inverter_kw": "None, or what the inverter can give, kW, above 0 up to 100",
    "capacity_kwh": "what it holds, kWh: from 5 to 250 for a car, from 0.5 to 200 at home",
    "family": '"victron", "marstek", "sunspec", "homewizard" or "sim"',
    "charge_kw": "what it charges with at most, kW, above 0 up to 10",
    "discharge_kw": "what it discharges with at most, kW, above 0 up to 10",
    "reserve_pct": "a number from 0 to 90 (%)",
    "most_pct": "a number from 50 to 100 (%)",
    "wear_eur_kwh": "what a kWh through it wears off, a number from 0 to 1 (EUR)",
    "generation": '"v2" or "v3"',
    "most_a": "A on each phase, a number from 6 to 32",
    "phases": "1, 2 or 3",
    "default_target_pct": "a number from 20 to 100 (%)",
    "least_pct": "a number from 0 to 80 (%)",
    "main_fuse_a": "None, or a number from 10 to 125 (A)",
    "least_idle_min": "minutes, a number from 5 to 120",
    "without_meter": '"pause" or "least"',
    "over_peak": '"accept" or "refuse"',
    "car_push_port": "None, or a whole number from 0 to 65535",
    "all_day_departure": 'a time of day such as "07:00"',
    "remote_ips": 'addresses or networks, such as "192.168.1.7" or "192.168.1.0/24"',
    "day_hours": 'None, or ("07:00", "22:00"): two times of day',
    "weekend_is_night": "None, True or False",
    "holidays_are_night": "None, True or False",
}


def load_settings(path: Path) -> Settings:
    """The settings of a config.py. ConfigError when it is missing or wrong."""
    try:
        values = runpy.run_path(str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: copy it from the project again") from None
    except _NOT_RUNNING as error:
        raise ConfigError(f"{path} cannot be read as Python: {error}") from None
    mine = {key: _plain(value) for key, value in values.items() if not key.startswith("_")}
    return _checked(Settings, mine, path.name, secret=False)


def load_secrets(path: Path = SECRETS) -> Secrets:
    """The secrets, or empty ones when there is no file. Refused when others can read it."""
    path = path.expanduser()
    if not path.exists():
        return Secrets()
    if path.stat().st_mode & OTHERS_MAY_READ:
        raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from None
    return _checked(Secrets, values, path.name, secret=True)


def _plain(value: object) -> object:
    """Lists as tuples, at any depth: a householder may write either."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _checked(model: type[_M], values: Any, file: str, secret: bool) -> _M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error, model, file, secret)) from None


def _sentence(error: ValidationError, model: type[BaseModel], file: str, secret: bool) -> str:
    """The first mistake: file, key, value (never a secret's) and what is allowed."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        return f"{file}: {where} is not a setting; there are {', '.join(model.model_fields)}"
    value = "" if secret else f" = {first['input']!r}"
    known = (_ALLOWED[part] for part in reversed(path) if part in _ALLOWED)
    allowed = next(known, first["msg"].removeprefix("Input should be "))
    return f"{file}: {where or 'the file'}{value}: allowed is {allowed}"


def main() -> int:
    """Prints the apps that run here, one a line, for startup_cron.sh."""
    try:
        print(*load_settings(Path(__file__).parent.parent / "config.py").apps, sep="\n")
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
