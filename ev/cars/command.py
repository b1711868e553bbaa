"""A program of the owner's that prints a car's state as JSON: anything that has its own Python.

CarConnectivity is read in this way, from its own environment: its packages conflict with ours.
docs/cars.md has the few lines. The program prints the JSON that push.py accepts.
"""

import asyncio
import os
from contextlib import suppress
from datetime import datetime
from signal import SIGKILL
from typing import Annotated, Literal

from pydantic import Field

from base.checked import Allowed, Text
from base.http_client import LARGEST_BYTES, NonsenseError, UnreachableError
from base.language import clause, phrase, setting
from ev.cars.family import Family, Login, Poll, SourceSettings
from ev.cars.push import pushed
from ev.facts import CarStatus

LONGEST_S = 120.0


class CommandSettings(SourceSettings):
    """A program that prints JSON, and its arguments."""

    kind: Literal["command"]
    command: Annotated[
        tuple[Text, ...],
        Field(min_length=1, strict=False),
        Allowed(setting('a program and its arguments, such as ["/usr/bin/python3", "car.py"]')),
    ]
    poll_s: Poll = 900.0


class Program:
    """Runs `command` (a program and its arguments, no shell) and reads one JSON object."""

    def __init__(
        self, car: str, its: CommandSettings, login: Login, limit_s: float = LONGEST_S
    ) -> None:
        self.car, self.poll_s = car, its.poll_s
        self.name = its.command[0].rsplit("/", 1)[-1]
        self._command, self._limit_s = its.command, limit_s

    async def read(self, now: datetime) -> list[CarStatus]:
        """Read the output of the program."""
        text = await self._printed()
        try:
            return [pushed(text, [self.car], now, self.car)]
        except ValueError as error:
            raise NonsenseError(clause("printed invalid data: {text}", text=error)) from None

    async def close(self) -> None:
        """No connection stays open between two reads."""

    async def _printed(self) -> bytes:
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=null, stdout=pipe, stderr=null, start_new_session=True
            )
        except OSError as error:
            raise UnreachableError(
                clause("cannot be started ({reason})", reason=error.strerror)
            ) from None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._limit_s):
                text = await _read(process.stdout)
                await process.wait()
        except TimeoutError:
            raise UnreachableError(clause("did not end within {s:g} s", s=self._limit_s)) from None
        finally:
            await _ended(process)
        if process.returncode:
            raise UnreachableError(clause("failed (exit code {code})", code=process.returncode))
        return text


async def _read(printed: asyncio.StreamReader) -> bytes:
    """All of it. NonsenseError as soon as it is too much: it must not fill our memory."""
    text = bytearray()
    while part := await printed.read(65536):
        text += part
        if len(text) > LARGEST_BYTES:
            raise NonsenseError(clause("printed too much"))
    return bytes(text)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """The program runs no more."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)  # it leads its own group: its children end too
        while process.stdout is not None and await process.stdout.read(65536):
            pass  # wait() would wait for ever for the end of a pipe that is full and not read
        await process.wait()


FAMILY = Family(
    kind="command",
    settings=CommandSettings,
    source=Program,
    help=phrase("a program of your own that prints JSON, such as one for CarConnectivity"),
)
