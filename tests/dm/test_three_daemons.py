"""dm, ev and bs as three processes: any one killed, their lines cut, late, mixed up and doubled.

A simulated house at night, ten times as fast: what is above its target is the daemons' doing.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

import messages
from tests.dm.bad_line import BadLine, Fault
from tests.dm.running import ROOT, Dm, port_of
from tests.ev.ev_running import free_port

PATIENCE_S = 60.0
SOURCE = "sim://?speed=10&seed=7&start=2026-01-15T23:10"
CONFIG = str(ROOT / "sim" / "demo_config.py")
SPEED = ("--speed", "10")


class Home:
    """The three, where each is found, and what they have written."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.url = f"ws://127.0.0.1:{self.port}/ws"
        self.said: list[str] = []

    @asynccontextmanager
    async def app(self, name: str, *options: str, port: int = 0) -> AsyncIterator[Dm]:
        """The daemon runs inside; what it says is kept."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, name, "--config", CONFIG, "--data", str(self.data)),
            *("--port", str(port), "--headless", *options),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        listening: asyncio.Task[None] | None = None
        try:
            own = await asyncio.wait_for(port_of(process), PATIENCE_S)
            listening = asyncio.create_task(self._listen(process))
            yield Dm(process, own)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            if listening is not None:
                await listening

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.said.append(line.decode())

    async def until(self, true: Callable[[messages.House], bool]) -> messages.House:
        """The first house of dm of which it is true, wherever dm is by then."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(OSError, ConnectionClosed, InvalidHandshake):
                    (house,) = await Dm.ask(self, "house")  # type: ignore[arg-type]
                    assert isinstance(house, messages.House)
                    if true(house):
                        return house
                await asyncio.sleep(0.3)


def granted(*names: str) -> Callable[[messages.House], bool]:
    """Whether just these have a grant."""
    return lambda house: house.grants.keys() == set(names)


def held(house: messages.House) -> bool:
    """Whether the running quarter is under its target, or only the house is above it."""
    assert house.quarter is not None
    assert house.target_kw is not None
    return house.quarter.so_far_kw <= house.target_kw + 0.1


async def safe(ev: Dm) -> None:
    """ev has put its charger in its safe state."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(1000):
            if "nothing is heard of the meter" in str(await ev.ask("chargers")):
                return
            await asyncio.sleep(0.3)


async def test_any_one_may_be_killed_and_the_story_goes_on(tmp_path: Path) -> None:
    """The others go on within their limits; who comes back is granted his share again."""
    home = Home(tmp_path)
    to_dm = ("--dm", home.url, *SPEED)
    source = ("dm.py", "--source", SOURCE)
    async with (
        home.app(*source, port=home.port) as dm,
        home.app("ev_app.py", *to_dm, "--simulated") as ev,
    ):
        async with home.app("bs_app.py", *to_dm) as bs:
            await home.until(granted("ev", "bs"))
            await bs.end(signal.SIGKILL)
            assert held(await home.until(granted("ev")))
        async with home.app("bs_app.py", *to_dm):
            await home.until(granted("ev", "bs"))
            await dm.end(signal.SIGKILL)
            await safe(ev)
            async with home.app(*source, port=home.port):
                assert held(await home.until(granted("ev", "bs")))
                await ev.end(signal.SIGKILL)
                assert held(await home.until(granted("bs")))
    assert not [line for line in home.said if "Traceback" in line]


async def test_a_line_that_is_cut_late_mixed_up_or_doubled_hurts_nobody(tmp_path: Path) -> None:
    """Mixed up and doubled it works on; cut or late its end drops out, and is back by itself."""
    home = Home(tmp_path)
    async with (
        home.app("dm.py", "--source", SOURCE, port=home.port),
        BadLine(home.url).listening() as line,
        home.app("bs_app.py", "--dm", home.url, *SPEED),
        home.app("ev_app.py", "--dm", line.url, *SPEED, "--simulated"),
    ):
        await home.until(granted("ev", "bs"))
        for fault in (Fault.TWICE, Fault.MIXED):
            line.fault, passed = fault, line.passed
            assert held(await home.until(lambda _, passed=passed: line.passed > passed + 60))  # type: ignore[misc]
            assert granted("ev", "bs")(await home.until(lambda _: True))
        line.cut()
        assert held(await home.until(granted("bs")))
        line.fault = Fault.NONE
        await home.until(granted("ev", "bs"))
        line.fault = Fault.LATE
        assert held(await home.until(granted("bs")))
        line.fault = Fault.NONE
        assert held(await home.until(granted("ev", "bs")))
    assert not [said for said in home.said if "Traceback" in said]
