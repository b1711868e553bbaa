"""The demo on a terminal: its four screens in a tmux server of its own, until they are left.

Nothing of it is shared with the real house: not the tmux server, the ports, the folder or the home.
"""

import asyncio
import os
import re
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from apps.demo.on_broker import Bridge, forget
from base.wire.here import LOOPBACK, page_address

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIG, RATES = HERE / "config.py", HERE / "rates.json"
SERVER = "digital_meter_demo"
KEYS = "arrows: meter, car, battery, log. q ends the demo"
IDLE_S = 3600.0
LOOK_S = 2.0
START_S = 60.0
STOP_S = 10.0
REPLACED = "Its screens were ended from outside; a second demo does that."
"""A program promises to end within 6 s."""
STATUS_FREE = {24, 40, 50}
"""Heights at which a layout needs each row: no status line there."""
_PORT = re.compile(rb"Listening on .*?port (\d+)")


class Tmux:
    """A tmux server under its own name, without the user's settings."""

    def __init__(self, server: str, env: Mapping[str, str]) -> None:
        self._door = ("tmux", "-L", server, "-f", "/dev/null")
        self._env = env

    async def do(self, *words: str) -> str:
        """The output of tmux; "" when it refused, or no server runs."""
        process = await asyncio.create_subprocess_exec(
            *(*self._door, *words),
            env=self._env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        said, _ = await process.communicate()
        return said.decode(errors="replace") if process.returncode == 0 else ""

    async def attach(self, session: str) -> asyncio.subprocess.Process:
        """Show the session on this terminal until the user leaves it."""
        return await asyncio.create_subprocess_exec(
            *(*self._door, "attach-session", "-t", f"={session}"), env=self._env
        )


class Screens:
    """The programs of the demo, each in a session named as at home."""

    def __init__(
        self,
        folder: Path,
        source: str,
        speed: int,
        *,
        charger: str = "nrgkick",
        broker: Bridge | None = None,
        idle_s: float = IDLE_S,
    ) -> None:
        self._folder, self._source, self._speed, self._idle_s = folder, source, speed, idle_s
        self._charger, self._broker, self._page = charger, broker, ""
        env = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
        self._tmux = Tmux(SERVER, {**env, "HOME": str(folder)})

    async def show(self) -> str:
        """Run until the user leaves the screens; the reason why they ended, "" when he left
        them."""
        await self._tmux.do("kill-server")  # an earlier demo's
        try:
            meter = ("--rates", str(RATES), "--source", self._source)
            await self._open("dm", *self._app("dm.py"), *meter)
            port = await self._started()
            self._page = page_address(port, LOOPBACK)
            print(f"The page for a telephone: {self._page}", flush=True)
            beside = ("--dm", f"ws://127.0.0.1:{port}/ws", "--speed", str(self._speed))
            ports = self._broker.ports if self._broker else {"ev": 0, "bs": 0}
            car = self._app("ev_app.py", ports["ev"])
            await self._open("ev", *car, *beside, "--simulated", self._charger)
            await self._open("bs", *self._app("bs_app.py", ports["bs"]), *beside)
            if self._broker is not None:
                bridge = (*self._app("mqtt_app.py"), *beside[:2], *self._broker.options)
                await self._open("mqtt", *bridge)
            log = str(self._folder / "log" / "log_info.log")
            await self._open("log", sys.executable, "-m", "screen.log", log)
            await self._keys()
            return await self._watch()
        finally:
            await asyncio.shield(self._close())
            if self._broker is not None:
                await asyncio.shield(forget(self._broker.place))

    def _app(self, program: str, port: int = 0) -> tuple[str, ...]:
        given = ("--config", str(CONFIG), "--data", str(self._folder), "--port", str(port))
        return (sys.executable, program, *given)

    async def _open(self, name: str, *command: str) -> None:
        size = shutil.get_terminal_size()
        await self._tmux.do(
            *("new-session", "-d", "-s", name, "-c", str(ROOT)),
            *("-x", str(size.columns), "-y", str(size.lines), "exec " + shlex.join(command)),
            *(";", "set-option", "-w", "-t", f"={name}:", "remain-on-exit", "on"),
        )

    async def _keys(self) -> None:
        """Bind the arrow keys to the screens and q to leave; a line explains it where there is a
        row for it."""
        status = "off" if shutil.get_terminal_size().lines in STATUS_FREE else "on"
        shown = (
            ("status", status),
            ("status-format[0]", f" {self._page}  {KEYS}"),
            ("display-time", "8000"),
        )
        for option, value in shown:
            await self._tmux.do("set-option", "-g", option, value)
        await self._tmux.do("bind-key", "-n", "Right", "switch-client", "-n")
        await self._tmux.do("bind-key", "-n", "Left", "switch-client", "-p")
        await self._tmux.do("bind-key", "-n", "q", "detach-client")

    async def _started(self) -> int:
        """The port of our own dm. ChildProcessError with a sentence when it does not start."""
        try:
            async with asyncio.timeout(START_S):
                return await self._port()
        except TimeoutError:
            late = f"The meter program did not listen within {START_S:.0f} s: is the machine busy?"
            raise ChildProcessError(late) from None

    async def _port(self) -> int:
        """The port on which our own dm reports that it listens."""
        path = self._folder / "log" / "log_info.log"
        while True:
            if path.exists() and (found := _PORT.search(path.read_bytes())):
                return int(found[1])
            if await self._ended("dm"):
                raise ChildProcessError(await self._last_words())
            await asyncio.sleep(0.1)

    async def _watch(self) -> str:
        terminal = await self._tmux.attach("dm")
        await self._tmux.do("display-message", "-t", "=dm:", f"{self._page}  {KEYS}")
        touched = time.time()
        while terminal.returncode is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await terminal.wait()
            if await self._ended("dm"):
                return await self._last_words()
            said = await self._tmux.do("list-clients", "-F", "#{client_activity}")
            touched = max([touched, *map(float, said.split())])
            if time.time() - touched >= self._idle_s:
                return f"No key was touched for {self._idle_s / 60:.0f} minutes."
        return ""

    async def _last_words(self) -> str:
        """The last screen of dm; another sentence if its tmux server has ended."""
        return (await self._tmux.do("capture-pane", "-p", "-t", "=dm:")).strip() or REPLACED

    async def _ended(self, name: str) -> bool:
        return (await self._tmux.do("list-panes", "-t", f"={name}:", "-F", "#{pane_dead}")) != "0\n"

    async def _close(self) -> None:
        """Stop the programs; those that do not end are killed."""
        listed = await self._tmux.do("list-panes", "-a", "-F", "#{pane_pid}")
        left = [int(pid) for pid in listed.split()]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            until = time.monotonic() + STOP_S
            while left and time.monotonic() < until:
                await asyncio.sleep(0.1)
                left = [pid for pid in left if _runs(pid)]
        await self._tmux.do("kill-server")


def _runs(pid: int) -> bool:
    """True if the process has not ended. A zombie that tmux has not collected yet counts as
    ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}
