"""Crowds of half requests at every listener, and unauthorised callers."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import quantiles

from bench.process import ended, free_port, running
from tests.apps.dm.running import Dm, run
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import now_s

HALF = b"GET /health HTTP/1.1\r\nHo"
EACH_S = 0.05
AGAIN_S = 5.0
MOST_S = 0.5


async def _half_requests(crowd: int, rounds: int, folder: Path) -> Outcome:
    """dm and ev answer while many connections to each of their listeners send half a request."""
    door, config = free_port(), folder / "config.py"
    config.write_text(f"car_push_port = {door}\n", encoding="utf-8")
    common = ("--config", str(config), "--data", str(folder))
    async with (
        run("dm.py", "--source", "sim://", *common) as dm,
        run("ev_app.py", "--simulated", "--dm", dm.url, *common) as ev,
    ):
        with _ManyFiles():
            ports = (dm.port, ev.port, door)
            crowding = asyncio.create_task(_crowd(ports, crowd, rounds))
            took_s: list[float] = []
            while not crowding.done():
                for app in (dm, ev):
                    took_s.append(await _health_s(app))
                await asyncio.sleep(EACH_S)
            crowding.result()
        said = b"".join(ev.said).count(b"sent no whole request") + b"".join(ev.said).count(
            b"too many"
        )
        assert b"Traceback" not in b"".join(dm.said + ev.said)
    p99_s = quantiles(took_s, n=100)[98]
    assert p99_s <= MOST_S, f"health took {p99_s:.2f} s (p99)"
    return Outcome(
        f"{len(took_s)} questions for health answered, p99 {1000 * p99_s:.0f} ms; {said} log lines"
    )


@asynccontextmanager
async def _lines(port: int, count: int) -> AsyncIterator[None]:
    writers = []
    for _ in range(count):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HALF)
            writers.append(writer)
    try:
        yield
    finally:
        for writer in writers:
            writer.close()


async def _crowd(ports: tuple[int, ...], crowd: int, rounds: int) -> None:
    """Open this many connections to each port, again every AGAIN_S."""

    async def at(port: int) -> None:
        for _ in range(rounds):
            async with _lines(port, crowd):
                await asyncio.sleep(AGAIN_S)

    await asyncio.gather(*map(at, ports))


async def _health_s(app: Dm) -> float:
    """The time until its health message arrived, s."""
    began = now_s()
    status, _ = await app.get("/health")
    assert status in (200, 503), status
    return now_s() - began


class _ManyFiles:
    """Raise this process's limit of open files to the maximum inside the context."""

    def __init__(self) -> None:
        self._soft = 0

    def __enter__(self) -> None:
        self._soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def __exit__(self, *_: object) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._soft, hard))


async def _open_without_token(folder: Path) -> Outcome:
    """dm refuses to start with remote_ips and no token, unless the owner allows it explicitly."""
    config = folder / "config.py"
    config.write_text("remote_ips = ['192.168.1.0/24']\n", encoding="utf-8")
    told = ("dm.py", "--config", str(config), "--data", str(folder), "--source", "sim://")
    env = {"HOME": str(folder)}
    code, said = await ended(*told, "--for", "1", "--port", "0", "--headless", env=env)
    assert code == 2, code
    assert "websocket_token" in said, said
    assert not (folder / "history").exists(), "something was begun"
    with config.open("a", encoding="utf-8") as file:
        file.write("open_to_network = True\n")
    code, _ = await ended(*told, "--for", "1", "--port", "0", "--headless", env=env)
    assert code == 0, code
    return Outcome("code 2, the key and the remedy; with open_to_network it starts")


async def _rebound(folder: Path) -> Outcome:
    """A page whose name was rebound to this address reads nothing."""
    async with run("dm.py", "--source", "sim://", "--data", str(folder)) as dm:
        reader, writer = await asyncio.open_connection("127.0.0.1", dm.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        said = (await reader.read()).decode()
        writer.close()
    assert said.split()[1] == "421", said
    assert "telegram" not in said
    return Outcome("refused with 421, logged")


async def _few_files(folder: Path) -> Outcome:
    """dm may open 64 files while 100 peers connect repeatedly: its log stays short."""
    told = ("--source", "sim://", "--data", str(folder), "--port", "0", "--headless")
    program = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64));"
        " sys.argv[0] = 'dm.py'; runpy.run_path('dm.py', run_name='__main__')"
    )
    async with running("-c", program, *told) as daemon:
        dm = Dm(daemon.process, daemon.port, daemon.said)
        await _crowd((dm.port,), 100, 3)
        status, _ = await dm.get("/health")
        assert status in (200, 503), status
        assert await dm.end() == 0
    lines = len(dm.said)
    assert lines <= 20, f"{lines} lines"
    return Outcome(f"{lines} log lines in {3 * AGAIN_S:.0f} s, answered afterwards")


FAULTS = (
    Fault(
        source="attack 11",
        injected="100 peers call a dm that may have 64 files open (ulimit -n 64)",
        promised="at most 20 log lines; it answers again afterwards",
        play=_few_files,
    ),
    Fault(
        source="attack 11",
        injected="1,100 half requests at each listener of dm and ev, twice",
        promised="health is answered meanwhile, p99 within 0.5 s",
        play=partial(_half_requests, 1100, 2),
    ),
    Fault(
        source="attack 15",
        injected="remote_ips without a token",
        promised="code 2 and a sentence; nothing begun",
        play=_open_without_token,
    ),
    Fault(
        source="attack 15",
        injected="a page of another name that leads to this machine asks for /health",
        promised="refused, logged",
        play=_rebound,
    ),
)
