"""The driver of a battery, by its family and where it is found."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bs.devices.driver import Driver
from bs.devices.homewizard import HomeWizard
from bs.devices.homewizard_api import Address, url_of
from bs.devices.marstek import Marstek
from bs.devices.modbus import Line
from bs.devices.sunspec import SunSpec
from bs.devices.victron import SYSTEM, Victron
from bs.facts import Battery

MODBUS_PORT = 502
MARSTEK_GAP_S = 0.06  # it forgets requests that come closer


class Family(StrEnum):
    """The devices that can be told."""

    VICTRON = "victron"
    MARSTEK = "marstek"
    SUNSPEC = "sunspec"
    HOMEWIZARD = "homewizard"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a battery is found, from config.py.

    `unit` is its Modbus unit, when it is not the usual one; `generation` a Marstek's ("v3" or
    "v2"); `vebus_unit` a Victron's Multi, for ESS mode 3; `packs` the hosts of HomeWizard's
    batteries, `host` being the P1 meter; `fingerprint` the SHA-256 of the P1 meter's certificate.
    """

    family: Family
    host: str
    port: int = MODBUS_PORT
    unit: int | None = None
    generation: str = "v3"
    vebus_unit: int | None = None
    packs: tuple[str, ...] = ()
    fingerprint: str = ""


def driver_of(battery: Battery, place: Place, tokens: Mapping[str, str]) -> Driver:
    """Its driver; nothing is opened yet. `tokens` are HomeWizard's, by host."""
    match place.family:
        case Family.VICTRON:
            line = Line(place.host, place.port, _unit(place, SYSTEM))
            return Victron(battery, line, place.vebus_unit)
        case Family.MARSTEK:
            line = Line(place.host, place.port, _unit(place, 1), gap_s=MARSTEK_GAP_S)
            return Marstek(battery, line, place.generation)
        case Family.SUNSPEC:
            return SunSpec(battery, Line(place.host, place.port, _unit(place, 1)))
        case Family.HOMEWIZARD:
            meter = Address(url_of(place.host), tokens.get(place.host, ""), place.fingerprint)
            packs = [Address(url_of(host), tokens.get(host, "")) for host in place.packs]
            return HomeWizard(battery, meter, packs)


def _unit(place: Place, usual: int) -> int:
    return usual if place.unit is None else place.unit
