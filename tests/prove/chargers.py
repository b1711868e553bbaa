"""Simulated chargers read by third-party clients: same readings, same effect of set-points.

PyPI alfen-eve-modbus-tcp, keba-modbus-client, goe (read-only) and peblar, in a folder of their own.
The proof shows that a simulator behaves as its maker's users see it, not as our driver expects.
Heidelberg has no client of its own, so PyPI pyModbusTCP is used: as a client that leaves the
simulator alone until its watchdog expires, and as a server with the maker's register table that our
driver feeds and then stops feeding. Home Assistant is the real program.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from base.time import DAY
from ev.chargers import registry
from ev.chargers.command_steps import Told
from ev.chargers.driver import Driver, Values
from sim.car import SimCar, Stay
from sim.chargers import SIMULATED
from tests.prove.charger_assistant import by_home_assistant, home_assistant
from tests.prove.charger_expiry import expiry

HELP = "PyPI clients of Alfen, KEBA, Heidelberg, go-e, Peblar; a real Home Assistant"
CLIENTS = {
    "alfen": "alfen-eve-modbus-tcp==0.0.17",
    "keba": "keba-modbus-client==0.2.0",
    "goe": "goe==0.3.2",
    "peblar": "peblar==2.1.0",
    "heidelberg": "pyModbusTCP==0.3.1",
}
ASSISTANT = "homeassistant"
READS_ONLY = ("goe",)
ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".prove" / "chargers"
SIDE = Path(__file__).parent / "other" / "charger_side.py"
TOLD_A, SET_A = 10.0, 8.0
PATIENCE_S, LOOK_S, NEAR_KW = 60.0, 1.0, 0.1


def main(argv: Sequence[str]) -> int:
    """Return 0 when all agree."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove chargers", description=__doc__)
    kinds = [*CLIENTS, ASSISTANT]
    parser.add_argument("--only", nargs="+", choices=kinds, default=kinds, help="only these")
    chosen = parser.parse_args(argv).only
    clients = [kind for kind in CLIENTS if kind in chosen]
    python = needed() if clients else Path()
    wrong = [line for kind in clients for line in asyncio.run(compared(kind, python))]
    if "heidelberg" in clients:
        wrong += [f"heidelberg: {line}" for line in asyncio.run(expiry(python))]
    if ASSISTANT in chosen:
        wrong += [f"{home_assistant()}: {line}" for line in asyncio.run(by_home_assistant())]
    found = [*clients, *([home_assistant()] if ASSISTANT in chosen else [])]
    print("\n".join(wrong) or f"chargers: {', '.join(found)} agree")
    return 1 if wrong else 0


def needed() -> Path:
    """The Python of the environment with the clients, which is created if missing."""
    python = PLACE / "bin" / "python"
    mark, wanted = PLACE / "installed", " ".join(CLIENTS.values())
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing {', '.join(CLIENTS.values())} in {PLACE}", file=sys.stderr)
        venv.create(PLACE, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, *CLIENTS.values()], check=True, stderr=subprocess.DEVNULL)
        mark.write_text(wanted)
    return python


async def compared(kind: str, python: Path, speed: float = 1.0) -> list[str]:
    """The differences between our driver and the other client on one simulated charger."""
    row, now = SIMULATED[kind], datetime.now(UTC)
    car = SimCar(soc_pct=30.0, sleeps=False, stays=[Stay(now - DAY, now + DAY)])
    async with row.served(row.made(car), speed) as found:
        its = registry.FAMILIES[kind].settings.model_validate({"kind": kind, **found})
        driver = registry.driver_of(kind, its, row.login)
        try:
            await driver.info()
            await driver.tell(Told(TOLD_A, paused=False))
            ours = await steady(driver, TOLD_A, LOOK_S / speed)
            if ours is None:
                return [f"{kind}: does not charge at {TOLD_A:.0f} A"]
            asked = [kind, str(found["host"]), row.login.get("token", ""), str(SET_A)]
            side = await asyncio.create_subprocess_exec(
                str(python), str(SIDE), *asked, stdout=subprocess.PIPE
            )
            said, _ = await asyncio.wait_for(side.communicate(), PATIENCE_S)
            if side.returncode:
                return [f"{kind}: {CLIENTS[kind]} ended with {side.returncode}"]
            return [f"{kind}: {line}" for line in await _differ(kind, driver, ours, said)]
        finally:
            await driver.aclose()


async def _differ(kind: str, driver: Driver, ours: Values, said: bytes) -> list[str]:
    theirs = json.loads(said.splitlines()[-1])
    found = []
    if abs(theirs["power_kw"] - (ours.power_kw or 0.0)) > NEAR_KW:
        found.append(f"it reads {theirs['power_kw']} kW, we {ours.power_kw}")
    if kind not in READS_ONLY and await steady(driver, SET_A) is None:
        found.append(f"told {SET_A:.0f} A by {CLIENTS[kind]}, we do not read it")
    return found


async def steady(driver: Driver, current_a: float, look_s: float = LOOK_S) -> Values | None:
    """The measured power at this set-point; None if the charger does not follow it."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + PATIENCE_S
    while loop.time() < until_s:
        values, told = await driver.read()
        if told.current_a == current_a and abs((values.power_kw or 0) - current_a * 0.69) < NEAR_KW:
            return values
        await asyncio.sleep(look_s)
    return None
