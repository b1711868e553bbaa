"""Builds battery devices from config.py, and serves the simulated ones.

No device is contacted yet.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import fields
from datetime import datetime

from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.language import phrase
from base.modbus import Line
from bs.devices import registry, simulated
from bs.devices.device import Device
from bs.devices.driver import Driver
from bs.devices.family import BatterySettings
from bs.devices.sunspec import SunSpec
from bs.facts import Battery
from sim.battery import Pack

SIZES = {field.name for field in fields(Battery)}
"""The settings of every family; the others are its address."""
HURRIED_POLL_S, HURRIED_LAG_S = 0.1, 0.25


@asynccontextmanager
async def devices(
    settings: Settings,
    secrets: Secrets,
    house_kw: Callable[[], float],
    speed: float,
    now: Callable[[], datetime],
) -> AsyncIterator[dict[str, Device]]:
    """A device for each battery of the settings; the simulated ones follow `house_kw` and run
    `speed` times as fast until the end, and are read as much more often. `now` gives the time
    (UTC) that their states carry."""
    info = settings.battery_info
    imagined = {name: it for name, it in info.items() if it.family == simulated.FAMILY.kind}
    async with _simulations(imagined, house_kw, speed) as ports:
        made: dict[str, Device] = {}
        for name, it in info.items():
            battery = Battery(name=name, **it.model_dump(include=SIZES))
            if name in ports:
                driver: Driver = SunSpec(battery, Line("127.0.0.1", ports[name]))
                driver.poll_s = max(HURRIED_POLL_S, driver.poll_s / speed)
            else:
                driver = registry.driver_of(battery, it, secrets.homewizard_tokens)
            made[name] = Device(driver, battery, now=now)
        yield made


@asynccontextmanager
async def _simulations(
    info: Mapping[str, BatterySettings], house_kw: Callable[[], float], speed: float
) -> AsyncIterator[dict[str, int]]:
    """The port of an inverter that does not exist, for each name."""
    ports: dict[str, int] = {}
    if not info:
        yield ports
        return
    # pymodbus' server costs memory that a house with a real battery need not pay.
    from sim.battery_modbus import served
    from sim.battery_sunspec import SimSunSpec

    async with AsyncExitStack() as stack:
        for name, it in info.items():
            pack = Pack(
                capacity_kwh=it.capacity_kwh,
                charge_kw=it.charge_kw,
                discharge_kw=it.discharge_kw,
                phases=it.phases,
                efficiency=it.efficiency,
            )
            inverter = SimSunSpec(pack=pack, house_kw=house_kw, speed=speed)
            wire = await stack.enter_async_context(served(inverter))
            ports[name] = wire.port
        yield ports


def lag_s(speed: float) -> float:
    """Seconds by which the meter of an accelerated house shows the batteries too late."""
    return HURRIED_LAG_S * speed if speed > 1.0 else 0.0


def title_of(settings: Settings) -> str:
    """The title of the screen."""
    whole = sum(it.capacity_kwh for it in settings.battery_info.values())
    real = any(it.place for it in settings.battery_info.values())
    if real:
        return phrase("home battery {kwh:g} kWh", kwh=whole)
    return phrase("home battery {kwh:g} kWh, simulated", kwh=whole)
