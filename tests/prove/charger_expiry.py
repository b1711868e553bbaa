"""Heidelberg's watchdog on a third-party Modbus server: it expires only in silence.

The follower of tests/prove/other has the maker's register table on PyPI pyModbusTCP: another server
than that of our simulator, and another client library than our driver's.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.process import free_port
from ev.chargers import registry
from ev.chargers.charger import ChargerError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Driver, FallsBack

SIDE = Path(__file__).parent / "other" / "heidelberg_follower.py"
WATCHDOG, STANDBY, LIMIT, FAILSAFE = 257, 258, 261, 262
TOLD_A, SAFE_A = 10.0, 6.0
FED_S, SILENT_S, NEAR_S = 40.0, 30.0, 1.0
START_S = 20.0


@dataclass(slots=True, kw_only=True)
class Follower:
    """A report of the follower: allowed A, seconds without a request, and writes."""

    allows_a: float = 0.0
    least_a: float = 99.0
    silent_s: float = 0.0
    written: list[tuple[int, int]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, line: bytes) -> None:
        """Parse a line of the follower."""
        said = json.loads(line)
        self.allows_a, self.silent_s = said["allows"], said["silent_s"]
        self.least_a = min(self.least_a, self.allows_a)
        self.written += [(address, value) for address, value in said["written"]]
        self.changed.set()

    async def until(self, current_a: float, limit_s: float) -> bool:
        """True if it allows this current within the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self.allows_a != current_a:
                    self.changed.clear()
                    await self.changed.wait()
        return self.allows_a == current_a


@asynccontextmanager
async def follower(python: Path) -> AsyncIterator[tuple[Follower, int]]:
    """Run the follower in a separate process inside the context."""
    port, found = free_port(), Follower()
    process = await asyncio.create_subprocess_exec(
        str(python), str(SIDE), str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None

    async def follow(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            found.take(line)

    following = asyncio.create_task(follow(process.stdout))
    try:
        yield found, port
    finally:
        process.kill()
        await process.wait()
        await following


async def expiry(python: Path, fed_s: float = FED_S) -> list[str]:
    """The errors found in the expiry of the watchdog."""
    async with follower(python) as (it, port):
        its = registry.FAMILIES["heidelberg"].settings.model_validate(
            {"kind": "heidelberg", "host": f"127.0.0.1:{port}"}
        )
        driver = registry.driver_of("heidelberg", its, {})
        try:
            return [line async for line in _wrong(driver, it, fed_s)]
        finally:
            await driver.aclose()


async def _wrong(driver: Driver, it: Follower, fed_s: float) -> AsyncIterator[str]:
    assert isinstance(driver, FallsBack)
    driver.fall_back(SAFE_A)
    await _told(driver)
    if not await it.until(TOLD_A, 5.0):
        yield f"told {TOLD_A:.0f} A it allows {it.allows_a:.0f} A"
    it.least_a = it.allows_a
    loop = asyncio.get_running_loop()
    until_s = loop.time() + fed_s
    while loop.time() < until_s:  # longer than the watchdog
        await driver.keep()
        await asyncio.sleep(driver.keep_s or 1.0)
    if it.least_a < TOLD_A:
        yield f"fed each {driver.keep_s:.0f} s it fell to {it.least_a:.0f} A"
    armed = {(WATCHDOG, int(1000 * SILENT_S)), (STANDBY, 4), (LIMIT, int(10 * TOLD_A))}
    if not armed <= {*it.written}:
        yield f"it was not armed: {it.written}"
    if not await it.until(SAFE_A, SILENT_S + 5.0) or abs(it.silent_s - SILENT_S) > NEAR_S:
        yield f"{it.silent_s:.0f} s after the last request it allows {it.allows_a:.0f} A"
    await _told(driver)
    if not await it.until(TOLD_A, 5.0):
        yield f"told again it allows {it.allows_a:.0f} A"


async def _told(driver: Driver) -> None:
    """Send the set-point as soon as the follower listens."""
    async with asyncio.timeout(START_S):
        while True:
            with suppress(ChargerError):
                await driver.info()
                await driver.tell(Told(TOLD_A, paused=False))
                return
            await asyncio.sleep(0.2)
