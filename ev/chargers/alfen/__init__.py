"""Alfen Eve (NG9xx, AHP) over Modbus TCP, as its energy management system."""

from typing import Literal

from pydantic import Field

from base.language import phrase, setting
from ev.chargers.driver import Driver
from ev.chargers.family import Family, Login
from ev.chargers.modbus_registers import ModbusSettings


class AlfenSettings(ModbusSettings):
    """A socket of an Alfen station of config.py; of two the left one is 1."""

    kind: Literal["alfen"]
    socket: int = Field(default=1, ge=1, le=2, description=setting("its socket, 1 or 2"))


def _driver(name: str, settings: AlfenSettings, login: Login) -> Driver:
    from ev.chargers.alfen.driver import Alfen

    return Alfen(name, settings.host, settings.socket)


FAMILY = Family(
    kind="alfen",
    settings=AlfenSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("Alfen Eve in the home network, Energy Management System as its data source"),
    silence=phrase(
        "switches to its own safe current, such as 6 A, after its validity time (60 s), even"
        " when paused"
    ),
)
