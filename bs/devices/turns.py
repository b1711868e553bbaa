"""Whose turn it is on a wire: one at a time, and a set-point goes before whatever is being read."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")


class OvertakenError(Exception):
    """Something urgent went before what was being read."""


class Turns:
    """A lock with a fast lane."""

    def __init__(self) -> None:
        self._lock, self._urgent = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def calm(self) -> AsyncIterator[None]:
        """The wire is ours. What can wait inside it is done with `unless_urgent`."""
        async with self._lock:
            yield

    @asynccontextmanager
    async def ahead(self) -> AsyncIterator[None]:
        """The wire is ours as soon as the other has seen that it is urgent."""
        self._urgent.set()
        try:
            async with self._lock:
                self._urgent.clear()
                yield
        finally:
            self._urgent.clear()

    async def unless_urgent(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What `work` gives. OvertakenError, and `work` is given up, when something is urgent."""
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
