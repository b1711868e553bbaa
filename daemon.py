"""How a daemon lives: its parts run side by side, a failed part is started again, and a signal
ends them all in order.

Exit codes: 0 a stop that was asked for, 1 a crash (do_py.sh starts it again), 2 a wrong setting
(it does not). Under systemd (Type=notify, WatchdogSec) it says when it is up, that it lives, and
that it stops; it says no more that it lives when its loop hangs, or a part that matters fails for
a reason of its own: systemd then starts it afresh.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from settings import ConfigError

EXIT_CONFIG = 2
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_S = 300.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Part = Callable[[], Awaitable[None]]
FAILED = "%s failed (%s): it starts again, until it goes"
log = logging.getLogger(__name__)


async def live(
    parts: Mapping[str, Part],
    stop: asyncio.Event,
    restarts: Counter[str] | None = None,
    vital: Collection[str] = (),
) -> None:
    """Every part has run until `stop` was set; all are ended, in order, when it returns.

    `restarts` counts how often each failed. The watchdog is fed unless a `vital` part is broken.
    """
    restarts = Counter() if restarts is None else restarts
    broken: set[str] = set()
    keepers = {name: _keep(name, part, restarts, broken) for name, part in parts.items()}
    tasks = [asyncio.create_task(keeper, name=name) for name, keeper in keepers.items()]
    tasks.append(asyncio.create_task(_feed_watchdog(broken, frozenset(vital))))
    notify("READY=1")
    try:
        await stop.wait()
    finally:
        notify("STOPPING=1")
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(name: str, part: Part, restarts: Counter[str], broken: set[str]) -> None:
    """Runs a part; after a failure again, with a pause that grows. A part may also just end.

    The same failure again and again is said once. A part is `broken` from its second failure in a
    row that is not the world's, until it failed no more for STEADY_S.
    """
    loop = asyncio.get_running_loop()
    pause_s, told = FIRST_PAUSE_S, ""
    while True:
        steady = loop.call_later(STEADY_S, broken.discard, name)
        began = loop.time()
        try:
            return await part()
        except Exception as error:
            restarts[name] += 1
            if loop.time() - began > STEADY_S:
                pause_s, told = FIRST_PAUSE_S, ""
            elif told and not isinstance(error, OSError):
                broken.add(name)
            if repr(error) != told:
                told = repr(error)
                # The world being in the way (a busy port, a full disk) needs no traceback.
                if isinstance(error, OSError):
                    log.error(FAILED, name, error.strerror or error)
                else:
                    log.error(FAILED, name, error, exc_info=error)
        finally:
            steady.cancel()
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _feed_watchdog(broken: Collection[str], vital: Collection[str]) -> None:
    """systemd hears that we live, three times as often as it wants to; not while it is untrue."""
    every_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 3e6
    while every_s:
        if not any(name in vital for name in broken):
            notify("WATCHDOG=1")
        await asyncio.sleep(every_s)


def notify(state: str) -> None:
    """systemd is told, when it is systemd that started us; see sd_notify(3)."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        line.sendto(state.encode(), address.replace("@", "\0", 1))


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """The exit code of `main`, which is given an event that a signal sets."""

    async def guarded() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, stop.set)
        return await main(stop)

    try:
        return asyncio.run(guarded())
    except ConfigError as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIG
