"""The demo on a terminal connects only to its own programs and ends them all."""

import os
import pty
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bench.process import runs

ROOT = Path(__file__).parents[2]
USUAL_PORTS = (8080, 8081, 8082)
PATIENCE_S = 90.0
ESTABLISHED = "01"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
]


class Demo:
    """`./do_py.sh demo` on a pseudo-terminal, with its own tmux folder."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.env = {**os.environ, "TMUX_TMPDIR": str(folder), "TERM": "xterm-256color"}
        self.env.pop("TMUX", None)
        self.keyboard, terminal = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "apps.demo"))],
            cwd=ROOT, env=self.env, stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True,
        )  # fmt: skip
        os.close(terminal)

    def tmux(self, *words: str, server: str = "digital_meter_demo") -> list[str]:
        command = ["tmux", "-L", server, *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        return done.stdout.split()

    def pids(self) -> set[int]:
        return set(map(int, self.tmux("list-panes", "-a", "-F", "#{pane_pid}")))

    def lines(self) -> list[tuple[str, str]]:
        """Both ends of each TCP connection of the demo's programs."""
        held = {inode for pid in self.pids() for inode in _sockets(pid)}
        return [(here, there) for here, there, inode in _connections() if inode in held]

    def end(self, key: bytes = b"q") -> str:
        """Press this key and return the output until the demo ends."""
        os.write(self.keyboard, key)
        said = b""
        with suppress(OSError):  # the other end of the terminal is closed
            while data := os.read(self.keyboard, 65536):
                said += data
        self.process.wait(timeout=PATIENCE_S)
        return said.decode(errors="replace")


def _sockets(pid: int) -> Iterator[str]:
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if (target := str(handle.readlink())).startswith("socket:["):
                yield target[8:-1]


def _connections() -> Iterator[tuple[str, str, str]]:
    for name in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:]:
            here, there, state, inode = (row.split()[n] for n in (1, 2, 3, 9))
            if state == ESTABLISHED:
                yield here, there, inode


def _closed(lines: list[tuple[str, str]]) -> bool:
    """True if both ends of every connection are in this list."""
    return {(there, here) for here, there in lines} == set(lines)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with ExitStack() as stack:
        for port in USUAL_PORTS:  # a foreign program listens on the default port
            listener = stack.enter_context(socket.socket())
            with suppress(OSError):
                listener.bind(("127.0.0.1", port))
                listener.listen()
        started = Demo(tmp_path)
        yield started
        started.process.terminate()
        started.process.wait(timeout=PATIENCE_S)
        os.close(started.keyboard)


def test_it_speaks_with_its_own_programs_only_and_leaves_nothing(demo: Demo) -> None:
    demo.tmux("new-session", "-d", "-s", "dm", "sleep infinity", server="default")
    until = time.monotonic() + PATIENCE_S
    lines: list[tuple[str, str]] = []
    # ev and bs connect to dm, which makes four ends; the list may change while it is read.
    while not (len(lines) >= 4 and _closed(lines)) and time.monotonic() < until:
        assert demo.process.poll() is None
        time.sleep(0.2)
        lines = demo.lines()
    assert len(lines) >= 4
    assert _closed(lines), lines
    pids = demo.pids()
    assert "nothing of it is left" in demo.end()
    assert [pid for pid in pids if runs(pid)] == []
    assert demo.tmux("list-sessions", "-F", "#S", server="default") == ["dm"]
    demo.tmux("kill-server", server="default")


IDLE = """
import asyncio, sys
from pathlib import Path
from apps.demo.screens import Screens
folder, idle_s = Path(sys.argv[1]), float(sys.argv[2])
print(asyncio.run(Screens(folder, "sim://?speed=60", 60, idle_s=idle_s).show()))
"""


def test_it_ends_by_itself_when_nobody_touches_a_key(tmp_path: Path) -> None:
    started = Demo(tmp_path, "-c", IDLE, str(tmp_path), "3")
    try:
        assert "No key was touched for 0 minutes." in started.end(key=b"")
        assert started.process.returncode == 0
        assert started.tmux("list-sessions") == []
    finally:
        started.process.kill()
        os.close(started.keyboard)


def test_a_demo_whose_place_is_taken_says_so(tmp_path: Path) -> None:
    """A second demo of the same user ends the tmux server of the first."""
    started = Demo(tmp_path, "-c", IDLE, str(tmp_path), "600")
    try:
        until = time.monotonic() + PATIENCE_S
        while "bs" not in started.tmux("list-clients", "-F", "#S #{client_session} bs"):
            assert time.monotonic() < until
            time.sleep(0.2)
        started.tmux("kill-server")
        assert "a second demo does that" in started.end(key=b"")
    finally:
        started.process.kill()
        os.close(started.keyboard)
