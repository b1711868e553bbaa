"""Heidelberg Energy Control and Amperfied over Modbus: their own TCP, or RTU behind a gateway."""

from typing import Literal

from base.language import phrase
from ev.chargers.driver import Driver
from ev.chargers.family import Family, Login
from ev.chargers.modbus_registers import UnitSettings


class HeidelbergSettings(UnitSettings):
    """One of config.py. `unit` is 255 on a connect series, behind a gateway its own, from 1."""

    kind: Literal["heidelberg"]


def _driver(name: str, settings: HeidelbergSettings, login: Login) -> Driver:
    from ev.chargers.heidelberg.driver import Heidelberg

    return Heidelberg(name, settings.host, settings.unit)


FAMILY = Family(
    kind="heidelberg",
    settings=HeidelbergSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("Heidelberg Energy Control behind a Modbus TCP gateway, or an Amperfied connect"),
    silence=phrase("pauses, or drops to 6 A, after 30 s"),
)
