"""Every family of chargers: one row each. docs/chargers.md lists them for the owner."""

from collections.abc import Mapping

from base.registry import ByKey
from base.wire.guard import Guard
from ev.chargers import alfen, goe, heidelberg, homeassistant, keba, nrgkick, ocpp, peblar
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login

FAMILIES: dict[str, Family] = {
    one.kind: one
    for one in (
        nrgkick.FAMILY,
        ocpp.FAMILY,
        alfen.FAMILY,
        keba.FAMILY,
        heidelberg.FAMILY,
        goe.FAMILY,
        peblar.FAMILY,
        homeassistant.FAMILY,
    )
}  # fmt: skip


BY_KEY = ByKey("kind", FAMILIES, "nrgkick")
"""A charger of config.py. Without a kind it is an NRGkick, as it was before there were others."""


def family_of(settings: ChargerSettings) -> Family:
    """The family of a charger of config.py."""
    return FAMILIES[settings.kind]


def driver_of(name: str, settings: ChargerSettings, login: Login) -> Driver:
    """The driver of a charger of config.py; nothing is opened yet."""
    return family_of(settings).driver(name, settings, login)


def drivers_of(
    chargers: Mapping[str, ChargerSettings],
    logins: Mapping[str, Login],
    guard: Guard | None = None,
) -> Mapping[str, Driver]:
    """The drivers of all chargers of config.py; `guard` is that of the program's listeners.

    ValueError when two of them exclude each other.
    """
    found: dict[str, Driver] = {}
    for kind, family in FAMILIES.items():
        its = {
            name: (settings, logins.get(name, {}))
            for name, settings in chargers.items()
            if settings.kind == kind
        }
        if family.together is not None and its:
            found |= family.together(its, guard)
        else:
            found |= {name: family.driver(name, *each) for name, each in its.items()}
    return found


async def probe(
    name: str, settings: ChargerSettings, login: Login, guard: Guard | None = None
) -> str:
    """A clause for doctor, to be read after the name. ChargerError says what is wrong."""
    driver = drivers_of({name: settings}, {name: login}, guard)[name]
    try:
        info = await driver.info()
    finally:
        await driver.aclose()
    most = "" if info.most_a is None else f" and can give {info.most_a:.0f} A"
    return f"answers{most}; without this program it {family_of(settings).silence}"
