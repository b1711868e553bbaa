"""A battery that does not exist, served by the program that runs it as a SunSpec inverter."""

from typing import Literal

from base.language import phrase
from bs.devices.family import BatterySettings, Family


class SimulatedSettings(BatterySettings):
    """A simulated battery of config.py."""

    family: Literal["sim"]


FAMILY = Family(
    kind="sim",
    settings=SimulatedSettings,
    asks=("capacity_kwh",),
    driver=None,
    help=phrase("a simulated battery, to see what one would do"),
    silence=phrase("is gone"),
)
