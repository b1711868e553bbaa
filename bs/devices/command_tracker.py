"""Writes a set-point until the battery confirms it: write, read back, retry."""

import asyncio
import logging
from collections import Counter

from base.device_errors import DeviceError, IgnoredError
from base.language import clause, phrase
from base.priority_lock import PriorityLock
from bs.devices.driver import Driver
from bs.facts import Mode, SetPoint

TRIES = 3
POWER = (Mode.CHARGE, Mode.DISCHARGE)
HOLD = SetPoint(Mode.HOLD, 0.0, phrase("something is wrong with the battery"))
log = logging.getLogger(__name__)


class CommandTracker:
    """Sends set-points to the battery behind `driver`; its caller holds the lock. `counts` are its
    writes."""

    def __init__(self, driver: Driver, lock: PriorityLock, counts: Counter[str]) -> None:
        self._driver, self._lock, self._counts = driver, lock, counts

    async def tell(self, wanted: SetPoint) -> None:
        """Send the set-point until it is reported back. IgnoredError when another one is reported
        each time.

        OvertakenError, after the write, when a newer set-point does not wait for the answer.
        """
        told = wanted
        for _ in range(TRIES):
            self._counts["writes"] += 1
            log.debug("%s, because %s", said(wanted), wanted.why)
            await self._driver.write(wanted)
            told = await self._lock.unless_urgent(self._read_back())
            if self.same(told, wanted):
                return
        raise IgnoredError(
            clause(
                "accepted {order} {count} times but reports {told}",
                order=said(wanted),
                count=TRIES,
                told=said(told),
            )
        )

    async def holds(self) -> bool:
        """True if it took a hold."""
        try:
            await self._driver.write(HOLD)
            return self.same(await self._read_back(), HOLD)
        except DeviceError:
            return False

    async def lets_go(self) -> bool:
        """True if it took its release."""
        try:
            await self._driver.release()
        except DeviceError:
            return False
        return True

    def same(self, one: SetPoint, other: SetPoint) -> bool:
        """True if both are the same to this battery, within its resolution."""
        near = abs(one.power_kw - other.power_kw) <= self._driver.step_kw
        return one.mode is other.mode and (near or one.mode not in POWER)

    async def _read_back(self) -> SetPoint:
        await asyncio.sleep(self._driver.settle_s)
        return await self._driver.told()


def said(set_point: SetPoint) -> str:
    """A set-point in words: "charge 1.20 kW"."""
    match set_point.mode:
        case Mode.CHARGE:
            return phrase("charge {kw:.2f} kW", kw=set_point.power_kw)
        case Mode.DISCHARGE:
            return phrase("discharge {kw:.2f} kW", kw=set_point.power_kw)
        case Mode.HOLD:
            return phrase("hold")
        case Mode.AUTO:
            return phrase("auto")
