"""A minimal client that sends any message to a real dm, and the fixture that runs this dm."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from base import messages
from bench.process import PATIENCE_S
from sim.stream import telegrams
from tests.apps.dm.running import Dm, Feed, dm

NIGHT = "sim://?seed=7&start=2026-12-01T02:00"
CAR = {
    "name": "q4", "plugged": True, "power_kw": 0.0, "energy_kwh": 18.0, "least_kw": 1.4,
    "most_kw": 11.0, "urgency": "trip", "deadline": "2026-12-01T06:30:00Z",
}  # fmt: skip
BATTERY = {"name": "b", "power_kw": 0.0, "capacity_kwh": 10.0, "charge_kw": 5.0}


def need(name: str, **more: object) -> dict[str, object]:
    return {"type": "need", "name": name, "power_kw": 0.0, **more}


def car(**more: object) -> dict[str, object]:
    """The need of one car, with these fields replaced by invalid values."""
    return need("ev", cars=[{**CAR, **more}])


class Attacker:
    """One connection to dm."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line

    async def says(self, said: dict[str, object] | str) -> messages.Message:
        """Send a message and return dm's answer. Values that JSON cannot hold are given as text."""
        await self._line.send(said if isinstance(said, str) else json.dumps(said))
        return messages.decode(await self._line.recv())


class House:
    """A dm with a meter that sends a telegram at the test's request."""

    def __init__(self, running: Dm, feed: Feed, stream: Iterator[bytes]) -> None:
        self.dm, self._feed, self._stream, self._sent = running, feed, stream, 0

    async def hears(self, count: int = 1) -> messages.House:
        """Send this many telegrams and return the house message that follows the last one."""
        await self._feed.send(islice(self._stream, count))
        self._sent += count
        return await self.dm.heard(self._sent)

    @asynccontextmanager
    async def attacker(self, token: str = "") -> AsyncIterator[Attacker]:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        async with connect(self.dm.url, additional_headers=shown) as line:
            await line.recv()
            yield Attacker(line)

    async def vitals(self) -> messages.Vitals:
        (told,) = await self.dm.ask("health")
        assert isinstance(told, messages.Vitals)
        return told

    async def planned(self) -> messages.Outlook:
        """Return the first outlook that contains a plan."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                (told,) = await self.dm.ask("outlook")
                assert isinstance(told, messages.Outlook)
                if told.plan_kw:
                    return told
                await asyncio.sleep(0.1)


@asynccontextmanager
async def house(
    data: Path, *options: str, source: str = NIGHT, env: Mapping[str, str] | None = None
) -> AsyncIterator[House]:
    """Inside the context, a real dm runs and has read three telegrams."""
    feed = Feed()
    async with feed.listening() as port, dm(port, data, *options, env=env) as running:
        here = House(running, feed, telegrams(source))
        await here.hears(3)
        yield here
