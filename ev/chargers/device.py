"""One charger device: read at intervals, written on changes, left in a safe state.

A Driver knows one family of chargers. A Device is what they share: immediate decreases, slow
increases and phase switches, retries of failed writes, comparison of the charger's report with its
set-point, refresh of its memory, and a safe set-point on exit.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from base.language import phrase
from base.limits import LEAST_A
from ev.chargers.charger import ChargerError, LineError, RefusedError
from ev.chargers.command_steps import LONG_AGO, Pace, Told, capped_a
from ev.chargers.command_tracker import CommandTracker
from ev.chargers.driver import Describes, Driver, FallsBack, SparesWrites, Values
from ev.facts import ChargerState, SetPoint

MOST_KW, MOST_A, MOST_KWH = 30.0, 45.0, 500.0
"""More than any charger of a house measures: 32 A on three phases is 22 kW."""
log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Device:
    """One charger. `most_a` is the limit of its circuit in the house, A.

    A read and a write may run at the same time, so that a decrease never waits for a slow read.
    `clock` gives the time (UTC) that the states carry; `pace` is in seconds of the event loop. The
    charger's own clock, by which it forgets, runs `speed` times as fast.
    """

    def __init__(
        self,
        name: str,
        driver: Driver,
        *,
        most_a: float = 32.0,
        switches_phases: bool = True,
        pace: Pace | None = None,
        speed: float = 1.0,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.name = name
        self._driver = driver
        self._pace = pace or Pace()
        self._speed = speed
        self._clock = clock
        self._teller = CommandTracker(most_a, self._pace, switches_phases)
        self._reading = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._wrote = asyncio.Event()
        self._info_at = self._read_at = self._kept_at = LONG_AGO
        self._failures = 0
        self._doubted = False
        self._writes: Counter[str] = Counter()

    @property
    def about(self) -> dict[str, str]:
        """Type of the charger and the writes it took, for a report."""
        said = self._driver.about if isinstance(self._driver, Describes) else {}
        limits = self._teller.limits
        return {
            **said,
            "answers": "yes" if self._teller.seen else "no",
            "most_a": f"{limits.most_a:g}",
            "phases": f"{limits.phases}",
            "switches_phases": "yes" if self._teller.can_switch else "no",
            **{name: f"{count}" for name, count in sorted(self._writes.items())},
        }

    async def read(self) -> ChargerState:
        """Read its state; repeat commands that it does not follow yet. ChargerError."""
        async with self._reading:
            self._failures += 1  # until it succeeds
            try:
                state = await self._read()
            finally:
                self._read_at = _loop_s()
            self._failures = 0
            return state

    async def rest(self) -> None:
        """The next read is due: after a write soon, after trouble late."""
        while (left_s := self._due_at - _loop_s()) > 0:
            self._wrote.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._wrote.wait()

    @property
    def _due_at(self) -> float:
        return min(self._teller.due_at(self._read_at, self._failures), self._keep_at)

    async def write(self, set_point: SetPoint) -> None:
        """Apply the set-point now, or as soon as contactors and car allow. ChargerError.

        Before the first read only a pause is sent: the charger's state is not known yet.
        """
        self._teller.wanted = set_point
        if self._teller.seen or set_point.current_a < LEAST_A:
            async with self._writing:
                await self._go_on()

    def fall_back(self, current_a: float) -> None:
        """Set the current used after the watchdog expires, if there is one; 0 A is a pause."""
        if isinstance(self._driver, FallsBack):
            self._driver.fall_back(capped_a(current_a, self._teller.limits))

    async def leave_safe(self, current_a: float) -> None:
        """Send the set-point for the time without this program, 0 A for a pause, twice if need be.
        ChargerError."""
        async with self._writing:
            step = self._teller.safe_step(current_a)
            try:
                await self._tell(step)
            except LineError:
                await self._tell(step)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._driver.aclose()

    async def _read(self) -> ChargerState:
        if _loop_s() - self._info_at >= self._pace.info_s:
            info = await self._driver.info()
            self._teller.learn(
                info.most_a, info.phases, switches=info.switches_phases, step_a=info.step_a
            )
            self._info_at = _loop_s()
        began, at = _loop_s(), self._clock()
        measured, control = await self._driver.read()
        values = possible(measured)
        if values != measured and not self._doubted:
            log.warning(
                phrase(
                    "{name} reports impossible values ({measured}): ignored",
                    name=self.name,
                    measured=_said(measured),
                )
            )
        self._doubted = values != measured
        async with self._writing:
            self._teller.see(values.phase, values.drawn_phases, control, began)
            with suppress(ChargerError):  # it stands in the state's notice
                await self._go_on()
        return self._state(values, at)

    def _state(self, values: Values, at: datetime) -> ChargerState:
        teller = self._teller
        notice = teller.notice or values.notice
        return ChargerState(
            charger=self.name,
            at=at,
            phase=values.phase,
            set_a=teller.told.current_a,
            paused=teller.told.paused,
            phases=teller.used_phases,
            power_kw=values.power_kw,
            currents_a=values.currents_a,
            session_kwh=values.session_kwh,
            register_kwh=values.register_kwh,
            rated_a=teller.limits.most_a,
            rated_phases=teller.limits.phases,
            can_switch_phases=teller.can_switch,
            notice=f"{self.name} {notice}" if notice else "",
            offered_phases=teller.offered_phases,
        )

    async def _go_on(self) -> None:
        """Send the next step to the newest set-point, when there is one and it is due."""
        if isinstance(self._driver, SparesWrites):
            self._teller.rise_s = self._driver.rise_s / self._speed
        if step := self._teller.next_step(_loop_s()):
            await self._tell(step)
        elif _loop_s() >= self._keep_at:
            self._kept_at = _loop_s()
            await self._driver.keep()

    @property
    def _keep_at(self) -> float:
        """Time at which its memory must be refreshed; None when nothing is wanted of it."""
        keep_s = self._driver.keep_s
        if keep_s is None or self._teller.wanted is None:
            return math.inf
        return self._kept_at + keep_s / self._speed

    async def _tell(self, step: Told) -> None:
        """Write once, and record the result. ChargerError."""
        try:
            echo = await self._driver.tell(step)
            self._teller.heard(step, echo, _loop_s())
            self._wrote_well("taken", step)
        except RefusedError as error:
            self._wrote_well("refused", step)
            if step.paused:
                await self._least()
            self._teller.refused(step, error.why, _loop_s())
            raise
        except LineError as error:
            self._teller.lost(step, error.why, _loop_s())
            raise
        finally:
            self._wrote.set()

    def _wrote_well(self, came: str, step: Told) -> None:
        """Count the writes by their result."""
        parts = {
            "current": step.current_a is not None,
            "pause": step.paused is True,
            "phases": step.phases is not None,
        }
        for part, told in parts.items():
            self._writes[f"{part} {came}"] += told

    async def _least(self) -> None:
        """Least set-point of a charger that refuses to pause: 6 A, if it takes that."""
        least = Told(current_a=LEAST_A)
        with suppress(ChargerError):
            echo = await self._driver.tell(least)
            self._teller.heard(least, echo, _loop_s())


def _loop_s() -> float:
    return asyncio.get_running_loop().time()


def possible(values: Values) -> Values:
    """The values without impossible ones: a meter's glitch counts as unknown."""
    power_kw, session_kwh = values.power_kw, values.session_kwh
    wild = any(abs(each) > MOST_A for each in values.currents_a)
    return replace(
        values,
        power_kw=None if power_kw is None or abs(power_kw) > MOST_KW else power_kw,
        currents_a=() if wild else values.currents_a,
        session_kwh=None if session_kwh is None or abs(session_kwh) > MOST_KWH else session_kwh,
    )


def _said(values: Values) -> str:
    parts = ((values.power_kw, "kW"), (values.session_kwh, "kWh"))
    currents = ((each, "A") for each in values.currents_a)
    return ", ".join(f"{each:.4g} {unit}" for each, unit in (*parts, *currents) if each is not None)
