"""The running chargers: each is read and receives its newest set-point independently.

Times are seconds of the running loop's clock.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from apps.shared.house_clock import HouseClock
from base import daemon
from base.language import phrase
from ev.chargers.charger import Charger, ChargerError, follow, leave
from ev.facts import ChargerState, SetPoint

LEAVE_S = 3.5
log = logging.getLogger("ev")


class Chargers:
    """All chargers of the program. `looked` is called with each state that was read."""

    def __init__(
        self,
        chargers: Sequence[Charger],
        clock: HouseClock,
        looked: Callable[[ChargerState], None],
    ) -> None:
        self._chargers, self._clock, self._looked = chargers, clock, looked
        self._wanted: dict[str, SetPoint] = {}
        self._due = {charger.name: asyncio.Event() for charger in chargers}
        self._notices: dict[str, str] = {}
        self._read_s: dict[str, float] = {}

    @property
    def parts(self) -> Mapping[str, daemon.Part]:
        """The parts that run: reading and writing of each charger."""
        parts: dict[str, daemon.Part] = {}
        for charger in self._chargers:
            parts[f"reading {charger.name}"] = partial(self._read, charger)
            parts[f"telling {charger.name}"] = partial(self._carry, charger)
        return parts

    def want(self, set_points: Mapping[str, SetPoint]) -> None:
        """Send these set-points, the newest when a charger is slow."""
        for name, set_point in set_points.items():
            self._wanted[name] = set_point
            self._due[name].set()

    def fall_back(self, safe: Mapping[str, SetPoint]) -> None:
        """Give these chargers the set-point that they fall back to without communication."""
        for charger in self._chargers:
            if (one := safe.get(charger.name)) is not None:
                charger.fall_back(one.current_a)

    def note(self, charger: str, notice: str) -> None:
        """Log a new notice about a charger, and add it to the health."""
        if notice != self._notices.get(charger, ""):
            self._notices[charger] = notice
            level = logging.WARNING if notice else logging.INFO
            log.log(level, "%s", notice or phrase("{charger} works again", charger=charger))

    def health(self) -> Mapping[str, tuple[float | None, str]]:
        """Age of each charger's last reading, and its notice."""
        now_s = asyncio.get_running_loop().time()
        ages = {name: now_s - read_s for name, read_s in self._read_s.items()}
        names = (charger.name for charger in self._chargers)
        return {name: (ages.get(name), self._notices.get(name, "")) for name in names}

    async def leave(self, safe: Mapping[str, SetPoint]) -> None:
        """Leave the chargers in their safe state."""
        await asyncio.gather(
            *(self._leave_one(charger, safe.get(charger.name)) for charger in self._chargers)
        )

    async def _read(self, charger: Charger) -> None:
        """Read the charger, forever."""
        await self._clock.known.wait()
        await follow(charger, self._look)

    def _look(self, state: ChargerState) -> None:
        self._read_s[state.charger] = asyncio.get_running_loop().time()
        self._looked(state)

    async def _carry(self, charger: Charger) -> None:
        """Send each decision to the charger, the newest when it is slow."""
        while True:
            await self._due[charger.name].wait()
            self._due[charger.name].clear()
            try:
                await charger.write(self._wanted[charger.name])
            except ChargerError as error:
                log.debug("%s", error)  # its next state says so

    async def _leave_one(self, charger: Charger, safe: SetPoint | None) -> None:
        current_a = safe.current_a if safe else 0.0
        try:
            await leave(charger, current_a, LEAVE_S)
        except ChargerError as error:
            log.warning("%s", error)
        else:
            told = (
                phrase(
                    "Car charging stopped; {charger} is left at {a:.0f} A",
                    charger=charger.name,
                    a=current_a,
                )
                if current_a
                else phrase("Car charging stopped; {charger} is left paused", charger=charger.name)
            )
            log.info(told)
