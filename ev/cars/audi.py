"""An Audi through audiconnectpy, if it is installed and the login still works.

Note: since July 2026 Audi allows only logins of its own telephone app, and audiconnectpy is no
longer on PyPI. A new login fails. The EU Data Act portal is the way that works: see eudataact.py.
"""

import importlib
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Literal

from base.http_client import TIMEOUT_S, AbsentError, RefusedError, UnreachableError
from base.language import clause, phrase
from ev.cars.family import Family, Login, Poll, SourceSettings
from ev.cars.source import Fact, statuses
from ev.facts import CarStatus

BLOCKED = phrase("Audi blocks its logins since July 2026; use the eudataact source instead")
FIELDS = {
    "soc_pct": ("battery_status", "current_soc_pct"),
    "range_km": ("battery_status", "cruising_range_electric_km"),
    "plugged": ("plug_status", "plug_connection_state"),
    "charging": ("charging_status", "charging_state"),
    "target_pct": ("charging_settings", "target_soc_pct"),
}


class AudiSettings(SourceSettings):
    """A car of a myAudi account; `vin` when there are several."""

    kind: Literal["audi"]
    vin: str = ""
    country: str = "BE"
    poll_s: Poll = 900.0


class Audi:
    """One car of a myAudi account. Without `vin` it is the first."""

    name = "audiconnectpy"

    def __init__(self, car: str, its: AudiSettings, login: Login) -> None:
        self.car, self.poll_s = car, its.poll_s
        self._user, self._password = login["user"], login["password"]
        self._vin, self._country = its.vin, its.country
        self._session: Any = None
        self._account: Any = None

    async def read(self, now: datetime) -> list[CarStatus]:
        """Read the car's state at Audi. RefusedError when there is no package, or no login."""
        package = _package()
        import aiohttp

        try:
            vehicle = await self._vehicle(package)
            await vehicle.async_update()
        except package.AuthorizationError:
            why: Exception = RefusedError(clause("cannot log in: {text}", text=BLOCKED))
        except (package.AudiException, aiohttp.ClientError, OSError) as error:
            why = UnreachableError(
                clause("gets no answer from Audi ({name})", name=type(error).__name__)
            )
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            why = UnreachableError(
                clause("cannot read Audi's answer ({name})", name=type(error).__name__)
            )
        else:
            return statuses(self.car, self.name, _facts(vehicle))
        await self.close()
        raise why  # out of the except: the package's own errors hold addresses

    async def close(self) -> None:
        session, self._session, self._account = self._session, None, None
        if session is not None:
            await session.close()

    async def _vehicle(self, package: ModuleType) -> Any:
        import aiohttp

        if self._account is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
            self._account = package.AudiConnect(
                self._session, self._user, self._password, country=self._country
            )
            await self._account.async_login()
        for vehicle in self._account.vehicles:
            if not self._vin or vehicle.vin.casefold() == self._vin.casefold():
                return vehicle
        raise AbsentError(clause("does not find this car in the account"))


def _package() -> ModuleType:
    try:
        return importlib.import_module("audiconnectpy")
    except ImportError:
        raise RefusedError(
            clause("is not installed, and would not help: {text}", text=BLOCKED)
        ) from None


def _facts(vehicle: Any) -> list[Fact]:
    """Facts in the package's objects; any part of them may be missing."""
    at = getattr(vehicle, "last_access", None)
    if not isinstance(at, datetime):
        raise AbsentError(clause("does not report the age of Audi's answer"))
    charging = getattr(vehicle, "charging", None)
    found = []
    for field, (part, name) in FIELDS.items():
        value = getattr(getattr(charging, part, None), name, None)
        if isinstance(value, (bool, int, float)):
            found.append(Fact(field, value, at.astimezone(UTC)))
    return found


FAMILY = Family(
    kind="audi",
    settings=AudiSettings,
    secrets=("user", "password"),
    source=Audi,
    help=phrase("audiconnectpy: does not work since July 2026, use eudataact"),
)
