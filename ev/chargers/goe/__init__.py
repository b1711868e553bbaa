"""go-e Charger over its local HTTP API v2."""

from typing import Literal

from base.checked import HostPort
from base.language import phrase
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login


class GoeSettings(ChargerSettings):
    """A go-e of config.py."""

    kind: Literal["goe"]
    host: HostPort


def _driver(name: str, settings: GoeSettings, login: Login) -> Driver:
    from ev.chargers.goe.driver import Goe

    return Goe(name, settings.host)


FAMILY = Family(
    kind="goe",
    settings=GoeSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("go-e Charger from hardware V3, local HTTP API v2 switched on in its app"),
    silence=phrase("keeps its last set-point"),
)
