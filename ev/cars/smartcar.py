"""A car over Smartcar's API v3, with an application's own credentials (client credentials).

Its v2 with a login for each car ends on 2026-12-01 and is not supported. Each request counts
against the plan there, so all signals are asked at once, and rarely.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field, ValidationError

from base.checked import Url
from base.http_client import TIMEOUT_S, AbsentError, Answer, RefusedError, decoded
from base.language import clause, phrase
from ev.cars.asking import Asker, Page
from ev.cars.family import Family, Login, Poll, SourceSettings
from ev.cars.source import Fact, statuses
from ev.facts import CarStatus

TOKEN_URL, API_URL = "https://iam.smartcar.com/oauth2/token", "https://vehicle.api.smartcar.com/v3"
EARLIER = timedelta(minutes=1)
FIELDS = {
    "tractionbattery-stateofcharge": "soc_pct",
    "tractionbattery-range": "range_km",
    "charge-ischargingcableconnected": "plugged",
    "charge-ischarging": "charging",
    "charge-chargelimits": "target_pct",
}


class _Token(Answer):
    access_token: str
    expires_in: float = 3600.0


class _Status(Answer):
    value: str = ""


class _Attributes(Answer):
    code: str
    status: _Status = _Status()
    body: dict[str, Any] = Field(default_factory=dict)


class _Meta(Answer):
    oem: str | float | None = Field(default=None, alias="oemUpdatedAt")
    retrieved: str | float | None = Field(default=None, alias="retrievedAt")


class _Signal(Answer):
    attributes: _Attributes
    meta: _Meta = _Meta()


class _Signals(Answer):
    data: tuple[Any, ...]


class _Vehicle(Answer):
    id: str


class _Link(Answer):
    data: _Vehicle


class _Relations(Answer):
    vehicle: _Link


class _Connection(Answer):
    relationships: _Relations


class _Connections(Answer):
    data: tuple[_Connection, ...]


class SmartcarSettings(SourceSettings):
    """A car of a Smartcar application; `vehicle` when there are several."""

    kind: Literal["smartcar"]
    vehicle: str = ""
    poll_s: Poll = 6 * 3600.0
    token_url: Url = TOKEN_URL
    api_url: Url = API_URL


class Smartcar:
    """One car. Without `vehicle` it is the only one connected."""

    name = "Smartcar"

    def __init__(
        self, car: str, its: SmartcarSettings, login: Login, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.car, self.poll_s = car, its.poll_s
        self._form = {
            "grant_type": "client_credentials",
            "client_id": login["client_id"],
            "client_secret": login["client_secret"],
        }
        self._user_id = login["user_id"]
        self._vehicle = its.vehicle
        self._token_url, self._api_url = its.token_url, its.api_url
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)
        self._asker = Asker(timeout_s)

    async def read(self, now: datetime) -> list[CarStatus]:
        """Read its signals, each with its own age."""
        self._vehicle = self._vehicle or await self._only_vehicle(now)
        page = await self._get(f"/vehicles/{self._vehicle}/signals", now)
        facts = list(_facts(decoded(_Signals, page.body)))
        if not facts:
            raise AbsentError(
                clause("has no signals of this car; does your plan there include them?")
            )
        return statuses(self.car, self.name, facts)

    async def close(self) -> None:
        await self._asker.close()

    async def _only_vehicle(self, now: datetime) -> str:
        page = await self._get("/connections", now)
        ids = [one.relationships.vehicle.data.id for one in decoded(_Connections, page.body).data]
        if len(ids) != 1:
            raise RefusedError(
                clause("has {count} cars; set one as vehicle in config.py", count=len(ids))
            )
        return ids[0]

    async def _get(self, path: str, now: datetime) -> Page:
        """The answer; if the key expired early, with a new one."""
        fresh = now >= self._until
        if fresh:
            await self._renew(now)
        try:
            return await self._ask(path)
        except RefusedError:
            if fresh:
                raise
        await self._renew(now)
        return await self._ask(path)

    async def _ask(self, path: str) -> Page:
        headers = {"Authorization": f"Bearer {self._token}", "sc-user-id": self._user_id}
        return await self._asker.ask("GET", self._api_url + path, headers=headers)

    async def _renew(self, now: datetime) -> None:
        page = await self._asker.ask("POST", self._token_url, data=self._form)
        token = decoded(_Token, page.body)
        self._token = token.access_token
        self._until = now + timedelta(seconds=token.expires_in) - EARLIER


def _facts(signals: _Signals) -> list[Fact]:
    """The signals that succeeded. One without a time is as old as the oldest of the others."""
    read = [one for raw in signals.data if (one := _signal(raw))]
    good = [one for one in read if one.attributes.status.value in ("SUCCESS", "")]
    times = [(one, _time(one.meta.oem) or _time(one.meta.retrieved)) for one in good]
    oldest = min((at for _, at in times if at), default=None)
    found = []
    for one, at in times:
        field, value = FIELDS.get(one.attributes.code), _value(one.attributes)
        moment = at or oldest
        if field and value is not None and moment:
            found.append(Fact(field, value, moment))
    return found


def _signal(raw: object) -> _Signal | None:
    """One signal; None for one that is odd, which costs the others nothing."""
    try:
        return _Signal.model_validate(raw)
    except ValidationError:
        return None


def _value(said: _Attributes) -> float | bool | None:
    value = said.body.get("value")
    if said.code == "charge-chargelimits":
        limits = said.body.get("values")
        first = limits[0].get("limit") if limits and isinstance(limits[0], dict) else None
        value = said.body.get("activeLimit", first)
    return value if isinstance(value, (int, float)) else None


def _time(said: str | float | None) -> datetime | None:
    """A moment from ISO 8601 or milliseconds since 1970; None when it is neither."""
    try:
        if isinstance(said, str):
            return datetime.fromisoformat(said).astimezone(UTC)
        if said is not None and math.isfinite(said):
            return datetime.fromtimestamp(said / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


FAMILY = Family(
    kind="smartcar",
    settings=SmartcarSettings,
    secrets=("client_id", "client_secret", "user_id"),
    source=Smartcar,
    help=phrase("most makes, through your own application at Smartcar (version 3)"),
)
