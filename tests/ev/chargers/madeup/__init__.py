"""A fictional charger: the exercise for newcomers in CONTRIBUTING, with its simulator.

Request and response are one line of text each: `look` returns "STATE A W KWH", `set 8.0` sets the
current, 0 pauses. It always uses three phases, and limits itself to 6 A after 30 s of silence.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from base.address import split
from base.checked import HostPort
from ev.chargers.charger import LineError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Driver, Info, Values
from ev.chargers.family import ChargerSettings, Family, Login
from ev.facts import ChargerPhase
from sim.car import SimCar
from sim.charger_base import Odd
from sim.charger_http import Clock, clock
from sim.chargers import Settings, Simulated

STATES = {"A": ChargerPhase.STANDBY, "B": ChargerPhase.CONNECTED, "C": ChargerPhase.CHARGING}
LIMIT_S, SILENCE_S, SAFE_A = 2.0, 30.0, 6.0


class MadeUpSettings(ChargerSettings):
    """Settings of one such charger in config.py."""

    kind: Literal["madeup"]
    host: HostPort


class MadeUp:
    """The driver."""

    keep_s: float | None = SILENCE_S / 3

    def __init__(self, name: str, host: str) -> None:
        self._name, self._place, self._told = name, split(host, 8000), 0.0

    async def _ask(self, line: str) -> list[str]:
        try:
            async with asyncio.timeout(LIMIT_S):
                reader, writer = await asyncio.open_connection(*self._place)
                try:
                    writer.write(f"{line}\n".encode())
                    answer = (await reader.readline()).decode("ascii", "replace").split()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            raise LineError(self._name, "does not answer.") from None
        if not answer or answer[0] not in ("A", "B", "C", "ok"):
            raise LineError(self._name, "answers with nonsense.")
        return answer

    async def info(self) -> Info:
        """The ratings of a three-phase 16 A unit."""
        await self._ask("look")
        return Info(16.0, 3, switches_phases=False)

    async def read(self) -> tuple[Values, Told]:
        """Read its measurements and set-point."""
        state, set_a, watts, kwh = await self._ask("look")
        phases = {
            "A": ChargerPhase.STANDBY,
            "B": ChargerPhase.CONNECTED,
            "C": ChargerPhase.CHARGING,
        }
        current_a = float(set_a)
        values = Values(phase=phases[state], power_kw=float(watts) / 1000, session_kwh=float(kwh))
        return values, Told(current_a or None, current_a == 0, 3)

    async def tell(self, step: Told) -> Told:
        """Send a set-point in A; 0 pauses."""
        self._told = 0.0 if step.paused else step.current_a or self._told
        await self._ask(f"set {self._told}")
        return step

    async def keep(self) -> None:
        """Send the same set-point again."""
        await self._ask(f"set {self._told}")

    async def aclose(self) -> None:
        """Do nothing: no connection is kept open."""


def _driver(name: str, settings: MadeUpSettings, login: Login) -> Driver:
    return MadeUp(name, settings.host)


FAMILY = Family(
    kind="madeup",
    settings=MadeUpSettings,
    asks=("host",),
    driver=_driver,
    help="a charger that nobody makes",
    silence="charges with 6 A at most after 30 s",
)


class SimMadeUp:
    """The simulator."""

    def __init__(self, car: SimCar) -> None:
        self.car, self.set_a, self.kwh = car, 16.0, 0.0
        self.flash_writes = 0
        self.flowing_a = (0.0, 0.0, 0.0)
        self._odd: Odd | None = None
        self._heard_s = self._now_s = self._boots_s = 0.0

    def odd(self, odd: Odd | None) -> None:
        """Switch this fault on, or clear all faults."""
        self._odd = odd

    def reboot(self) -> None:
        """Restart: silent for 20 s, then at maximum current."""
        self._boots_s, self.set_a = self._now_s + 20.0, 16.0

    @asynccontextmanager
    async def served(self, speed: float, now: Clock | None = None) -> AsyncIterator[Settings]:
        """Serve on a free port, with a clock faster by this factor."""
        now = now or clock(speed)
        begun = now()

        async def live() -> None:
            while True:
                while self._now_s < (now() - begun).total_seconds():
                    self._now_s += 1.0
                    here = self.car.plugged(now()) and self._now_s >= self._boots_s
                    late = self._now_s - self._heard_s > SILENCE_S
                    offered_a = min(self.set_a, SAFE_A) if late else self.set_a
                    self.flowing_a = self.car.draw(offered_a if here else 0.0, 3)
                    self.kwh += sum(self.flowing_a) * 230 / 3.6e6
                await asyncio.sleep(0.5 / speed)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = (await reader.readline()).decode().split()
            slow = self._odd is Odd.SILENT or (self._odd is Odd.SLOW and line == ["look"])
            if slow or self._now_s < self._boots_s:
                await asyncio.sleep(LIMIT_S if slow else 0)
            else:
                self._heard_s = self._now_s
                if line[0] == "set" and self._odd is not Odd.DEAF:
                    self.set_a = float(line[1])
                state = "C" if any(self.flowing_a) else "B" if self.car.plugged(now()) else "A"
                watts = sum(self.flowing_a) * 230
                text = "ok" if line[0] == "set" else f"{state} {self.set_a} {watts} {self.kwh}"
                writer.write(b"\xff?\n" if self._odd is Odd.GARBAGE else f"{text}\n".encode())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        task = asyncio.create_task(live())
        try:
            yield {"host": f"127.0.0.1:{server.sockets[0].getsockname()[1]}"}
        finally:
            task.cancel()
            server.close()


SIMULATED = Simulated(made=SimMadeUp, served=SimMadeUp.served)
