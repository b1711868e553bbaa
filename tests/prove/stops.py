"""Stops each program at random moments: it ends in time, and its required state is on disk.

Most stops are made within one process, which starts the program again after each; one in twenty
is a separate process that gets SIGHUP and SIGTERM at once, as when tmux ends. `--python` names
other interpreters that have the packages of requirements.lock; `uv venv` makes such environments.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from signal import SIGHUP

from bench.process import ROOT, running
from tests.prove.stopping import HUNG_S, KEPT, Ready, Tally, programs

HELP = "each program is stopped 1,000 times at random moments; try --help"
SIGNALLED = 20  # one in this number is a process of its own
STARTS_S = 2.5  # a process may still import, or already be running


@dataclass(frozen=True, slots=True)
class Wish:
    """The number of stops of each program, and the longest time after its start, s.

    `apart` when each has a separate process, all at a time; else one has them in turn.
    """

    stops: int = 1000
    most_s: float = 0.6
    signalled: bool = True
    apart: bool = True


async def prove(python: str, wish: Wish) -> dict[str, Tally]:
    """The outcome of each program's stops with this interpreter."""
    with tempfile.TemporaryDirectory(prefix="dm-stops-") as folder:
        async with AsyncExitStack() as stack:
            told = ("--source", "sim://?speed=60", "--data", f"{folder}/house", "--port", "0")
            house = await stack.enter_async_context(running("dm.py", "--headless", *told))
            groups = [(name,) for name in KEPT] if wish.apart else [tuple(KEPT)]
            tasks = [
                asyncio.create_task(_stopped(python, names, Path(folder), house.url, wish))
                for names in groups
            ]
            await asyncio.wait(tasks)
            return {name: tally for task in tasks for name, tally in task.result().items()}


async def _stopped(
    python: str, names: Sequence[str], folder: Path, url: str, wish: Wish
) -> dict[str, Tally]:
    tallies = await _within(python, names, folder, url, wish)
    for name in names if wish.signalled else ():
        chance = Random(name)
        for number in range(max(1, wish.stops // SIGNALLED)):
            wait_s = chance.uniform(0, STARTS_S)
            own = folder / f"{name}-{number}"
            await _signal(python, name, own, url, wait_s, tallies[name])
    return tallies


async def _within(
    python: str, names: Sequence[str], folder: Path, url: str, wish: Wish
) -> dict[str, Tally]:
    """Run one process that starts and stops the programs repeatedly."""
    told = (str(folder), url, str(wish.stops), str(wish.most_s), *names)
    process = await asyncio.create_subprocess_exec(
        *(python, "-m", "tests.prove.stopping", *told), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60 + wish.stops * HUNG_S):
            said, _ = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == 0, f"{', '.join(names)} ended with {process.returncode}"
    return {name: Tally(**tally) for name, tally in json.loads(said).items()}


async def _signal(
    python: str, name: str, folder: Path, url: str, wait_s: float, tally: Tally
) -> None:
    """Send both signals to a process after `wait_s`; the outcome is in `tally`."""
    await asyncio.to_thread(folder.mkdir)
    with Ready(folder) as ready:
        process = await asyncio.create_subprocess_exec(
            *(python, *programs(folder, url)[name]),
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": str(ready.path)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await asyncio.sleep(wait_s)
        began = ready.mark()
        process.send_signal(SIGHUP)
        process.terminate()
        try:
            async with asyncio.timeout(HUNG_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            tally.hung += 1
        tally.add(folder, name, began, ready=ready.seen())


def main(argv: Sequence[str]) -> int:
    """Return 0 when none hung and nothing was lost."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove stops", description=__doc__)
    parser.add_argument("--stops", type=int, default=Wish().stops, help="of each program")
    parser.add_argument(
        "--python", nargs="+", default=[sys.executable], help="interpreters; default: this one"
    )
    options = parser.parse_args(argv)
    held = True
    for python in options.python:
        tallies: Mapping[str, Tally] = asyncio.run(prove(python, Wish(stops=options.stops)))
        for name, tally in tallies.items():
            held &= not tally.hung and not tally.lost
            print(f"{tally.python:8} {name:6} {tally}", flush=True)
    return 0 if held else 1
