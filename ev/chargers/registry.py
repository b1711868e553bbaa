"""Every family of chargers: one row each. docs/chargers.md lists them for the owner."""

from collections.abc import Mapping

from base.language import phrase
from base.registry import ByKey, Families
from base.wire.guard import Guard
from ev.chargers.driver import Driver
from ev.chargers.family import ChargerSettings, Family, Login

FAMILIES: Families[Family] = Families(
    {
        "nrgkick": "ev.chargers.nrgkick",
        "ocpp": "ev.chargers.ocpp",
        "alfen": "ev.chargers.alfen",
        "keba": "ev.chargers.keba",
        "heidelberg": "ev.chargers.heidelberg",
        "goe": "ev.chargers.goe",
        "peblar": "ev.chargers.peblar",
        "homeassistant": "ev.chargers.homeassistant",
    }
)
BY_KEY = ByKey("kind", FAMILIES, "nrgkick")
"""A charger of config.py. Without a kind it is an NRGkick, for older settings."""


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
    for kind in FAMILIES:
        its = {
            name: (settings, logins.get(name, {}))
            for name, settings in chargers.items()
            if settings.kind == kind
        }
        if not its:
            continue
        family = FAMILIES[kind]
        if family.together is not None:
            found |= family.together(its, guard)
        else:
            found |= {name: family.driver(name, *each) for name, each in its.items()}
    return found


async def probe(
    name: str, settings: ChargerSettings, login: Login, guard: Guard | None = None
) -> str:
    """A clause for doctor, to be read after the name. ChargerError with the reason otherwise."""
    driver = drivers_of({name: settings}, {name: login}, guard)[name]
    try:
        info = await driver.info()
    finally:
        await driver.aclose()
    silence = family_of(settings).silence
    if info.most_a is None:
        return phrase("answers; without this program it {reason}", reason=silence)
    return phrase(
        "answers and can give {a:.0f} A; without this program it {reason}",
        a=info.most_a,
        reason=silence,
    )
