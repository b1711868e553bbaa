"""Builds chargers, cars, their sources and calendars from config.py and secrets.json.

No device is contacted yet; a wrong setting is a ConfigError with a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.shared.house_clock import HouseClock
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.checked import ConfigError
from base.language import setting
from base.time import BRUSSELS
from base.wire.guard import Guard
from ev.calendars.google import Google
from ev.calendars.google_login import Access
from ev.calendars.ical import ICal
from ev.calendars.poll import Calendar
from ev.cars.registry import source_of
from ev.cars.source import CarSource
from ev.chargers.charger import Charger
from ev.chargers.command_steps import Pace
from ev.chargers.device import Device
from ev.chargers.registry import FAMILIES, drivers_of
from ev.facts import Car
from ev.inputs import Rules, Safe

if TYPE_CHECKING:
    from sim.garage import SimGarage

GOOGLE = Path("~/google")
CLIENT, TOKEN, SERVICE_ACCOUNT = "client.json", "token.json", "service_account.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """All devices and sources of the charging program, not connected yet."""

    rules: Rules
    chargers: tuple[Charger, ...]
    cars: tuple[Car, ...]
    sources: tuple[CarSource, ...]
    calendars: Mapping[str, Calendar]


def configured(
    settings: Settings, secrets: Secrets, clock: HouseClock, guard: Guard | None = None
) -> Equipment:
    """The devices that config.py and secrets.json name. ConfigError names the wrong or missing
    setting.

    `guard` is that of all listeners of the program: some chargers connect to us.
    """
    if not settings.cable_info:
        raise ConfigError(setting("config.py: cable_info is empty: add at least one charger"))
    return Equipment(
        rules=_rules(settings),
        chargers=_chargers(settings, secrets, clock, guard),
        cars=tuple(
            Car(name=name, **one.model_dump(exclude={"source"}))
            for name, one in settings.cars.items()
        ),
        sources=_sources(settings, secrets),
        calendars=_calendars(settings, secrets),
    )


def simulated(settings: Settings, garage: "SimGarage", clock: HouseClock) -> Equipment:
    """The simulated garage instead of what config.py names."""
    car = Car(name=garage.car.name, capacity_kwh=garage.car.capacity_kwh)
    its = FAMILIES[str(garage.charger["kind"])].settings.model_validate(garage.charger)
    driver = drivers_of({"main": its}, {"main": garage.login})["main"]
    pace = Pace().faster(clock.speed)
    charger = Device("main", driver, pace=pace, speed=clock.speed, clock=clock)
    cloud = garage.cloud(900.0 / clock.speed)
    return Equipment(
        rules=_rules(settings),
        chargers=(charger,),
        cars=(car,),
        sources=(cloud,),
        calendars={"home": garage.agenda},
    )


def _rules(settings: Settings) -> Rules:
    """The owner's rules for charging."""
    return Rules(
        fuse_a=settings.main_fuse_a,
        idle_s=60.0 * settings.least_idle_min,
        safe=Safe(settings.without_meter),
    )


def _chargers(
    settings: Settings, secrets: Secrets, clock: HouseClock, guard: Guard | None
) -> tuple[Charger, ...]:
    pace = Pace(switch_s=60.0 * settings.least_idle_min)
    try:
        drivers = drivers_of(settings.cable_info, secrets.cables, guard)
    except ValueError as error:
        where = "config.py: cable_info"
        raise ConfigError(f"{where}: {error}") from None
    return tuple(
        Device(
            name,
            drivers[name],
            most_a=its.most_a,
            switches_phases=its.switches_phases,
            pace=pace.faster(clock.speed),
            speed=clock.speed,
            clock=clock,
        )
        for name, its in settings.cable_info.items()
    )


def _sources(settings: Settings, secrets: Secrets) -> tuple[CarSource, ...]:
    """The sources of the cars' state. ConfigError names the car and the fault."""
    found: list[CarSource] = []
    for name, car in settings.cars.items():
        try:
            source = source_of(name, car.source, secrets.cars.get(name, {}))
        except ValueError as error:
            where = f"config.py: cars.{name}"
            raise ConfigError(f"{where}: {error}") from None
        if source is not None:
            found.append(source)
    return tuple(found)


def _calendars(settings: Settings, secrets: Secrets) -> dict[str, Calendar]:
    """The calendars to read trips from, by name; none is fine."""
    found: dict[str, Calendar] = {
        name: ICal(address, BRUSSELS, owners=settings.own_mail)
        for name, address in secrets.ical_addresses.items()
    }
    for name in settings.google_calendars:
        found[name] = Google(name, access(), BRUSSELS)
    return found


def access(home: Path = GOOGLE) -> Access:
    """The files with the Google login."""
    folder = home.expanduser()
    account = folder / SERVICE_ACCOUNT
    return Access(folder / TOKEN, account if account.exists() else None)
