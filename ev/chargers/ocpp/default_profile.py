"""The default profile of a station: its limit without communication, kept in its flash memory."""

from ev.chargers.ocpp import profiles
from ev.chargers.ocpp.calls import Calls
from ev.chargers.ocpp.line import StationLine
from ev.chargers.ocpp.profiles import Limit
from ev.chargers.ocpp.state import State


class DefaultProfile:
    """The default profile, written once after each boot where the station does not show it.

    `current_a` is its limit; None while the station refuses it. `boot` is the station's count of
    boots at the last check.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.current_a: float | None = None
        self.boot: int | None = None
        self._shown = False

    async def renew(self, line: StationLine, state: State, safe: Limit, *, replaced: bool) -> bool:
        """True if it was written. `replaced`: a command without an end took its place."""
        boots, watts = state.boots, state.can.watts
        holds = None if replaced else await self._holds(line, safe, watts=watts)
        if holds is None:
            holds = self.boot == boots
        if not holds:
            await self._write(line, safe, watts=watts)
        self.boot = boots
        return not holds

    async def _write(self, line: StationLine, safe: Limit, *, watts: bool) -> None:
        taken = await self._calls.set_profile(line, profiles.default(safe, watts=watts))
        self.current_a = safe.current_a if taken else None
        self._shown = taken and bool(
            profiles.ends_within(await self._calls.composite(line, watts=watts), safe, watts=watts)
        )

    async def _holds(self, line: StationLine, safe: Limit, *, watts: bool) -> bool | None:
        """True if the station shows that it drops to a safe current without us; None: not known."""
        if self.current_a is None or not self._shown:
            return None
        limit = Limit(max(self.current_a, safe.current_a))
        return profiles.ends_within(
            await self._calls.composite(line, watts=watts), limit, watts=watts
        )
