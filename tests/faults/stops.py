"""A stop ends in time: a part of dm refuses to finish, or hangs its loop."""

import signal
from functools import partial
from pathlib import Path

from bench.process import running
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import now_s

END_S = 6.0
PROGRAM = """
import asyncio, logging, sys, time
import dm
from base import daemon
logging.basicConfig(level=logging.INFO)

async def refuses(self):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass

async def hangs(self):
    while self._server is None:
        await asyncio.sleep(0.05)
    print("hangs", file=sys.stderr, flush=True)
    time.sleep(3600)

dm.Dm._follow_market = {part}
sys.exit(daemon.run(lambda stop: dm.main(dm.arguments(sys.argv[1:]), stop)))
"""
QUICKLY = "from base import daemon; daemon.END_S, daemon.ORDER_S, daemon.DEADLINE_S = 0.6, 0.2, 1.0"
"""Put before the program, its stop is over sooner."""


def refusing(part: str) -> str:
    """A dm with a part that `refuses` to end, or `hangs` the loop."""
    return PROGRAM.format(part=part)


async def _stop(how: signal.Signals, folder: Path) -> Outcome:
    """dm saves its state and ends within END_S of the signal."""
    told = ("--source", "sim://", "--data", str(folder), "--port", "0", "--headless")
    async with running("-c", refusing("refuses"), *told) as dm:
        began = now_s()
        code = await dm.end(how)
        took_s = now_s() - began
    assert code == 0, code
    assert took_s < END_S, f"took {took_s:.1f} s"
    assert (folder / "data.pickle").exists(), "nothing was saved"
    assert any(b"did not end within" in line for line in dm.said)
    return Outcome(f"saved, named what refused, ended after {took_s:.1f} s")


FAULTS = (
    Fault(
        source="attack 17",
        injected="SIGTERM while a part refuses to end",
        promised="the state is saved and dm ends within 6 s",
        play=partial(_stop, signal.SIGTERM),
    ),
)
