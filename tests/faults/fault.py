"""Model of a fault: injected into a running program with a promise, and its outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome as a sentence, and the recovery time, s; None: immediate."""

    happened: str
    recovered_s: float | None = None


Play = Callable[[Path], Awaitable[Outcome]]
"""Injects the fault, in a folder of its own. AssertionError when the promise is not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the matrix. `source` names the origin of the fault or the promise.

    `quick`: it also runs with the tests. `longest_s` is how long it may take in all.
    """

    source: str
    injected: str
    promised: str
    play: Play
    quick: bool = False
    longest_s: float = 90.0


class CannotError(Exception):
    """An action that this machine does not allow."""


class Verdict(StrEnum):
    """The result of a promise, in the table's words."""

    HELD = "held"
    LOST = "NOT HELD"
    UNPLAYED = "not played here"


@dataclass(frozen=True, slots=True)
class Row:
    """A fault that was played, where that was possible."""

    fault: Fault
    verdict: Verdict
    outcome: Outcome
    late: bool = False
    """It took too long, for which a busy machine may be the reason."""


async def played(fault: Fault, folder: Path, patience: float = 1.0) -> Row:
    """Play a fault. Any exception except CannotError counts as a broken promise.

    It may take `patience` times as long as it usually may.
    """
    try:
        async with asyncio.timeout(patience * fault.longest_s):
            return Row(fault, Verdict.HELD, await fault.play(folder))
    except CannotError as error:
        return Row(fault, Verdict.UNPLAYED, Outcome(str(error)))
    except TimeoutError as error:
        return Row(fault, Verdict.LOST, Outcome(_sentence(error)), late=True)
    except Exception as error:  # noqa: BLE001  the next fault is played all the same
        return Row(fault, Verdict.LOST, Outcome(_sentence(error)))


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
