"""A car that Home Assistant knows: its entities, read over its REST API.

Only the state of charge is needed. Another entity that is missing or has an unknown value is left
out and logged once.

Source: developers.home-assistant.io, REST API, GET /api/states/<entity_id>.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Literal

from base.checked import Text, Url
from base.http_client import TIMEOUT_S, AbsentError, Answer, NonsenseError, WebError, decoded
from base.language import clause, phrase
from ev.cars.asking import Asker
from ev.cars.family import Family, Login, Poll, SourceSettings
from ev.cars.source import Fact, Moment, statuses
from ev.facts import CarStatus
from ev.title_parser import plain

UNKNOWN = ("unavailable", "unknown", "none", "")
YES = ("on", "true", "yes", "charging")
NO = ("off", "false", "no")
# What integrations say of the plug, by the word that counts in it.
PLUGGED = ("connected", "plugged", "charging", "starting", "stopped", "complete")
UNPLUGGED = ("disconnected", "unplugged")
PERCENT = (None, "", "%")
log = logging.getLogger(__name__)
NEEDED = "soc_pct"
KM_OF = {"mi": 1.609344, "m": 0.001}


class _Attributes(Answer):
    unit_of_measurement: str | None = None


class _State(Answer):
    state: str
    last_updated: Moment
    attributes: _Attributes = _Attributes()


class HomeAssistantSettings(SourceSettings):
    """The entities of a car in Home Assistant; only the SoC is needed.

    `seen` is an entity whose state is the time of the car's last message. Without it a state is as
    old as its last change, which a restart of Home Assistant makes young: name one if there is.
    """

    kind: Literal["homeassistant"]
    url: Url
    soc: Text
    range: str = ""
    plugged: str = ""
    charging: str = ""
    target: str = ""
    home: str = ""
    seen: str = ""
    poll_s: Poll = 60.0

    @property
    def entities(self) -> dict[str, str]:
        """Those that are named, by field of CarStatus."""
        every = {
            "soc_pct": self.soc,
            "range_km": self.range,
            "plugged": self.plugged,
            "charging": self.charging,
            "target_pct": self.target,
            "home": self.home,
        }
        return {field: entity for field, entity in every.items() if entity}


class HomeAssistant:
    """The entities of one car."""

    name = "Home Assistant"

    def __init__(
        self, car: str, its: HomeAssistantSettings, login: Login, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.car, self.poll_s = car, its.poll_s
        self._its, self._url = its, its.url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {login['token']}"}
        self._said: set[str] = set()
        self._asker = Asker(timeout_s)

    async def read(self, now: datetime) -> list[CarStatus]:
        """Read the entities, each with its own age; unavailable ones are left out."""
        seen = await self._seen_at()
        facts: list[Fact] = []
        for field, entity in self._its.entities.items():
            try:
                state = await self._state(entity)
                value = _value(field, entity, state)
            except (AbsentError, NonsenseError) as error:
                if field == NEEDED:
                    raise
                self._left_out(error)
                continue
            if value is not None:
                facts.append(Fact(field, value, seen or state.last_updated))
        if not facts:
            raise AbsentError(clause("reports {car} as unavailable", car=self.car))
        return statuses(self.car, self.name, facts)

    async def close(self) -> None:
        await self._asker.close()

    async def _seen_at(self) -> datetime | None:
        if not self._its.seen:
            return None
        try:
            return datetime.fromisoformat((await self._state(self._its.seen)).state).astimezone(UTC)
        except AbsentError as error:
            self._left_out(error)
        except (ValueError, OverflowError):
            self._left_out(NonsenseError(clause("has no time in {seen}", seen=self._its.seen)))
        return None

    def _left_out(self, error: WebError) -> None:
        """Log the fault of an optional entity, once."""
        if str(error) not in self._said:
            self._said.add(str(error))
            log.warning("%s: %s %s: %s.", self.car, self.name, error, phrase("it is ignored"))

    async def _state(self, entity: str) -> _State:
        url = f"{self._url}/api/states/{entity}"
        try:
            page = await self._asker.ask("GET", url, headers=self._headers)
        except AbsentError:
            raise AbsentError(clause("has no entity {entity}", entity=entity)) from None
        return decoded(_State, page.body)


def _value(field: str, entity: str, state: _State) -> float | bool | None:
    """A state as the field needs it; None when Home Assistant does not know."""
    said = state.state.strip().casefold()
    if said in UNKNOWN:
        return None
    if field == "home":
        return said == "home" or said in YES  # a device_tracker names the zone: home or another
    if field == "charging":
        return said in YES  # the words for not charging are many
    if field == "plugged":
        if (plugged := _plugged(said)) is not None:
            return plugged
        raise NonsenseError(
            clause(
                "reports {said} for {entity}, which is neither plugged nor unplugged",
                said=repr(said[:20]),
                entity=entity,
            )
        )
    try:
        number = float(said)
    except ValueError:
        raise NonsenseError(
            clause(
                "reports {said} for {entity}, which is not a number",
                said=repr(said[:20]),
                entity=entity,
            )
        ) from None
    unit = state.attributes.unit_of_measurement
    if field == "range_km":
        return number * KM_OF.get(unit or "", 1.0)
    if unit not in PERCENT:
        raise NonsenseError(
            clause(
                "reports {entity} in {unit}, which is not a percentage",
                entity=entity,
                unit=plain(unit or ""),
            )
        )
    return number


def _plugged(said: str) -> bool | None:
    """State of the plug in a word or chain of words, such as connection_status_connected_ac."""
    if said in YES or said in NO:
        return said in YES
    parts = re.split(r"[^a-z]+", said)
    if "no" in parts or "not" in parts:
        return False if "power" not in parts else None
    found = [part for part in parts if part in PLUGGED or part in UNPLUGGED]
    return found[-1] in PLUGGED if found else None


FAMILY = Family(
    kind="homeassistant",
    settings=HomeAssistantSettings,
    asks=("url", "soc"),
    secrets=("token",),
    source=HomeAssistant,
    help=phrase("any car in Home Assistant, by its entities"),
)
