"""How a daemon lives: its parts run side by side, a failed part is started again, and a signal
ends them all in order.

Exit codes: 0 a stop that was asked for, 1 a crash (do_py.sh starts it again), 2 a wrong setting
(it does not).
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
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


async def live(parts: Mapping[str, Part], stop: asyncio.Event) -> None:
    """Every part has run until `stop` was set; all are ended, in order, when it returns."""
    tasks = [asyncio.create_task(_keep(name, part), name=name) for name, part in parts.items()]
    try:
        await stop.wait()
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(name: str, part: Part) -> None:
    """Runs a part; after a failure again, with a pause that grows. A part may also just end.

    The same failure again and again is said once.
    """
    loop = asyncio.get_running_loop()
    pause_s, told = FIRST_PAUSE_S, ""
    while True:
        began = loop.time()
        try:
            return await part()
        except Exception as error:
            if loop.time() - began > STEADY_S:
                pause_s, told = FIRST_PAUSE_S, ""
            if repr(error) != told:
                told = repr(error)
                # The world being in the way (a busy port, a full disk) needs no traceback.
                if isinstance(error, OSError):
                    log.error(FAILED, name, error.strerror or error)
                else:
                    log.error(FAILED, name, error, exc_info=error)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


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
