"""Every kind of source of a car's state: one row each. docs/cars.md shows how each is written."""

from datetime import datetime

from base.http_client import WebError
from base.language import phrase, setting
from base.registry import ByKey, Families
from ev.cars import push
from ev.cars.family import Family, Login, SourceSettings
from ev.cars.source import CarSource

FAMILIES: Families[Family] = Families(
    {
        "push": "ev.cars.push",
        "eudataact": "ev.cars.eudataact",
        "homeassistant": "ev.cars.homeassistant",
        "smartcar": "ev.cars.smartcar",
        "command": "ev.cars.command",
        "audi": "ev.cars.audi",
    }
)
BY_KEY = ByKey("kind", FAMILIES)
USUAL = push.PushSettings()
"""The source of a car for which config.py names none."""
ASKED_NOTHING = phrase("is not polled: its state is pushed or typed")


def source_of(car: str, settings: SourceSettings, login: Login) -> CarSource | None:
    """The source of a car, before the first request; None when it is only pushed.

    `login` is what secrets.json holds for the car. ValueError names what is missing there.
    """
    family = FAMILIES[settings.kind]
    if missing := [key for key in family.secrets if not login.get(key)]:
        raise ValueError(
            setting("secrets.json has no {names} for this car", names=", ".join(missing))
        )
    return None if family.source is None else family.source(car, settings, login)


async def probe(car: str, settings: SourceSettings, login: Login, now: datetime) -> str:
    """A clause for doctor, to be read after the car's name; asks the source once.

    WebError for a fault of the source, ValueError for missing secrets.
    """
    source = source_of(car, settings, login)
    if source is None:
        return ASKED_NOTHING
    try:
        found = await source.read(now)
    except WebError as error:
        raise WebError(f"{source.name} {error}") from None
    finally:
        await source.close()
    full = next((each.soc_pct for each in reversed(found) if each.soc_pct is not None), None)
    if full is None:
        return phrase("is read from {source}: without a state of charge", source=source.name)
    return phrase("is read from {source}: {soc:.0f} %", source=source.name, soc=full)
