"""Which source each car has: from config.py's dict and secrets.json's, or a sentence.

`source = {"kind": "eudataact", "brand": "audi"}` and so on; docs/cars.md shows every one.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ev.cars.audi import Audi
from ev.cars.command import Program
from ev.cars.eudataact import EuDataAct
from ev.cars.homeassistant import HomeAssistant
from ev.cars.smartcar import API_URL, TOKEN_URL, Smartcar
from ev.cars.source import CarSource
from ev.cars.vwlogin import IDENTITY, PORTAL, Account

Secrets = Mapping[str, str]
Text = Annotated[str, Field(min_length=1)]
Poll = Annotated[float, Field(ge=30, le=86400)]
Url = Annotated[str, Field(pattern=r"^https?://.+")]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PushSettings(_Settings):
    """Nothing is asked: somebody pushes, or the owner types."""

    kind: Literal["push"]


class EuDataActSettings(_Settings):
    kind: Literal["eudataact"]
    brand: Literal["vw", "audi", "skoda", "seat", "cupra"]
    vin: str = ""
    poll_s: Poll = 300.0
    portal_url: Url = PORTAL
    identity_url: Url = IDENTITY


class AudiSettings(_Settings):
    kind: Literal["audi"]
    vin: str = ""
    country: str = "BE"
    poll_s: Poll = 900.0


class SmartcarSettings(_Settings):
    kind: Literal["smartcar"]
    vehicle: str = ""
    poll_s: Poll = 6 * 3600.0
    token_url: Url = TOKEN_URL
    api_url: Url = API_URL


class HomeAssistantSettings(_Settings):
    kind: Literal["homeassistant"]
    url: Url
    soc: Text
    range: str = ""
    plugged: str = ""
    charging: str = ""
    target: str = ""
    seen: str = ""
    poll_s: Poll = 60.0


class CommandSettings(_Settings):
    kind: Literal["command"]
    command: Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
    poll_s: Poll = 900.0


SourceSettings = Annotated[
    PushSettings
    | EuDataActSettings
    | AudiSettings
    | SmartcarSettings
    | HomeAssistantSettings
    | CommandSettings,
    Field(discriminator="kind"),
]
_SETTINGS: TypeAdapter[SourceSettings] = TypeAdapter(SourceSettings)


def source_of(car: str, given: Mapping[str, object], secrets: Secrets) -> CarSource | None:
    """The source of a car, not yet asked anything; None when it is only pushed.

    `given` is its dict in config.py, `secrets` what secrets.json holds for the car. ValueError
    with a sentence when either is wrong.
    """
    try:
        settings = _SETTINGS.validate_python(dict(given))
    except ValidationError as error:
        raise ValueError(_sentence(error)) from None
    match settings:
        case PushSettings():
            return None
        case EuDataActSettings():
            return _eudataact(car, settings, secrets)
        case AudiSettings(vin=vin, country=country, poll_s=poll_s):
            user, password = _need(secrets, "user", "password")
            return Audi(car, user, password, vin, country, poll_s=poll_s)
        case SmartcarSettings():
            return _smartcar(car, settings, secrets)
        case HomeAssistantSettings():
            return _homeassistant(car, settings, secrets)
        case CommandSettings(command=command, poll_s=poll_s):
            return Program(car, command, poll_s=poll_s)


def _eudataact(car: str, settings: EuDataActSettings, secrets: Secrets) -> CarSource:
    user, password = _need(secrets, "user", "password")
    account = Account(settings.brand, user, password, settings.portal_url, settings.identity_url)
    return EuDataAct(car, account, settings.vin, poll_s=settings.poll_s)


def _smartcar(car: str, settings: SmartcarSettings, secrets: Secrets) -> CarSource:
    client_id, secret, user_id = _need(secrets, "client_id", "client_secret", "user_id")
    return Smartcar(
        car,
        client_id,
        secret,
        user_id,
        settings.vehicle,
        poll_s=settings.poll_s,
        token_url=settings.token_url,
        api_url=settings.api_url,
    )


def _homeassistant(car: str, settings: HomeAssistantSettings, secrets: Secrets) -> CarSource:
    (token,) = _need(secrets, "token")
    entities = {
        "soc_pct": settings.soc,
        "range_km": settings.range,
        "plugged": settings.plugged,
        "charging": settings.charging,
        "target_pct": settings.target,
    }
    named = {field: entity for field, entity in entities.items() if entity}
    return HomeAssistant(
        car, settings.url, token, named, seen=settings.seen or None, poll_s=settings.poll_s
    )


def _need(secrets: Secrets, *keys: str) -> list[str]:
    missing = [key for key in keys if not secrets.get(key)]
    if missing:
        raise ValueError(f"secrets.json lacks {' and '.join(missing)} for this car")
    return [secrets[key] for key in keys]


def _sentence(error: ValidationError) -> str:
    """The first mistake: which key, what it is and what it may be."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    if first["type"].startswith("union_tag"):
        return "source needs a kind: push, eudataact, audi, smartcar, homeassistant or command"
    if first["type"] == "missing":
        return f"source lacks {where}"
    if first["type"] == "extra_forbidden":
        return f"{where} is not a setting of this source"
    return f"source.{where} = {first['input']!r}: {first['msg']}"
