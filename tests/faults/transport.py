"""Faults of the transport: unplugged cables, half-open connections, busy gateways."""

import asyncio
import os
import tty
from contextlib import suppress
from itertools import islice
from pathlib import Path

from base import messages
from sim.stream import telegrams
from tests.apps.dm.running import Dm, dm
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import made, now_s, rows, stage

MOST_MS = 15.0
MOST_BYTES = 300.0


class Cable:
    """A serial port with a stable name, as /dev/serial/by-id; the port behind it may change."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self.plug()

    def plug(self) -> None:
        """Plug it into a port, possibly another one than before."""
        self._meter, port = os.openpty()
        tty.setraw(port)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(port))
        self._port = port

    def pull(self) -> None:
        """Unplug it: its reader gets an error, and the name is gone."""
        self.name.unlink()
        os.close(self._port)
        os.close(self._meter)

    async def send_until(self, running: Dm, good: int) -> None:
        """Send a telegram each tenth of a second until dm has this number."""
        for second in range(10_000):
            with suppress(BlockingIOError):
                os.write(self._meter, made(second))
            (house,) = await running.ask("house")
            assert isinstance(house, messages.House)
            if house.health.good >= good:
                return
            await asyncio.sleep(0.1)


async def _pulled(folder: Path) -> Outcome:
    cable = Cable(folder / "by-id")
    async with dm(str(cable.name), folder) as running:
        await cable.send_until(running, 3)
        cable.pull()
        await asyncio.sleep(1.5)
        cable.plug()
        began = now_s()
        await cable.send_until(running, 5)
    return Outcome("reported, closed, and opened again at its new port", now_s() - began)


async def _half_open(folder: Path) -> Outcome:
    async with stage(folder) as it:
        await it.good(made(0))
        began = now_s()  # the router forgot the connection: no data, no error
        await it.feed.called_again()
        took_s = now_s() - began
        await it.good(made(1))
    return Outcome("given up without a telegram for 10 s, reconnected", took_s)


async def _hammering(folder: Path) -> Outcome:
    calls = 0

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with dm(f"socket://127.0.0.1:{port}", folder):
            await asyncio.sleep(20)
    assert 2 <= calls <= 8, calls
    return Outcome(f"{calls} connections in 20 s to a gateway that hangs up at once")


async def _one_client(folder: Path) -> Outcome:
    async with stage(folder) as it:
        for second in range(30):
            await it.good(made(second))
        assert it.feed.calls == 1, it.feed.calls
    return Outcome("one connection for thirty telegrams")


async def _light(folder: Path) -> Outcome:
    """CPU time of a telegram on this machine, and bytes written for a thousand of them."""
    many = list(islice(telegrams("sim://?start=2026-01-15T17:31"), 800))
    async with stage(folder) as it:
        await it.good(*many[:100])
        before = cost(it.dm.process.pid)
        await it.good(*many[100:])
        cpu_ms, wrote = (
            after - b for after, b in zip(cost(it.dm.process.pid), before, strict=True)
        )
        ms, each = cpu_ms / 700, wrote / 700
        assert ms < MOST_MS, ms
        assert each < MOST_BYTES, each
    return Outcome(f"{ms:.1f} ms of a core and {each:.0f} B written each telegram")


def cost(pid: int) -> tuple[float, float]:
    """CPU time in ms and bytes written to files so far."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[11]) + int(stat[12])
    wrote = Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0]
    return 1000 * ticks / os.sysconf("SC_CLK_TCK"), float(wrote)


async def _elsewhere(folder: Path) -> Outcome:
    booked = []
    for zone in ("UTC", "Asia/Tokyo"):
        async with stage(folder / zone.replace("/", "-"), env={"TZ": zone}) as it:
            await it.good(made(0), made(2000))
        booked.append(rows(folder / zone.replace("/", "-")))
    assert booked[0] == booked[1] != []
    return Outcome("the same books in UTC and Asia/Tokyo")


FAULTS = (
    Fault(
        source="field 12 (HA#92226)",
        injected="the cable is pulled, and comes back as another port",
        promised="closed, and opened again by its name",
        play=_pulled,
    ),
    Fault(
        source="field 13 (HA#31604)",
        injected="a connection that is half open: no data, no error",
        promised="reconnected after 10 s without a telegram",
        play=_half_open,
    ),
    Fault(
        source="field 14 (HA#46420)",
        injected="a gateway that closes each connection at once",
        promised="a growing back-off",
        play=_hammering,
    ),
    Fault(
        source="field 15 (HA#105651)",
        injected="a gateway with room for one client",
        promised="one connection, held",
        play=_one_client,
    ),
    Fault(
        source="field 33 (dsmrreader#212)",
        injected="telegrams as fast as they are taken",
        promised=f"under {MOST_MS:.0f} ms of a core each, and no write for each",
        play=_light,
    ),
    Fault(
        source="field 34 (dsmrreader#1342)",
        injected="a host in another time zone",
        promised="the same quarters, days and money",
        play=_elsewhere,
    ),
)
