"""Life of a daemon: its parts run side by side, a failed part is started again, and a signal
ends them all in order.

Exit codes: 0 a requested stop, 1 a crash (do_py.sh starts it again), 2 a wrong setting (it
does not). Under systemd (Type=notify, WatchdogSec) it reports its start, its life and its stop; the
watchdog is no longer fed when its loop hangs or a vital part is broken: systemd then restarts it.

A stop has an end. The state is saved first, the parts have END_S to finish, and DEADLINE_S after
the stop the process ends even if something still runs: a part, a thread, or a loop that hangs.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any

from base.checked import ConfigError
from base.language import phrase

EXIT_CONFIG = 2
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_S = 300.0
END_S = 5.0
ORDER_S = 1.0
"""Parts have this long to end before the devices are left safe, whether or not they did."""
DEADLINE_S = 5.5
OTHERS = 0o077
KINDS_MOST = 50
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Part = Callable[[], Awaitable[None]]
log = logging.getLogger(__name__)


async def live(
    parts: Mapping[str, Part],
    stop: asyncio.Event,
    restarts: Counter[str] | None = None,
    vital: Collection[str] = (),
    *,
    save: Callable[[], None] = lambda: None,
    leave: Part | None = None,
) -> None:
    """Runs every part until `stop` is set, then saves and ends them, within END_S.

    `restarts` counts how often each failed. The watchdog is fed unless a `vital` part is broken.
    `save` is called as soon as the stop is requested, and again when the parts have ended; `leave`
    leaves
    the devices safe, once the parts no longer steer them.
    """
    restarts = Counter() if restarts is None else restarts
    broken: set[str] = set()
    keepers = {name: _keep(name, part, restarts, broken) for name, part in parts.items()}
    tasks = [asyncio.create_task(keeper, name=name) for name, keeper in keepers.items()]
    tasks.append(asyncio.create_task(_feed_watchdog(broken, frozenset(vital)), name="watchdog"))
    notify("READY=1")
    try:
        await stop.wait()
    finally:
        notify("STOPPING=1")
        _save(save)
        await _end(tasks, leave)
        _save(save)


def _save(save: Callable[[], None]) -> None:
    """Calls `save`; its failure is logged and stops nothing else."""
    try:
        save()
    except Exception as error:
        log.exception(phrase("The state cannot be saved ({text})", text=error))


async def _end(tasks: Collection[asyncio.Task[None]], leave: Part | None) -> None:
    """Ends the tasks and calls `leave`, within END_S; names what did not finish."""
    for task in reversed([*tasks]):
        task.cancel()
    ended, late = await asyncio.wait(tasks, timeout=ORDER_S)
    if leave is not None:
        late.add(asyncio.create_task(_awaited(leave), name="leaving the devices safe"))
    if late:
        more, late = await asyncio.wait(late, timeout=END_S - ORDER_S)
        ended |= more
    for task in late:
        log.error(
            phrase(
                "{task} did not end within {s:.0f} s: abandoned",
                task=task.get_name(),
                s=END_S,
            )
        )
    for task in ended:
        if not task.cancelled() and (error := task.exception()):
            log.error(
                phrase("{task} failed while stopping ({text})", task=task.get_name(), text=error),
                exc_info=error,
            )


async def _awaited(part: Part) -> None:
    await part()


async def _keep(name: str, part: Part, restarts: Counter[str], broken: set[str]) -> None:
    """Run a part; restart it after a failure, with back-off. A part may also end. A repeated
    failure is logged once. A part is `broken` after two consecutive failures that are not OSErrors,
    until it has run for STEADY_S.
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
                text = error.strerror or error if isinstance(error, OSError) else error
                log.error(
                    phrase(
                        "{part} failed ({text}): it is restarted",
                        part=name,
                        text=text,
                    ),
                    exc_info=None if isinstance(error, OSError) else error,
                )
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                return None  # it failed while it was ended: its error took the stop's place
        finally:
            steady.cancel()
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _feed_watchdog(broken: Collection[str], vital: Collection[str]) -> None:
    """Feed systemd's watchdog three times as often as required, unless a vital part is broken."""
    every_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 3e6
    while every_s:
        if not any(name in vital for name in broken):
            notify("WATCHDOG=1")
        await asyncio.sleep(every_s)


def notify(state: str) -> None:
    """Notify systemd, if it started this process; see sd_notify(3)."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        line.sendto(state.encode(), address.replace("@", "\0", 1))


class _Deadline:
    """Ends this process with `code` DEADLINE_S after it was armed, even if something still runs.

    A signal may come while another one is handled. No thread can be started there, nor a lock
    taken: the thread waits from the beginning, and `SimpleQueue.put` may be interrupted by itself.
    """

    def __init__(self) -> None:
        self.code = 1
        self._armed = SimpleQueue[None]()
        self._disarmed = threading.Event()
        threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def arm(self) -> None:
        """Start the deadline; a second call changes nothing."""
        self._armed.put(None)

    def disarm(self) -> None:
        """Disarm the deadline for good."""
        self._disarmed.set()
        self.arm()

    def _watch(self) -> None:
        self._armed.get()
        if not self._disarmed.wait(DEADLINE_S):
            self._end()

    def _end(self) -> None:
        if self.code:
            log.error(
                phrase(
                    "Stopping took more than {s:.1f} s: this process ends now",
                    s=DEADLINE_S,
                )
            )
        logging.shutdown()
        os._exit(self.code)


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """The exit code of `main`, which is given an event that a signal sets.

    Its files reveal who is at home: only their owner may read them, whatever the umask was.

    The process ends DEADLINE_S after that event was set, or `main` returned, also when it hangs.
    """
    deadline = _Deadline()
    os.umask(OTHERS)

    async def guarded() -> int:
        stop = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(_LoopErrors().hear)
        watching = asyncio.create_task(_stopped(stop, deadline))
        with _signals(stop, deadline):
            try:
                deadline.code = await main(stop)
            finally:
                deadline.arm()
                watching.cancel()
        return deadline.code

    try:
        return asyncio.run(guarded())
    except ConfigError as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIG
    finally:
        deadline.disarm()


class _LoopErrors:
    """Exception handler of the event loop: logs each error once, an OSError without traceback."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def hear(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log an error that was not logged before.

        Without free file descriptors, asyncio reports it each second for each listener.
        """
        error = context.get("exception")
        about = f"{context['message']} ({error!r})"
        if about in self._said:
            return
        if len(self._said) < KINDS_MOST:
            self._said.add(about)
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            log.error(
                phrase("A connection failed ({text}): {what}", text=reason, what=context["message"])
            )
        else:
            loop.default_exception_handler(context)


async def _stopped(stop: asyncio.Event, deadline: _Deadline) -> None:
    """Arms the deadline at a stop without a signal: a recording's end, `--for`."""
    await stop.wait()
    deadline.arm()


@contextmanager
def _signals(stop: asyncio.Event, deadline: _Deadline) -> Iterator[None]:
    """Inside the context, a signal sets `stop` and arms the deadline, also while the loop hangs."""
    loop = asyncio.get_running_loop()

    def asked(*_: object) -> None:
        deadline.arm()
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, asked) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
