"""KEBA KeContact P30 and P40 over Modbus TCP, and chargers that KEBA makes for other brands."""

from typing import Literal

from base.language import phrase
from ev.chargers.driver import Driver
from ev.chargers.family import Family, Login
from ev.chargers.modbus_registers import ModbusSettings


class KebaSettings(ModbusSettings):
    """A KEBA of config.py."""

    kind: Literal["keba"]


def _driver(name: str, settings: KebaSettings, login: Login) -> Driver:
    from ev.chargers.keba.driver import Keba

    return Keba(name, settings.host)


FAMILY = Family(
    kind="keba",
    settings=KebaSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("KEBA P30 or P40 (BMW, SolarEdge) in the home network, Modbus TCP switched on"),
    silence=phrase("pauses, or drops to 6 A, after 60 s"),
)
