"""First contact with a station on a new line: reads its abilities and configures its meter."""

import asyncio

from ev.chargers.ocpp import heard
from ev.chargers.ocpp.calls import Calls
from ev.chargers.ocpp.central import Station
from ev.chargers.ocpp.line import StationLine

WISH_AGAIN_S = 86400.0
"""Measurands that the station forgot are not set again sooner: some restart each time."""
REPORTS_S = 2.0
"""Time limit for a message that was triggered."""
INTERVAL_S = 10
WISHES = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Current.Offered,SoC",
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import",
)
NEEDED = frozenset(WISHES[1].split(","))


class FirstContact:
    """First contact about connector `number` of a station, once on each line."""

    def __init__(self, calls: Calls, station: Station, number: int) -> None:
        self._calls, self._station, self._number = calls, station, number
        self.line: StationLine | None = None
        """The line on which it was made."""
        self._wished_s = -WISH_AGAIN_S

    async def make(self, line: StationLine, *, first: bool) -> bool:
        """Read the abilities; on a new line (then True) its status, boot and meter too.

        `first`: no boot of the station is known yet. LineError.
        """
        state = self._station.state
        state.can = heard.abilities(await self._calls.attempt(line, "GetConfiguration", {}))
        if self.line is line:
            return False
        await self._wish(line)
        if not state.connector(self._number).status:
            await self._calls.trigger(line, "StatusNotification")
            await self._station.until(lambda: bool(state.connector(self._number).status), REPORTS_S)
        if first:  # its start would count as another
            await self._station.until(lambda: state.boots > 0, REPORTS_S)
        # without a boot by now it started before we did
        if not state.boots and await self._calls.trigger(line, "BootNotification", connector=False):
            await self._station.until(lambda: state.boots > 0, REPORTS_S)
        self.line = line
        return True

    async def _wish(self, line: StationLine) -> None:
        """Set the measurands and interval that we need; only where they differ, because flash
        wears."""
        can, now_s = self._station.state.can, asyncio.get_running_loop().time()
        has = can.wish >= NEEDED or "MeterValuesSampledData" in can.fixed
        if not has and now_s - self._wished_s >= WISH_AGAIN_S:
            self._wished_s = now_s
            for wish in WISHES:
                if await self._calls.change(line, "MeterValuesSampledData", wish):
                    break
        if can.interval_s is None or not 0 < can.interval_s <= INTERVAL_S:
            await self._calls.change(line, "MeterValueSampleInterval", str(INTERVAL_S))
