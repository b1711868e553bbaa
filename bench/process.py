"""A daemon in a separate process, on a terminal or headless, and its use of the machine."""

import asyncio
import fcntl
import os
import pty
import random
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
PORT = re.compile(rb"Listening on .*?port (\d+)")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that listens. `said` is every line of its log, with repeats."""

    process: asyncio.subprocess.Process
    port: int
    said: list[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after this signal."""
        self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


@asynccontextmanager
async def running(*command: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Daemon]:
    """Inside the context, the daemon listens; afterwards it has ended."""
    process = await _started(command, env)
    said: list[bytes] = []
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    listening = asyncio.create_task(_listen(process, said, port))
    try:
        async with asyncio.timeout(PATIENCE_S):
            listens = await port
        yield Daemon(process, listens, said)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


async def ended(*command: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code of a run that ends by itself, and its output."""
    process = await _started(command, env)
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, said.decode()


def free_port() -> int:
    """A free port outside the kernel's automatic range: it stays free for a restart."""
    while True:
        port = random.randrange(20000, 32000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


async def _started(
    command: Sequence[str], env: Mapping[str, str] | None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        env={**os.environ, **(env or {})},
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )


async def _listen(
    process: asyncio.subprocess.Process, said: list[bytes], port: asyncio.Future[int]
) -> None:
    """Collect all its output in `said` until its end; `port` is the one that it reports."""
    assert process.stderr is not None
    async for line in process.stderr:
        said.append(line)
        if not port.done() and (found := PORT.search(line)):
            port.set_result(int(found[1]))
    if not port.done():
        why = b"".join(said).decode()
        port.set_exception(AssertionError(f"it ended before it listened: {why}"))


@contextmanager
def on_terminal(
    columns: int, rows: int, *command: str, drew: Callable[[bytes], object] = lambda _: None
) -> Iterator[subprocess.Popen[bytes]]:
    """Inside the context, the daemon runs on a terminal of this size; `drew` has its output."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color"}
    threading.Thread(target=drained, args=(master, drew), daemon=True).start()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env=environ,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
    os.close(slave)


def drained(fd: int, drew: Callable[[bytes], object]) -> None:
    try:
        while data := os.read(fd, 65536):
            drew(data)
    except OSError:
        return


def cpu_s(pid: int, *, ended: bool = False) -> float:
    """CPU time of the process, s; with `ended` also that of its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICKS


def runs(pid: int) -> bool:
    """True if the process has not ended; its parent may not have waited for it yet."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def memory_mb(pid: int) -> float:
    """Memory in use now, with its share of shared pages."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def percentile_ms(delays_s: Sequence[float], percent: int) -> float:
    """A percentile of the delays, in ms."""
    return 1000 * statistics.quantiles(delays_s, n=100)[percent - 1]
