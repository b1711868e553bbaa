"""A third-party boiler on the websocket of a real dm: its need is planned and granted."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from base import messages
from bench.process import PATIENCE_S
from tests.apps.dm.running import run

SOURCE = "sim://?speed=10&seed=7&start=2026-01-15T23:10"


class Boiler:
    """A boiler of 1 kW that answers each house message with its remaining need."""

    def __init__(self, line: ClientConnection) -> None:
        self.line, self.energy_kwh = line, 0.5
        self.deadline: datetime | None = None

    async def until(self, true: Callable[[messages.GrantedAsset], bool]) -> messages.GrantedAsset:
        """Return the first grant that satisfies this condition."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                said = messages.decode(await self.line.recv())
                if not isinstance(said, messages.House) or said.time is None:
                    continue
                if "shed" in said.grants and true(granted := said.grants["shed"].assets["boiler"]):
                    return granted
                await self._tell(said.time)

    async def _tell(self, now: datetime) -> None:
        self.deadline = self.deadline or now + timedelta(minutes=40)
        boiler = messages.LoadNeed(
            name="boiler", power_kw=0.0, least_kw=1.0, most_kw=1.0, energy_kwh=self.energy_kwh,
            deadline=self.deadline, value_eur_kwh=5.0, least_on_s=900.0,
        )  # fmt: skip
        need = messages.Need(name="shed", power_kw=0.0, loads=(boiler,), heard=now)
        await self.line.send(need.model_dump_json())


async def test_a_boiler_is_planned_and_granted_what_it_asked(tmp_path: Path) -> None:
    told = ("--source", SOURCE, "--data", str(tmp_path))
    async with run("dm.py", *told) as dm, connect(dm.url) as line:
        await line.send("watch house")
        boiler = Boiler(line)
        assert (await boiler.until(lambda granted: granted.kw > 0)).kw == 1.0
        await boiler.until(lambda granted: "planned for now" in granted.why)
        (outlook,) = await dm.ask("outlook")
        assert isinstance(outlook, messages.Outlook)
        assert {round(kw, 3) for kw in outlook.plan_kw["boiler"]} == {0.0, 1.0}
        boiler.energy_kwh = 0.0
        assert (await boiler.until(lambda granted: granted.kw == 0)).why == (
            "it needs no more energy"
        )
