"""Interface of a charger, and its errors by who must act."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from base.language import clause
from ev.facts import ChargerPhase, ChargerState, SetPoint


class ChargerError(Exception):
    """Something about a charger, in a sentence for the householder: its name and `why`."""

    def __init__(self, name: str, why: str) -> None:
        self.why = why
        super().__init__(f"{name} {why}")


class RefusedError(ChargerError):
    """The owner must act: the charger answers, and will not do it. The sentence contains the
    remedy."""


class LineError(ChargerError):
    """Transient: the charger is silent, restarting or answers nonsense. Retry."""


class Charger(Protocol):
    """A charger on its wire. One driver holds one; its methods may be called side by side."""

    @property
    def name(self) -> str:
        """The name in config.py and on the screen."""

    async def read(self) -> ChargerState:
        """Read its state; repeat commands that it does not follow yet. ChargerError."""

    async def rest(self) -> None:
        """The next read is due."""

    async def write(self, set_point: SetPoint) -> None:
        """Apply the set-point now, or as soon as contactors and car allow. ChargerError.

        To be called with each decision, changed or not. A decrease is sent at once, whatever else
        runs; an increase that is not due yet is sent by a later call or read.
        """

    def fall_back(self, current_a: float) -> None:
        """Set the current used after the watchdog expires, if there is one; 0 A is a pause."""

    async def leave_safe(self, current_a: float) -> None:
        """Send the set-point for the time without this program, 0 A for a pause; no read sends
        anything after it."""

    async def aclose(self) -> None:
        """Close the connections."""


async def follow(charger: Charger, tell: Callable[[ChargerState], None]) -> None:
    """Never returns: `tell` gets each state. In trouble it gets the last one, with its age and why.

    A charger that does not answer has not lost its car: only values that were never read are
    unknown.
    """
    last = ChargerState(charger=charger.name, at=datetime.now(UTC), phase=ChargerPhase.UNKNOWN)
    while True:
        try:
            tell(last := await charger.read())
        except ChargerError as error:
            tell(replace(last, notice=str(error)))
        await charger.rest()


async def leave(charger: Charger, current_a: float, within_s: float) -> None:
    """The charger is left as `leave_safe`, and closed. ChargerError when that failed."""
    try:
        async with asyncio.timeout(within_s):
            await charger.leave_safe(current_a)
    except TimeoutError:
        why = clause(
            "did not accept {a:.0f} A within {s:.0f} s.",
            a=current_a,
            s=within_s,
        )
        raise LineError(charger.name, why) from None
    finally:
        await charger.aclose()
