"""Checked, frozen settings from config.py, or an error with a sentence.

config.py has only the householder's values, so that an upgrade never changes it;
the allowed values are defined here.
"""

import ast
import runpy
import sys
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from apps.shared.conflicts import conflicts
from base import address
from base.checked import Allowed, Checked, Clock, ConfigError, Host, Name, Text, Url, checked
from base.language import setting
from bs.devices import registry as batteries
from bs.devices.family import BatterySettings
from ev.cars import registry as cars
from ev.cars.family import SourceSettings
from ev.chargers import registry as chargers
from ev.chargers.family import ChargerSettings
from notify.senders import registry as senders
from notify.senders.family import SenderSettings
from rates.prices import registry as prices
from rates.prices.family import ServiceSettings


def _network(value: object) -> object:
    """A network from "192.168.1.0/24", or from one address."""
    return ip_network(value, strict=False) if isinstance(value, str) else value


Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(_network),
    Allowed(setting('an address or network such as "192.168.1.7" or "192.168.1.0/24"')),
]
Mail = Annotated[
    str,
    Field(pattern=r"^[^@\s]+@[^@\s]+$"),
    Allowed(setting('an address such as "jan@example.com"')),
]
Origin = Annotated[
    str,
    AfterValidator(address.origin),
    Allowed(setting('a page such as "http://pi-dm:3000", without a path')),
]
PLANES = '[{"kwp": 5.0, "tilt_deg": 35.0, "azimuth_deg": 0.0}]'
SERVICES = '[{"kind": "energy_charts"}]'
OwnPort = Annotated[int, Field(ge=0, le=65535)]
"""A port that this program listens on; 0 is any that is free."""


class Address(Checked):
    """Address of an app's websocket."""

    host: Host
    port: OwnPort

    @property
    def url(self) -> str:
        return f"ws://{address.in_url(self.host)}:{self.port}/ws"


class Plane(Checked):
    """Panels with one orientation."""

    kwp: float = Field(gt=0, le=100, description=setting("kW, the peak power of the panels"))
    tilt_deg: float = Field(ge=0, le=90, description=setting("degrees: 0 is flat, 90 upright"))
    azimuth_deg: float = Field(
        ge=-180, le=180, description=setting("degrees: 0 is south, -90 east, 90 west")
    )


class Solar(Checked):
    """Position and planes of the roof; without planes they are estimated from the meter's
    readings."""

    latitude: float = Field(ge=49, le=52, description=setting("degrees north, in Belgium"))
    longitude: float = Field(ge=2, le=7, description=setting("degrees east, in Belgium"))
    planes: Annotated[
        tuple[Plane, ...],
        Allowed(setting("a list such as {value}", value=PLANES)),
    ] = ()
    inverter_kw: float | None = Field(
        default=None, gt=0, le=100, description=setting("kW, its maximum")
    )


class CarSettings(Checked):
    """A car: its capacity, limits and targets, and the source of its state."""

    capacity_kwh: float = Field(
        ge=5, le=250, description=setting("kWh, the capacity of its battery")
    )
    most_a: float = Field(
        default=16.0, ge=6, le=32, description=setting("A per phase, its maximum")
    )
    phases: Literal[1, 2, 3] = 3
    least_a: float = Field(
        default=6.0,
        ge=6,
        le=16,
        description=setting("A, the minimum on several phases"),
    )
    efficiency: float = Field(default=0.9, ge=0.5, le=1, description=setting("1 means no loss"))
    consumption_kwh_100km: float = Field(
        default=18.0, ge=5, le=60, description=setting("kWh per 100 km")
    )
    default_target_pct: float = Field(default=80.0, ge=20, le=100, description="%")
    least_pct: float = Field(default=20.0, ge=0, le=80, description="%")
    value_eur_kwh: float = Field(
        default=1.0, ge=0, le=10, description=setting("EUR, the value of a kWh charged in time")
    )
    source: Annotated[SourceSettings, cars.BY_KEY] = cars.USUAL


TopicName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=60),
    Allowed(setting("a topic such as digital_meter: letters, digits, - and _")),
]


