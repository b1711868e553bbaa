"""Third-party charge points against the real ev, beside the real dm on a pty.

npm ocpp-rpc in strict mode and the ocpp library's own client measure the time of a decrease, from a
telegram's last byte to SetChargingProfile, and the time until the charger is at its safe current
after ev is killed. PyPI test-ocpp tests connection, boot and heartbeat, and the refusal of a wrong
password. Missing packages are installed in a folder of their own.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from base.time import DAY
from bench.dm import wire
from bench.process import PATIENCE_S, Daemon, free_port, percentile_ms, running
from sim.car import SimCar, Stay
from sim.charger_http import clock
from sim.charger_ocpp import SimOcpp
from sim.charger_ocpp_wire import dialling
from sim.stream import telegrams

HELP = "ocpp-rpc, test-ocpp and the ocpp library's client against the real ev"
RPC, RPC_INTEGRITY = (
    "ocpp-rpc@2.2.1",
    "sha512-CEzYrdv8U62c7SLcoEhjs0k2SvTULeAYVzVfoQgE9B5jRz5QeCQMTm854Nva6xgNfNcOVX9qPKcAoWhSmQj6sA==",
)
TESTER = "test-ocpp==1.0.0"
ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".prove" / "ocpp"
SIDE = Path(__file__).parent / "other" / "ocpp_rpc_side.js"
NAME, PASSWORD = "EVB-P1", "of the charger"
MOST_MS, MOST_S, SAFE_A = 150.0, 120.0, 6.0
START = datetime(2026, 1, 15, 2, 0, tzinfo=UTC)
SPEED = 50.0
OVEN_KW, FULL_A, FALLEN_A = 10.5, 14.0, 12.0
"""On each phase, the car's 3.7 kW included: the main fuse of 40 A leaves it some 9 of its 16 A."""
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": 0}}}}
cable_info = {{"main": {{"kind": "ocpp", "id": "{name}", "port": {port}}}}}
cars = {{"q4": {{"capacity_kwh": 77}}}}
main_fuse_a = 40
"""


def needed() -> tuple[Path, Path]:
    """The paths of ocpp-rpc and of test-ocpp's command, which are installed if missing."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        sys.exit("This needs node and npm. Type:  sudo apt-get install -y npm")
    PLACE.mkdir(parents=True, exist_ok=True)
    if not (PLACE / "node_modules" / "ocpp-rpc").exists():
        print(f"installing {RPC} in {PLACE}", file=sys.stderr)
        ask = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", RPC]
        subprocess.run([*ask, "--prefix", str(PLACE)], check=True, stdout=sys.stderr)
    lock = json.loads((PLACE / "package-lock.json").read_text())
    if lock["packages"]["node_modules/ocpp-rpc"]["integrity"] != RPC_INTEGRITY:
        sys.exit(f"{RPC} in {PLACE} is not the one that is expected")
    tester = PLACE / "python" / "bin" / "test-ocpp"
    if not tester.exists():
        print(f"installing {TESTER} in {PLACE}", file=sys.stderr)
        venv.create(PLACE / "python", with_pip=True)
        pip = [str(tester.with_name("python")), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "--disable-pip-version-check", TESTER], check=True)
    return PLACE / "node_modules", tester


@dataclass(slots=True, kw_only=True)
class Point:
    """A charge point: the limits of each profile, its present offer, and its objections.

    Times are of the monotonic clock, s, as noted when a profile arrived.
    """

    told: list[tuple[float, float]] = field(default_factory=list)
    offers_a: float | None = None
    offers_at: float = 0.0
    violations: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, current_a: float, at: float) -> None:
        """Note a received profile."""
        self.told.append((at, current_a))
        self.changed.set()

    @property
    def told_a(self) -> float:
        """The current of the last profile, A."""
        return self.told[-1][1] if self.told else 0.0

    def fell_at(self, after: float) -> float | None:
        """The arrival time of the first profile after the one that decreases the current."""
        return next((at for at, amps in self.told if at >= after and amps <= FALLEN_A), None)

    def offer(self, current_a: float, at: float) -> None:
        """Note a change of the car's allowed current."""
        if current_a != self.offers_a:
            self.offers_a, self.offers_at = current_a, at
            self.changed.set()


