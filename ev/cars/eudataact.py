"""The EU Data Act portal of VW, Audi, Skoda, Seat and Cupra: official, read only, each 15 minutes.

Once, in a browser: log in at the portal, link the car, and create a continuous request "All data,
every 15 minutes". Its data is late (a quarter of an hour, hours when the car sleeps), so it serves
as an anchor, not as the current state.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from base.checked import Url
from base.http_client import TIMEOUT_S, AbsentError, Answer, NonsenseError, RefusedError, decoded
from base.language import clause, phrase
from ev.cars import dataset
from ev.cars.asking import Asker
from ev.cars.family import Family, Login, Poll, SourceSettings
from ev.cars.source import Moment
from ev.cars.vwlogin import IDENTITY, PORTAL, Account, log_in
from ev.facts import CarStatus

FIRST_FILES = 8
"""Files read at the start: one holds only what changed."""
EMPTY = "_no_content_found.zip"
VEHICLES = "/proxy_api/consent/me/vehicles?viewPosition=FRONT_LEFT"
REQUEST = "/proxy_api/euda-apim/datarequest/vehicles/{vin}/metadata/partial"
DELIVERY = "/proxy_api/euda-apim/datadelivery/vehicles/{vin}/{request}/{what}"
NO_REQUEST = clause('has no data request: create "All data, every 15 minutes" there in a browser')


class _Tolerant(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class _Vehicle(_Tolerant):
    vin: str | None = None
    number: str | None = Field(default=None, alias="vehicleIdentificationNumber")


class _Listed(_Tolerant):
    name: str
    created: Moment = Field(alias="createdOn")


class _Request(Answer):
    identifier: str = Field(default="", alias="Identifier")


_VEHICLES = TypeAdapter(tuple[_Vehicle, ...])
_FILES = TypeAdapter(tuple[_Listed, ...])
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class EuDataActSettings(SourceSettings):
    """A car of the VW group; `vin` when the account has several."""

    kind: Literal["eudataact"]
    brand: Literal["vw", "audi", "skoda", "seat", "cupra"]
    vin: str = ""
    poll_s: Poll = 300.0
    portal_url: Url = PORTAL
    identity_url: Url = IDENTITY


class EuDataAct:
    """One car of one account. Without `vin` it is the only car of the account."""

    name = "the EU Data Act portal"

    def __init__(
        self, car: str, its: EuDataActSettings, login: Login, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.car, self.poll_s = car, its.poll_s
        self._account = Account(
            brand=its.brand,
            user=login["user"],
            password=login["password"],
            portal_url=its.portal_url,
            identity_url=its.identity_url,
        )
        self._vin = its.vin
        self._request = ""
        self._known: dict[str, dataset.Point] = {}
        self._newest: datetime | None = None
        self._asker = Asker(timeout_s)
        self._logged_in = False

    async def read(self, now: datetime) -> list[CarStatus]:
        """Read new deliveries; the state from all of them together."""
        self._vin = self._vin or await self._only_vin()
        self._request = self._request or await self._identifier()
        await self._take(self._new(await self._listed()))
        if not self._known:
            raise AbsentError(
                clause("has no file with data of this car yet; the first one takes hours")
            )
        return dataset.read(self.car, self.name, self._known, now)

    async def close(self) -> None:
        await self._asker.close()
        self._logged_in = False

    async def _only_vin(self) -> str:
        found = _several(_VEHICLES, await self._get(VEHICLES), "vehicles")
        vins: list[str] = [vin for one in found if (vin := one.vin or one.number)]
        if len(vins) != 1:
            raise RefusedError(
                clause(
                    "has {count} cars in this account; set the vin in config.py", count=len(vins)
                )
            )
        return vins[0]

    async def _identifier(self) -> str:
        try:
            body = await self._get(REQUEST.format(vin=self._vin))
        except AbsentError:
            raise RefusedError(NO_REQUEST) from None
        found = decoded(_Request, body).identifier
        if not found:
            raise RefusedError(NO_REQUEST)
        return found

    async def _listed(self) -> Sequence[_Listed]:
        """The files with content, oldest first."""
        try:
            body = await self._get(self._delivery("list"), type="partial")
        except AbsentError:
            return []
        files = _several(_FILES, body, "files")
        full = [file for file in files if not file.name.lower().endswith(EMPTY)]
        return sorted(full, key=lambda file: file.created)

    def _new(self, files: Sequence[_Listed]) -> Sequence[_Listed]:
        if self._newest is None:
            return files[-FIRST_FILES:]
        return [file for file in files if file.created > self._newest]

    async def _take(self, files: Sequence[_Listed]) -> None:
        """The files are merged. One that cannot be read is not asked for again."""
        broken: NonsenseError | None = None
        for file in files:
            body = await self._get(self._delivery("download"), filename=file.name, type="partial")
            self._newest = file.created
            try:
                found = dataset.points(body, self._vin, file.created)
            except NonsenseError as error:
                broken = error
            else:
                self._known = dataset.merged(self._known, found)
        if broken:
            raise broken

    def _delivery(self, what: str) -> str:
        return DELIVERY.format(vin=self._vin, request=self._request, what=what)

    async def _get(self, path: str, **headers: str) -> bytes:
        """The bytes at that path; when the session has ended, after one more login."""
        fresh = not self._logged_in
        if fresh:
            await self._log_in()
        try:
            return await self._fetched(path, headers)
        except RefusedError:
            self._logged_in = False
            if fresh:
                raise
        await self._log_in()
        return await self._fetched(path, headers)

    async def _fetched(self, path: str, headers: dict[str, str]) -> bytes:
        page = await self._asker.ask("GET", self._account.portal_url + path, headers=headers)
        return page.body

    async def _log_in(self) -> None:
        await log_in(self._asker, self._account)
        self._logged_in = True


def _several(kind: TypeAdapter[Any], body: bytes, key: str) -> Sequence[Any]:
    """A list that comes bare or as the value of `key`. NonsenseError when it is neither."""
    try:
        found = _ANYTHING.validate_json(body)
        parts: Sequence[Any] = kind.validate_python(
            found.get(key, []) if isinstance(found, dict) else found
        )
    except ValidationError:
        raise NonsenseError(clause("did not send a list of {key}", key=key)) from None
    return parts


FAMILY = Family(
    kind="eudataact",
    settings=EuDataActSettings,
    asks=("brand",),
    secrets=("user", "password"),
    source=EuDataAct,
    help=phrase("VW, Audi, Skoda, Seat and Cupra, by the EU Data Act portal: official, read only"),
)
