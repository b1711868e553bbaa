"""Any charger with OCPP 1.6J: it connects to this program, which is its central system."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from base.checked import Allowed, Port
from base.language import phrase, setting
from base.wire.guard import Guard
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login

PORT = 8887
Identity = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9*+_.@=|-]{1,48}$"),
    Allowed(setting("1 to 48 characters: letters, digits and * + _ . @ = | -")),
]


class OcppSettings(ChargerSettings):
    """A charging station of config.py, or one connector of it.

    `id` is the station's name for itself, the last part of the address to which it connects;
    chargers of one `port` share a listener. `starts`: a session that waits for a card is started by
    this program.
    """

    kind: Literal["ocpp"]
    id: Identity
    port: Port = PORT
    connector: int = Field(default=1, ge=1, le=8, description=setting("its connector number"))
    starts: bool = False


def _together(
    chargers: Mapping[str, tuple[OcppSettings, Login]], guard: Guard | None
) -> Mapping[str, Driver]:
    """A driver for each; those of one port share a listener. ValueError for a connector that is
    named twice."""
    from ev.chargers.ocpp.central import Central
    from ev.chargers.ocpp.driver import Ocpp

    listeners: dict[int, Central] = {}
    found: dict[str, Driver] = {}
    seen: dict[tuple[int, str, int], str] = {}
    for name, (its, login) in chargers.items():
        place = its.port, its.id, its.connector
        if other := seen.get(place):
            raise ValueError(
                setting(
                    "{name} and {other} are the same connector of {id}",
                    name=name,
                    other=other,
                    id=repr(its.id),
                )
            )
        seen[place] = name
        central = listeners.get(its.port)
        if central is None:
            central = listeners[its.port] = Central(its.port, guard)
        station = central.station(its.id, login.get("password", ""))
        found[name] = Ocpp(name, central, station, its.connector, starts=its.starts)
    return found


def _driver(name: str, settings: OcppSettings, login: Login) -> Driver:
    return _together({name: (settings, login)}, None)[name]


FAMILY = Family(
    kind="ocpp",
    settings=OcppSettings,
    asks=("id",),
    driver=_driver,
    together=_together,
    help=phrase("any charger that speaks OCPP 1.6J; its server address is ws://THIS_MACHINE:8887/"),
    silence=phrase("pauses, or drops to 6 A, within 2 minutes if --silence-test confirms it"),
)