@asynccontextmanager
async def strict(url: str, modules: Path) -> AsyncIterator[Point]:
    """Run the npm package in a separate process."""
    point = Point()
    process = await asyncio.create_subprocess_exec(
        *("node", str(SIDE), url, NAME, PASSWORD),
        env={**os.environ, "NODE_PATH": str(modules)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None

    async def follow(lines: asyncio.StreamReader) -> None:
        async for line in lines:
            said = json.loads(line)
            if "told" in said:
                point.tell(said["told"], said["at"])
            elif "offers" in said:
                point.offer(said["offers"], said["at"])
            else:
                point.violations.append(line.decode().strip())

    following = asyncio.create_task(follow(process.stdout))
    try:
        yield point
    finally:
        process.kill()
        await process.wait()
        await following


class _Noted(SimOcpp):
    """The simulated station on the library's own client, with the received profiles and their
    times.
    """

    def __init__(self, point: Point) -> None:
        now = datetime.now(UTC)
        car = SimCar(name="q4", soc_pct=10.0, sleeps=False, stays=[Stay(now - DAY, now + 99 * DAY)])
        super().__init__(car)
        self._point = point

    def take(self, profile: Mapping[str, Any]) -> str:
        answer = super().take(profile)
        periods = profile["chargingSchedule"]["chargingSchedulePeriod"]
        self._point.tell(float(periods[0]["limit"]), time.monotonic())
        return answer

    def offered_a(self) -> float:
        current_a = super().offered_a()
        self._point.offer(current_a, time.monotonic())
        return current_a


@asynccontextmanager
async def library(url: str, _: Path) -> AsyncIterator[Point]:
    """Run the library's own client, which validates each request by the standard's schema."""
    point = Point()
    device = _Noted(point)
    async with dialling(device, f"{url}{NAME}", clock(1.0), 1.0, password=PASSWORD):
        yield point


Partner = Callable[[str, Path], AbstractAsyncContextManager[Point]]
PARTNERS: Mapping[str, Partner] = {"ocpp-rpc": strict, "library": library}


class House:
    """A meter on a pty: a night of telegrams, with an oven that overloads the main fuse."""

    def __init__(self, meter: int) -> None:
        self._meter, self._load_kw = meter, 0.0
        simulation = f"sim://?seed=7&start={START:%Y-%m-%dT%H:%M}"
        self._telegrams: Iterator[bytes] = telegrams(
            simulation, extra_kw=lambda _: (self._load_kw,) * 3
        )

    def send(self) -> float:
        """Write a telegram to the pty; gives the time of the write, before the processor can be
        lost.
        """
        telegram, at = next(self._telegrams), time.monotonic()
        os.write(self._meter, telegram)
        return at

    async def full(self, point: Point) -> None:
        """Send telegrams until the charger is set to its highest current and offers it."""
        async with asyncio.timeout(PATIENCE_S):
            while min(point.told_a, point.offers_a or 0.0) < FULL_A:
                self.send()
                await asyncio.sleep(0.05)

    async def fall_s(self, point: Point) -> float:
        """The time from the last byte of a telegram of an overloaded house to the profile, s."""
        next(self._telegrams)  # the load shows in the next second
        self._load_kw = OVEN_KW
        next(self._telegrams)
        sent_at = self.send()
        async with asyncio.timeout(PATIENCE_S):
            while (fell_at := point.fell_at(sent_at)) is None:
                point.changed.clear()
                await point.changed.wait()
        took_s = fell_at - sent_at
        self._load_kw = 0.0
        next(self._telegrams)
        await self.full(point)
        return took_s


@dataclass(frozen=True, slots=True)
class Found:
    """The results of one charge point: delays of the falls, s; A after the kill, and its delay."""

    delays_s: list[float]
    violations: list[str]
    safe_a: float | None = None
    safe_s: float | None = None


@asynccontextmanager
async def programs() -> AsyncIterator[tuple[House, Daemon, str]]:
    """Run dm on a pty and ev listening for the station inside the context; gives the address to
    dial.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dm-ocpp-") as folder, wire() as line:
        home = Path(folder)
        config, secrets = home / "config.py", home / "secrets.json"
        config.write_text(CONFIG.format(port=port, name=NAME))
        secrets.write_text(json.dumps({"cables": {"main": {"password": PASSWORD}}}))
        secrets.chmod(0o600)
        common = ("--config", str(config), "--data", folder, "--port", "0", "--headless")
        env = {"HOME": folder}
        house = House(line.meter)
        async with running("dm.py", "--source", line.path, "--replayed", *common, env=env) as dm:
            more = ("--dm", dm.url, "--speed", f"{SPEED:.0f}")
            async with running("ev_app.py", *more, *common, env=env) as ev:
                await listening(house, port)
                yield house, ev, f"ws://127.0.0.1:{port}/"


async def listening(house: House, port: int) -> None:
    """Wait until stations may connect: ev received the house and reads its chargers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            house.send()
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


async def measure(partner: Partner, modules: Path, falls: int, *, kill: bool) -> Found:
    """The results of this charge point for this number of falls, and for a kill."""
    async with programs() as (house, ev, url), partner(url, modules) as point:
        await boosted(house, point, ev.url)
        delays_s = [await house.fall_s(point) for _ in range(falls)]
        found = Found(delays_s, [*point.violations])
        if kill:
            await house.full(point)
            ev.process.kill()
            killed_at = time.monotonic()
            await fallen(point)
            safe_s = point.offers_at - killed_at
            found = replace(found, safe_a=point.offers_a, safe_s=safe_s)
        return found


async def knock(tester: Path) -> bool:
    """True if test-ocpp gets in with the right password, and not with a wrong one."""
    async with programs() as (_, _, url):
        return await asyncio.to_thread(gets_in, tester, url)


def gets_in(tester: Path, url: str) -> bool:
    """True if test-ocpp gets in with the right password, and not with a wrong one."""
    good = True
    for password, code in ((PASSWORD, 0), ("wrong", 1)):
        ask = [str(tester), url, NAME, "--password", password, "--timeout", "10"]
        done = subprocess.run(ask, capture_output=True, text=True, timeout=60, check=False)
        good &= done.returncode == code
        what = "in, boots and beats" if done.returncode == 0 else "refused"
        print(f"test-ocpp with {'the right' if code == 0 else 'a wrong'} password: {what}")
        if done.returncode != code:
            print(done.stdout[-1000:], done.stderr[-1000:], file=sys.stderr)
    return good


async def boosted(house: House, point: Point, ev_url: str) -> None:
    """Wait until the car charges at its maximum, by its owner's command."""
    async with connect(ev_url, proxy=None) as line, asyncio.timeout(PATIENCE_S):
        await line.recv()
        while point.told_a < FULL_A:
            house.send()
            await line.send("boost")
            await line.recv()
            await asyncio.sleep(0.1)
    await house.full(point)


async def fallen(point: Point) -> None:
    """Wait until the charger offers its safe current or less, by its own clock, or a timeout."""
    with suppress(TimeoutError):
        async with asyncio.timeout(MOST_S + 30.0):
            while point.offers_a is None or point.offers_a > SAFE_A:
                point.changed.clear()
                await point.changed.wait()


def said(partner: str, found: Found) -> bool:
    """Print the result; True if it is as required."""
    p50, p99 = percentile_ms(found.delays_s, 50), percentile_ms(found.delays_s, 99)
    print(
        f"{partner}: telegram's last byte to SetChargingProfile, {len(found.delays_s)} falls:"
        f" median {p50:.0f} ms, p99 {p99:.0f} ms (at most {MOST_MS:.0f})"
    )
    print(
        f"{partner}: {found.safe_s or 0.0:.0f} s after SIGKILL to ev it offers"
        f" {found.safe_a or 0.0:.0f} A (within {MOST_S:.0f} s);"
        f" {len(found.violations)} violations of the standard"
    )
    for violation in found.violations[:5]:
        print(f"{partner}: {violation}")
    in_time = found.safe_s is not None and found.safe_s <= MOST_S
    safe = in_time and found.safe_a is not None and found.safe_a <= SAFE_A
    return safe and p99 <= MOST_MS and not found.violations


def main(argv: Sequence[str]) -> int:
    """Return 0 when every partner finds all as required."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove ocpp", description=__doc__)
    parser.add_argument("--falls", type=int, default=200, metavar="N", help="of each partner (200)")
    parser.add_argument("--partner", choices=[*PARTNERS], help="only this one")
    options = parser.parse_args(argv)
    modules, tester = needed()
    good = asyncio.run(knock(tester))
    for name in [options.partner] if options.partner else [*PARTNERS]:
        found = asyncio.run(measure(PARTNERS[name], modules, options.falls, kill=True))
        good &= said(name, found)
    return 0 if good else 1