class BrokerPlace(Checked):
    """Address of an MQTT broker, and the user of this program.

    With `cert_file` and `key_file` it shows a certificate of its own.
    """

    host: Host
    port: int = Field(default=1883, ge=1, le=65535, description=setting("8883 is usual with tls"))
    user: str = ""
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError(setting("cert_file and key_file belong together: set both or neither"))
        if self.cert_file is not None and not self.tls:
            raise ValueError(setting("cert_file needs tls = True"))
        return self


class FleetSettings(BrokerPlace):
    """The broker of an organisation with many homes, and the consent to send the quarters."""

    port: int = Field(default=8883, ge=1, le=65535, description=setting("8883 is usual with tls"))
    tls: bool = True
    topic: TopicName = "dm/v1"
    consent: bool = False


class BrokerSettings(BrokerPlace):
    """The MQTT broker of the house, and the settings of its publications."""

    topic: TopicName = "digital_meter"
    discovery: TopicName = "homeassistant"
    evcc: TopicName | None = None
    least_w: float = Field(
        default=1380.0,
        ge=0,
        le=25000,
        description=setting("W, the minimum of a slow consumer"),
    )


Charger = Annotated[ChargerSettings, chargers.BY_KEY]
Battery = Annotated[BatterySettings, batteries.BY_KEY]
Notify = Annotated[SenderSettings, senders.BY_KEY]


Program = Annotated[
    str,
    Field(pattern=r"^(dm|(ev|bs)[2-9]?|mqtt)$"),
    Allowed(setting('"dm", "ev", "bs" or "mqtt"; a second one is "ev2" or "bs2"')),
]


class Settings(Checked):
    """config.py, typed. Every field is described where the householder edits it."""

    serial_port: Annotated[
        str,
        Field(pattern=r"^(|/dev/.+|auto|(socket|homewizard|file)://.+|sim://.*)$"),
        Allowed(
            setting(
                "/dev/..., auto, socket://host:port, homewizard://ip, file:///path or sim://;"
                ' "" where the meter is on another machine'
            )
        ),
    ] = "/dev/ttyUSB0"
    socket_info: dict[Program, Address] = Field(default_factory=dict)
    remote_ips: tuple[Network, ...] = ()
    open_to_network: bool = False
    web_origins: tuple[Origin, ...] = ()
    phones_read: bool = False
    day_hours: Annotated[
        tuple[Clock, Clock] | None,
        Allowed(setting('None, or ("07:00", "22:00"): two times of day')),
    ] = None
    weekend_is_night: bool | None = None
    holidays_are_night: bool | None = None
    price_services: Annotated[
        tuple[Annotated[ServiceSettings, prices.BY_KEY], ...],
        Field(min_length=1),
        Allowed(setting("a list of services such as {value}", value=SERVICES)),
    ] = prices.USUAL
    month_peak_floor_kw: float = Field(default=2.5, ge=0, le=20, description=setting("kW"))
    month_peak_ceiling_kw: float | None = Field(
        default=None, ge=1, le=60, description=setting("kW")
    )
    solar: Solar | None = None
    cable_info: dict[Name, Charger] = Field(default_factory=dict)
    cars: dict[Name, CarSettings] = Field(default_factory=dict)
    car_push_port: OwnPort | None = None
    google_calendars: tuple[Text, ...] = ()
    own_mail: tuple[Mail, ...] = ()
    all_day_departure: Clock = time(7)
    main_fuse_a: float | None = Field(default=None, ge=10, le=125, description=setting("A"))
    least_idle_min: float = Field(default=10.0, ge=5, le=120, description=setting("minutes"))
    without_meter: Literal["pause", "least"] = "pause"
    over_peak: Literal["accept", "refuse"] = "accept"
    usual_trips: bool = True
    battery_info: dict[Name, Battery] = Field(default_factory=dict)
    notify: dict[Name, Notify] = Field(default_factory=dict)
    quiet_hours: Annotated[
        tuple[Clock, Clock] | None,
        Allowed(setting('None, or ("22:00", "07:00"): two times of day')),
    ] = (time(22), time(7))
    page_address: Url | None = None
    mqtt: Annotated[BrokerSettings | None, BeforeValidator(lambda given: given or None)] = None
    fleet: Annotated[FleetSettings | None, BeforeValidator(lambda given: given or None)] = None
    glyphs: Literal["unicode", "console"] = "unicode"
    language: Literal["auto", "en", "nl", "fr"] = "auto"

    @property
    def apps(self) -> tuple[str, ...]:
        """The daemons that run here, by their tmux session names.

        Without a serial port the meter program runs on another machine, which socket_info names.
        """
        dm = ("dm",) if self.serial_port else ()
        ev = ("ev",) if self.cable_info and self.own_name("ev") in self.socket_info else ()
        bs = ("bs",) if self.battery_info and self.own_name("bs") in self.socket_info else ()
        wanted = self.mqtt is not None or self.fleet_broker is not None
        mqtt = ("mqtt",) if wanted and "dm" in self.socket_info else ()
        return (*dm, *ev, *bs, *mqtt)

    @property
    def fleet_broker(self) -> FleetSettings | None:
        """The broker for the quarters; None without the householder's consent."""
        return self.fleet if self.fleet is not None and self.fleet.consent else None

    @property
    def lets_others_in(self) -> bool:
        """True if other machines, such as a telephone, may connect."""
        return any(not network.is_loopback for network in self.remote_ips)

    def own_name(self, kind: str) -> str:
        """The name under which this machine's program of a kind speaks: "ev", or "ev2" beside one.

        A second one has its own config.py, whose socket_info has its name instead of that of the
        first.
        """
        names = [name for name in self.socket_info if name.rstrip("23456789") == kind]
        return kind if kind in names or not names else names[0]


