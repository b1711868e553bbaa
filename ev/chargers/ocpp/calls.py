"""Calls to a charging station about one of its connectors, each with its answer."""

from typing import Any

from base.language import clause
from ev.chargers.charger import ChargerError, LineError, RefusedError
from ev.chargers.ocpp import profiles
from ev.chargers.ocpp.heard import Payload
from ev.chargers.ocpp.line import DeclinedError, SilentError, StationLine

TIMEOUT_S = 5.0
ID_TAG = "digital_meter"


class Calls:
    """The calls about connector `number`. `name` is that of the charger, for its errors."""

    def __init__(self, name: str, number: int) -> None:
        self._name, self._number = name, number

    async def ask(
        self, line: StationLine, action: str, payload: dict[str, Any], *, urgent: bool = False
    ) -> Payload:
        """The answer. LineError without one, RefusedError when the station knows no such call."""
        try:
            return await line.ask(action, payload, TIMEOUT_S, urgent=urgent)
        except SilentError:
            why = clause("does not answer within {s:.0f} s.", s=TIMEOUT_S)
            raise LineError(self._name, why) from None
        except DeclinedError as error:
            why = clause("does not support {action} ({text}).", action=action, text=error)
            raise RefusedError(self._name, why) from None

    async def attempt(
        self, line: StationLine, action: str, payload: dict[str, Any], *, urgent: bool = False
    ) -> Payload:
        """The answer; empty when the station refuses. LineError without one."""
        try:
            return await self.ask(line, action, payload, urgent=urgent)
        except RefusedError:
            return {}

    async def change(self, line: StationLine, key: str, value: str) -> bool:
        """True if the station took a value of its configuration."""
        said = await self.attempt(line, "ChangeConfiguration", {"key": key, "value": value})
        return said.get("status") in ("Accepted", "RebootRequired")

    async def trigger(self, line: StationLine, message: str, *, connector: bool = True) -> bool:
        """True if the station accepted to send this message, of the `connector` or of itself."""
        asked = {"requestedMessage": message}
        its = {"connectorId": self._number} if connector else {}
        return _accepted(await self.attempt(line, "TriggerMessage", asked | its))

    async def start(self, line: StationLine) -> None:
        """Start a transaction. RefusedError, LineError."""
        payload = {"connectorId": self._number, "idTag": ID_TAG}
        await self.ask(line, "RemoteStartTransaction", payload, urgent=True)

    async def set_profile(
        self, line: StationLine, profile: profiles.Profile, *, urgent: bool = False
    ) -> bool:
        """True if the station accepted a charging profile."""
        payload = {"connectorId": self._number, "csChargingProfiles": profile}
        return _accepted(await self.attempt(line, "SetChargingProfile", payload, urgent=urgent))

    async def composite(self, line: StationLine, *, watts: bool) -> Payload:
        """The composite schedule, in W or A; empty where the station gives none."""
        asked = {
            "connectorId": self._number,
            "duration": profiles.LOOK_S,
            "chargingRateUnit": "W" if watts else "A",
        }
        try:
            return await self.ask(line, "GetCompositeSchedule", asked, urgent=True)
        except ChargerError:
            return {}


def _accepted(said: Payload) -> bool:
    return said.get("status") == "Accepted"
