"""A daemon in a process of its own, on a terminal or headless, and what it takes of the machine."""

import asyncio
import fcntl
import os
import pty
import re
import statistics
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 30.0
PORT = re.compile(rb"Listening on .*?port (\d+)")
TICKS = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(*command: str) -> AsyncIterator[tuple[str, int]]:
    """Inside, the daemon runs headless; gives its websocket's address, and its id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        port = await asyncio.wait_for(_port(process.stderr), PATIENCE_S)
        drain = asyncio.create_task(process.stderr.read())
        yield f"ws://127.0.0.1:{port}/ws", process.pid
        drain.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _port(said: asyncio.StreamReader) -> int:
    async for line in said:
        if found := PORT.search(line):
            return int(found[1])
    raise AssertionError("the daemon ended before it listened")


@contextmanager
def on_terminal(
    columns: int, rows: int, *command: str, drew: Callable[[bytes], object] = lambda _: None
) -> Iterator[subprocess.Popen[bytes]]:
    """Inside, the daemon runs on a terminal of this size; `drew` has what it draws."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color"}
    threading.Thread(target=_drain, args=(master, drew), daemon=True).start()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env=environ,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
    os.close(slave)


def _drain(fd: int, drew: Callable[[bytes], object]) -> None:
    try:
        while data := os.read(fd, 65536):
            drew(data)
    except OSError:
        return


def cpu_s(pid: int, *, ended: bool = False) -> float:
    """Seconds of a core the process has taken; with `ended` also those of its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICKS


def memory_mb(pid: int) -> float:
    """What it holds in memory now, its share of what it shares included."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def percentile_ms(delays_s: Sequence[float], percent: int) -> float:
    """That percentile of the delays, in ms."""
    return 1000 * statistics.quantiles(delays_s, n=100)[percent - 1]