def load_settings(path: Path) -> Settings:
    """The settings of a config.py. ConfigError when it is missing or wrong."""
    try:
        values = runpy.run_path(str(path))
        source = ast.parse(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(
            setting("{path} is missing: copy it from the project again", path=path)
        ) from None
    except SyntaxError as error:
        raise ConfigError(_not_python(path, error)) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything
        text = str(error) or type(error).__name__
        raise ConfigError(
            setting("{path} cannot be read as Python: {text}", path=path, text=text)
        ) from None
    if twice := _twice(path, source):
        raise ConfigError(twice)
    try:
        mine = {key: _plain(value) for key, value in values.items() if not key.startswith("_")}
    except RecursionError:
        raise ConfigError(
            setting("{path} cannot be read as Python: {text}", path=path, text="RecursionError")
        ) from None
    settings = checked(Settings, mine, path.name)
    for sentence in conflicts(settings):
        raise ConfigError(f"{path.name}: {sentence}")
    return settings


def _not_python(path: Path, error: SyntaxError) -> str:
    """The mistake with its line; a file in another encoding than UTF-8 has none."""
    if error.lineno is None or "utf-8" in str(error.msg):
        return setting("{path} is not text in UTF-8: save it as UTF-8", path=path)
    return setting(
        "{file}, line {line}: this cannot be read as Python: {text}",
        file=path.name,
        line=error.lineno,
        text=error.msg,
    )


def _twice(path: Path, source: ast.AST) -> str:
    """First key that occurs twice in one dict, of which Python would keep the last; "" for none."""
    for node in ast.walk(source):
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant)]
            seen: set[object] = set()
            for key in keys:
                if key.value in seen:
                    return setting(
                        "{file}, line {line}: {value} occurs twice",
                        file=path.name,
                        line=key.lineno,
                        value=repr(key.value),
                    )
                seen.add(key.value)
    return ""


def _plain(value: object) -> object:
    """Lists as tuples, at any depth: a householder may write either."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def main() -> int:
    """Prints the apps that run here, one a line, for startup_cron.sh."""
    try:
        apps = load_settings(Path(__file__).parents[2] / "config.py").apps
        if not apps:
            raise ConfigError(
                setting(
                    'config.py: serial_port is "" and there is no charger or battery with'
                    " an address in socket_info: nothing runs here"
                )
            )
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    print(*apps, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
