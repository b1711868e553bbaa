"""dm, ev and bs as processes: any of them is killed, or its connection is disturbed.

The simulated house runs at night at ten times the speed. Its own load is below the target, so only
the daemons can exceed it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from base import messages
from bench.process import PATIENCE_S, ROOT, free_port
from tests.apps.dm.bad_line import BadLine, Fault
from tests.apps.dm.running import Dm, asked, run

pytestmark = pytest.mark.long

SOURCE = "sim://?speed=10&seed=7&start=2026-01-15T23:10"
CONFIG = str(ROOT / "apps" / "demo" / "config.py")
SPEED = ("--speed", "10")


class Home:
    """The three programs with their ports and output."""

    def __init__(self, data: Path) -> None:
        self.data, port = data, str(free_port())
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.meter = ("dm.py", "--source", SOURCE, "--port", port)
        self.said: list[list[bytes]] = []

    @asynccontextmanager
    async def app(self, name: str, *options: str) -> AsyncIterator[Dm]:
        """Inside the context, the daemon runs; its output is kept."""
        where = ("--config", CONFIG, "--data", str(self.data))
        async with run(name, *where, *options) as daemon:
            self.said.append(daemon.said)
            yield daemon

    @property
    def traces(self) -> list[bytes]:
        """Lines with a traceback in the output of the daemons."""
        return [line for said in self.said for line in said if b"Traceback" in line]

    async def until(self, true: Callable[[messages.House], bool]) -> messages.House:
        """Return dm's first house message that satisfies this, also across restarts of dm."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(OSError, ConnectionClosed, InvalidHandshake):
                    (house,) = await asked(self.url, "house")
                    assert isinstance(house, messages.House)
                    if true(house):
                        return house
                await asyncio.sleep(0.3)


def granted(*names: str) -> Callable[[messages.House], bool]:
    """True if exactly these programs have a grant."""
    return lambda house: house.grants.keys() == set(names)


def held(house: messages.House) -> bool:
    """True if the demand of the current quarter is within the target."""
    assert house.quarter is not None
    assert house.target_kw is not None
    return house.quarter.so_far_kw <= house.target_kw + 0.1


async def safe(ev: Dm) -> None:
    """Wait until ev has put its charger in its safe state."""
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(1000):
            if "no data from the meter" in str(await ev.ask("chargers")):
                return
            await asyncio.sleep(0.3)


async def test_any_one_may_be_killed_and_the_story_goes_on(tmp_path: Path) -> None:
    """The others continue within the target; a restarted program is granted its share again."""
    home = Home(tmp_path)
    to_dm = ("--dm", home.url, *SPEED)
    async with (
        home.app(*home.meter) as dm,
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
            async with home.app(*home.meter):
                assert held(await home.until(granted("ev", "bs")))
                await ev.end(signal.SIGKILL)
                assert held(await home.until(granted("bs")))
    assert not home.traces


async def test_a_line_that_is_cut_late_mixed_up_or_doubled_hurts_nobody(tmp_path: Path) -> None:
    """Reordered and duplicate messages change nothing; a cut or late ev loses its grant."""
    home = Home(tmp_path)
    async with (
        home.app(*home.meter),
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
    assert not home.traces


async def test_the_meter_passes_typed_commands_on(tmp_path: Path) -> None:
    """The owner types at one door; a command that two programs have needs the name of one."""
    home = Home(tmp_path)
    to_dm = ("--dm", home.url, *SPEED)
    async with (
        home.app(*home.meter) as dm,
        home.app("ev_app.py", *to_dm, "--simulated"),
        home.app("bs_app.py", *to_dm),
    ):
        await home.until(granted("ev", "bs"))
        (said,) = await dm.ask("refuse")
        assert isinstance(said, messages.Reply), said
        assert said.word == "refuse"
        (said,) = await dm.ask("ev charge q4 200")
        assert isinstance(said, messages.Error)
        assert "Usage: charge" in said.text
        (said,) = await dm.ask("auto")
        assert isinstance(said, messages.Error)
        assert "have this command: type" in said.text
        (said,) = await dm.ask("bs auto")
        assert isinstance(said, messages.Reply), said
        (said,) = await dm.ask("ev need")
        assert isinstance(said, messages.Reply | messages.Need), said
        (said,) = await dm.ask("frobnicate")
        assert isinstance(said, messages.Error)
        assert "is not a command" in said.text
    assert not home.traces


async def test_a_second_charging_program_is_granted_and_planned_beside_the_first(
    tmp_path: Path,
) -> None:
    """ev2 has its own port and folder; dm distinguishes cars of equal name by program."""
    home = Home(tmp_path / "first")
    other = Home(tmp_path / "second")
    to_dm = ("--dm", home.url, *SPEED, "--simulated")
    async with (
        home.app(*home.meter) as dm,
        home.app("ev_app.py", *to_dm),
        other.app("ev_app.py", *to_dm, "--name", "ev2") as second,
    ):
        house = await home.until(granted("ev", "ev2"))
        assert held(house)
        (need,) = await second.ask("need")
        assert isinstance(need, messages.Need)
        assert need.name == "ev2"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                (outlook,) = await dm.ask("outlook")
                assert isinstance(outlook, messages.Outlook)
                if {"ev q4", "ev2 q4"} <= outlook.plan_kw.keys():
                    break
                await asyncio.sleep(0.3)
    assert (tmp_path / "second" / "log" / "ev2").is_dir()
    assert not home.traces
    assert not other.traces
