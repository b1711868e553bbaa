"""An event loop whose clock advances only while nothing happens: for tests with simulated devices.

With `pytestmark = pytest.mark.virtual_time` a module's tests run on it. Timers, time-outs and
simulated clocks keep their real intervals, minutes pass in milliseconds, and a busy machine
cannot make a timer expire early: the time that code takes does not count.
"""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STEP_S, GRACE_S = 1.0, 0.0001
"""The clock advances by at most one step after each grace (real time) without any event: what one
end has sent is then still received before the other end's time-out. Most of them wait for nothing:
the selector is the one that can wait for less than a millisecond."""


class _Idle(selectors.SelectSelector):
    """Advances the loop's clock instead of waiting. A select, unlike epoll, makes a pty deliver
    the data written to it.
    """

    def __init__(self, grace_s: float) -> None:
        super().__init__()
        self.grace_s = grace_s
        self.now_s = 0.0
        self.working = 0

    def select(self, timeout: float | None = None) -> Any:
        """The ready sockets; it really waits only for another thread, or without a timer."""
        if timeout is None or self.working:
            return super().select(timeout)
        ready = super().select(0)
        if not ready and timeout > 0:
            ready = super().select(self.grace_s) if self.grace_s else ready
            if not ready:
                self.now_s += min(timeout, STEP_S)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; its clock begins at 0 s. With both ends of every connection in this loop it
    needs no grace.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self._idle = _Idle(grace_s)
        super().__init__(self._idle)

    def time(self) -> float:
        """Seconds of idle time so far."""
        return self._idle.now_s

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop the clock inside the context: another process works."""
        self._idle.working += 1
        try:
            yield
        finally:
            self._idle.working -= 1

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As in asyncio; the clock stops until the other thread has finished."""
        future = super().run_in_executor(executor, func, *args)
        self._idle.working += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._idle.working -= 1
