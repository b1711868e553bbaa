"""The NRGkick Gen2 over its local JSON API."""

from typing import Literal

from base.checked import HostPort
from base.language import phrase
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login


class NrgKickSettings(ChargerSettings):
    """An NRGkick of config.py."""

    kind: Literal["nrgkick"] = "nrgkick"
    host: HostPort


def _driver(name: str, settings: NrgKickSettings, login: Login) -> Driver:
    from ev.chargers.nrgkick.driver import NrgKick

    return NrgKick(
        name, settings.host, user=login.get("user", ""), password=login.get("password", "")
    )


FAMILY = Family(
    kind="nrgkick",
    settings=NrgKickSettings,
    asks=("host",),
    driver=_driver,
    help=phrase("NRGkick Gen2 in the home network, its local JSON API switched on in its app"),
    silence=phrase("keeps its last set-point"),
)
