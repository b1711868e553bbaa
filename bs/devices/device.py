"""One battery device: writes, reads back, renews and watches set-points; released at the end.

A Driver knows one family of devices. A Device is what they share: one lock, set-points before
reads, the limits, the read-back, the watchdog's refresh, and the reaction to a battery that does
not follow its set-point. Its final state is hold or its own self-consumption mode, logged once.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from base.device_errors import (
    DeviceError,
    IgnoredError,
    NonsenseError,
    OverruledError,
    TransientError,
)
from base.language import clause, phrase
from base.priority_lock import OvertakenError, PriorityLock
from bs import limits
from bs.devices.command_tracker import HOLD, POWER, CommandTracker, said
from bs.devices.driver import Describes, Driver
from bs.devices.faults import About, Faults
from bs.devices.follow import PATIENCE_S, disobedience
from bs.facts import Battery, BatteryState, Mode, SetPoint

EXPIRES_S = 60.0
GLITCHES = 2
UNREAD_S = 10.0
"""A battery that was not read for this time is read before its next set-point: it may be full or
empty."""
LAPSES, LAPSES_S = 3, 600.0
LONGEST_PAUSE_S, LONGEST_SAFE_S, OVERTAKEN_S = 60.0, 3600.0, 0.2
RELEASE_S = 3.0
MOST_KW = 30.0
"""More than any battery of a house: the law allows 10 kVA."""
AUTO = SetPoint(Mode.AUTO, 0.0, phrase("its set-point was not renewed"))
log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def _loop_s() -> float:
    return asyncio.get_running_loop().time()


class Device:
    """A battery that can be controlled.

    No method raises DeviceError: a battery that is not there is a state, not an exception.
    `set_point` is its set-point as reported; `counts` are its writes and faults.
    """

    def __init__(
        self,
        driver: Driver,
        battery: Battery,
        *,
        clock: Callable[[], float] = _loop_s,
        now: Callable[[], datetime] = _now,
        expires_s: float = EXPIRES_S,
    ) -> None:
        """A set-point that is not renewed for `expires_s` ends in self-consumption mode. `clock`
        is any steady one, s; `now` gives the time (UTC) that the states carry."""
        self.battery = battery
        self.counts: Counter[str] = Counter()
        self.set_point: SetPoint | None = None
        self._doubted = False
        self._driver, self._clock, self._expires_s = driver, clock, expires_s
        self._now = now
        self._lock, self._faults = PriorityLock(), Faults(battery.name)
        self._teller = CommandTracker(driver, self._lock, self.counts)
        self._measured: BatteryState | None = None
        self._asked: SetPoint | None = None
        self._asked_s = self._told_s = self._kept_s = self._read_s = 0.0
        self._lapses: deque[float] = deque(maxlen=LAPSES)
        self._failures = 0

    @property
    def about(self) -> dict[str, str]:
        """Type of the device, its readings and writes, for a report."""
        said = self._driver.about if isinstance(self._driver, Describes) else {}
        watchdog_s = self._driver.watchdog_s
        return {
            **said,
            "answers": "no" if self._measured is None else "yes",
            "watchdog": "none" if watchdog_s is None else f"{watchdog_s:g} s",
            **{name: f"{count}" for name, count in sorted(self.counts.items())},
        }

    @property
    def state(self) -> BatteryState:
        """The battery as last read; during a fault it is not healthy and `notice` names it."""
        state = self._measured or unknown(self.battery)
        if (trouble := self._faults.worst) is not None:
            return replace(state, healthy=False, notice=phrase("the battery") + f" {trouble}")
        return state

    async def set(self, asked: SetPoint) -> SetPoint | None:
        """Send `asked` within the limits until it is reported back; gives the set-point. Nothing is
        sent when it has it already. A newer set-point overtakes an older one. None when it could
        not be sent: `state` says why.
        """
        self._asked, self._asked_s = asked, self._clock()
        if self._measured is not None and self._news() is None:
            return self.set_point
        async with self._lock.urgent():
            if self._asked is asked:
                if self._measured is None and not self._failures:
                    await self._look()
                await self._obey()
        return self.set_point

    async def read(self) -> BatteryState:
        """Read the battery, unless a set-point goes first."""
        async with self._lock.patient():
            await self._look()
        return self.state

    async def release(self) -> None:
        """Return the battery to its own self-use; a failure is logged. One that never got a
        set-point is left as it is.
        """
        self._asked = self.set_point = None
        if not self.counts["writes"]:
            return
        try:
            async with asyncio.timeout(RELEASE_S), self._lock.urgent():
                await self._driver.release()
        except (DeviceError, TimeoutError) as error:
            why = str(error) or clause("took more than {s:.0f} s", s=RELEASE_S)
            log.warning(
                phrase(
                    "Battery {name} could not be released (the battery {reason}); {text}",
                    name=self._name,
                    reason=why,
                    text=self._alone,
                )
            )

    async def run(self) -> None:
        """Read, renew and watch until cancelled; then release the battery."""
        try:
            while True:
                pause_s = await self.beat()
                await asyncio.sleep(pause_s)
        finally:
            await self.release()
            await self._driver.close()

    async def beat(self) -> float:
        """One round: read it and correct changes; returns the seconds until the next.

        One that takes neither hold nor release is not polled in its pause: a GEN24's watchdog
        waits for silence, and any request would make it keep its last set-point.
        """
        if (unasked_s := self._faults.unasked_until_s - self._clock()) > 0:
            return unasked_s
        async with self._lock.patient():
            if looked := await self._look():
                await self._watch()
            self._expire()
            await self._obey()
            if self._due():
                await self._keep()
        if not looked and not self._failures:
            return OVERTAKEN_S
        return min(self._driver.poll_s * 2.0**self._failures, self._silence_s)

    def _possible(self, state: BatteryState) -> BatteryState:
        """The state; an impossible power is unknown."""
        kw = state.power_kw
        doubted = kw is not None and not abs(kw) <= MOST_KW
        if doubted and not self._doubted:
            log.warning(
                phrase(
                    "Battery {name} reports an impossible power of {kw:.4g} kW: ignored",
                    name=self._name,
                    kw=kw,
                )
            )
        self._doubted = doubted
        return replace(state, power_kw=None) if doubted else state

    @property
    def _name(self) -> str:
        return self.battery.name

    async def _look(self) -> bool:
        """Read it; True on success. Its measurements are known then, and whether it kept its
        set-point."""
        seen = self._seen()
        try:
            state, told = await (seen if self._unread_long else self._lock.unless_urgent(seen))
        except OvertakenError:
            return False
        except DeviceError as error:
            self._unread(error)
            return False
        self._failures, self._read_s = 0, self._clock()
        self._measured = replace(self._possible(state), mode=told.mode)
        self._faults.ends(About.SAYS)
        if self._clock() >= self._faults.until_s:
            self._faults.pause_ends()
        if self.set_point is not None and not self._teller.same(told, self.set_point):
            log.info(
                phrase(
                    "Battery {name} is set to {order} but reports {text}",
                    name=self._name,
                    order=said(self.set_point),
                    text=said(told),
                ),
            )
            self.set_point = None
            self._lapses.append(self._clock())
            self.counts["lapses"] += 1
        return True

    @property
    def _unread_long(self) -> bool:
        """True if set-points overtook every recent read."""
        well = self._measured is not None and not self._failures
        return well and self._clock() - self._read_s > UNREAD_S

    async def _seen(self) -> tuple[BatteryState, SetPoint]:
        state = replace(await self._driver.read(), at=self._now())
        return state, await self._driver.told()

    def _unread(self, error: DeviceError) -> None:
        """A read failed. One or two glitches change nothing."""
        self._failures = min(self._failures + 1, 10)
        self.counts[type(error).__name__] += 1
        if isinstance(error, NonsenseError) and self._failures <= GLITCHES and self._measured:
            return
        self._measured = unknown(self.battery)
        if isinstance(error, TransientError):
            self.set_point = None  # it may have restarted: sent again when it is back
        self._faults.begins(About.SAYS, error, self._meanwhile(error))

    def _meanwhile(self, error: DeviceError) -> str:
        if not isinstance(error, TransientError):
            return phrase("it holds until its readings are valid")
        return self._alone

    @property
    def _alone(self) -> str:
        """Behaviour of the battery without communication."""
        if self._driver.watchdog_s is None:
            return phrase("it keeps its last set-point")
        return phrase(
            "it returns to its own self-consumption mode after {s:.0f} s without a message",
            s=self._driver.watchdog_s,
        )

    @property
    def _silence_s(self) -> float:
        """The longest pause between two reads; its watchdog expires within it."""
        return max(LONGEST_PAUSE_S, (self._driver.watchdog_s or 0.0) + self._driver.poll_s)

    async def _watch(self) -> None:
        """Put a battery that ignores its set-point on hold, or else in its own mode."""
        now_s = self._clock()
        if len(self._lapses) == LAPSES and now_s - self._lapses[0] < LAPSES_S:
            self._lapses.clear()
            text = clause(
                "lost or changed its set-point {count} times in {min:.0f} min: does another"
                " program control it?",
                count=LAPSES,
                min=LAPSES_S / 60,
            )
            await self._retreat(OverruledError(text))
        elif self.set_point is not None and self._measured is not None:
            since_s = now_s - self._told_s
            if deviation := disobedience(self.set_point, since_s, self._measured):
                await self._retreat(IgnoredError(deviation))
            elif self.set_point.mode in POWER and since_s > PATIENCE_S:
                self._faults.ends(About.DOES)

    def _expire(self) -> None:
        """A set-point that is not renewed expires."""
        if self._asked is None or self._asked.mode is Mode.AUTO:
            return
        age_s = self._clock() - self._asked_s
        if age_s > self._expires_s:
            log.warning(
                phrase(
                    "Battery {name} got no set-point for {s:.0f} s: own self-consumption mode",
                    name=self._name,
                    s=age_s,
                )
            )
            self._asked = AUTO

    def _news(self) -> SetPoint | None:
        """The next set-point to send; None when it has it, or must be left alone."""
        asked, silent = self._asked, isinstance(self._faults.of(About.SAYS), TransientError)
        if asked is None or silent or self._clock() < self._faults.until_s:
            return None
        known = self._measured or unknown(self.battery)
        wanted = self._driver.nearest(limits.within(asked, self.battery, known))
        if self.set_point is not None and self._teller.same(wanted, self.set_point):
            self.set_point = wanted
            return None
        return wanted

    async def _obey(self) -> None:
        """Send the set-point asked for, within its limits; nothing if it has it already."""
        wanted = self._news()
        if wanted is None:
            return
        self.set_point = None
        try:
            await self._teller.tell(wanted)
        except OvertakenError:
            return
        except DeviceError as error:
            await self._retreat(error)
        else:
            self.set_point, self._told_s, self._kept_s = wanted, self._clock(), self._clock()

    async def _retreat(self, error: DeviceError) -> None:
        """Put it on hold, or in its own mode when it does not accept a hold."""
        self.counts[type(error).__name__] += 1
        self.set_point = None
        safe = "" if isinstance(error, TransientError) else await self._put_safe(error)
        longest_s = LONGEST_SAFE_S if safe else self._silence_s
        pause_s = self._faults.strike(error, self._clock(), longest_s, asked=bool(safe))
        end = f"{safe or self._alone}; " + phrase("next attempt in {s:.0f} s", s=pause_s)
        self._faults.begins(About.DOES, error, end)

    async def _put_safe(self, error: DeviceError) -> str:
        """Put it on hold, or else in its own mode: the sentence; empty when it accepts neither."""
        if not isinstance(error, OverruledError) and await self._teller.holds():
            self.set_point = HOLD
            return phrase("it is on hold")
        return (
            phrase("it runs in its own self-consumption mode")
            if await self._teller.lets_go()
            else ""
        )

    def _due(self) -> bool:
        """True if its watchdog must be refreshed before the next round."""
        return self._clock() + self._driver.poll_s / 2 >= self._kept_s + self._driver.refresh_s

    async def _keep(self) -> None:
        if self.set_point is None or self.set_point.mode is Mode.AUTO:
            return
        try:
            await self._driver.keep()
            self._kept_s = self._clock()
        except DeviceError as error:
            await self._retreat(error)


def unknown(battery: Battery) -> BatteryState:
    """A battery of which nothing is known."""
    return BatteryState(battery=battery.name, at=datetime.now(UTC), soc_pct=None, power_kw=None)
