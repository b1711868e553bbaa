"""Peblar (Home, Business, and chargers that it makes for other brands) over its local REST API."""

from typing import Literal

from base.checked import HostPort
from base.language import phrase
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login


class PeblarSettings(ChargerSettings):
    """A Peblar of config.py; its API token is in secrets.json."""

    kind: Literal["peblar"]
    host: HostPort


def _driver(name: str, settings: PeblarSettings, login: Login) -> Driver:
    from ev.chargers.peblar.driver import Peblar

    return Peblar(name, settings.host, login.get("token", ""))


FAMILY = Family(
    kind="peblar",
    settings=PeblarSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("Peblar from firmware 1.6, its local REST API set to ReadWrite"),
    silence=phrase("keeps its last set-point"),
)
