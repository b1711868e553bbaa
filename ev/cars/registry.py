"""Every kind of source of a car's state: one row each. docs/cars.md shows how each is written."""

from base.registry import ByKey
from ev.cars import audi, command, eudataact, homeassistant, push, smartcar
from ev.cars.family import Family, Login, SourceSettings
from ev.cars.source import CarSource

FAMILIES: dict[str, Family] = {
    one.kind: one
    for one in (
        push.FAMILY,
        eudataact.FAMILY,
        homeassistant.FAMILY,
        smartcar.FAMILY,
        command.FAMILY,
        audi.FAMILY,
    )
}
BY_KEY = ByKey("kind", FAMILIES)


def source_of(car: str, settings: SourceSettings, login: Login) -> CarSource | None:
    """The source of a car, not asked anything yet; None when it is only pushed.

    `login` is what secrets.json holds for the car. ValueError names what is missing there.
    """
    family = FAMILIES[settings.kind]
    if missing := [key for key in family.secrets if not login.get(key)]:
        raise ValueError(f"secrets.json lacks {' and '.join(missing)} for this car")
    return None if family.source is None else family.source(car, settings, login)
