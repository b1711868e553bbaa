"""Every day-ahead price service: one row each, in the order they are usually asked."""

from collections.abc import Mapping, Sequence

from base.registry import ByKey
from rates.prices import elia, energy_charts, entsoe
from rates.prices.family import Family, ServiceSettings, Source

FAMILIES: dict[str, Family] = {
    one.kind: one
    for one in (
        energy_charts.FAMILY,
        entsoe.FAMILY,
        elia.FAMILY,
    )
}
BY_KEY = ByKey("kind", FAMILIES)
USUAL = tuple(one.settings.model_validate({"kind": one.kind}) for one in FAMILIES.values())
"""The services that are asked when config.py names none."""


def source_of(settings: ServiceSettings, secrets: Mapping[str, object]) -> Source | None:
    """The source of a service of config.py; None when the secret that it needs is missing."""
    family = FAMILIES[settings.kind]
    secret = str(secrets.get(family.secret) or "")
    return None if family.secret and not secret else family.source(settings, secret)


def sources(
    services: Sequence[ServiceSettings], secrets: Mapping[str, object]
) -> tuple[Source, ...]:
    """The sources of these services, in that order, without those whose secret is missing."""
    found = (source_of(each, secrets) for each in services)
    return tuple(source for source in found if source is not None)
