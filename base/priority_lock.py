"""A lock with priority for one device's wire: a set-point interrupts a read."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")


class OvertakenError(Exception):
    """The read was interrupted by an urgent user."""


class PriorityLock:
    """One user of the wire at a time; an urgent one interrupts a patient one."""

    def __init__(self) -> None:
        self._lock, self._urgent = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def patient(self) -> AsyncIterator[None]:
        """Hold the wire. Work inside that may be interrupted runs in `unless_urgent`."""
        async with self._lock:
            yield

    @asynccontextmanager
    async def urgent(self) -> AsyncIterator[None]:
        """Hold the wire as soon as its patient user has stopped."""
        self._urgent.set()
        try:
            async with self._lock:
                self._urgent.clear()
                yield
        finally:
            self._urgent.clear()

    async def unless_urgent(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of `work`. OvertakenError when it was interrupted and cancelled."""
        task = asyncio.create_task(work)
        urgent = asyncio.create_task(self._urgent.wait())
        try:
            await asyncio.wait({task, urgent}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            urgent.cancel()
            overtaken = task.cancel()
        if overtaken:
            await asyncio.wait({task})
            raise OvertakenError
        return task.result()
