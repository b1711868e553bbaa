"""Every family of batteries: one row each. docs/batteries.md lists them for the owner."""

from base.registry import ByKey, Families
from bs.devices.driver import Driver
from bs.devices.family import BatterySettings, Family, Tokens
from bs.facts import Battery

FAMILIES: Families[Family] = Families(
    {
        "victron": "bs.devices.victron",
        "marstek": "bs.devices.marstek",
        "sunspec": "bs.devices.sunspec",
        "homewizard": "bs.devices.homewizard",
        "sim": "bs.devices.simulated",
    }
)
BY_KEY = ByKey("family", FAMILIES)


def driver_of(battery: Battery, settings: BatterySettings, tokens: Tokens) -> Driver:
    """The driver of a battery of config.py; nothing is opened yet. Not for a simulated one."""
    made = FAMILIES[settings.family].driver
    assert made is not None, settings.family
    return made(battery, settings, tokens)
