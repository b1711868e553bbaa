"""The stays of cars on chargers, one JSON line each, and /sessions.csv made of them.

A stay is written once, when the car has left: a line in history/NAME_stays.jsonl.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime
from os import SEEK_END
from pathlib import Path

from pydantic import ValidationError

from apps.shared import tables
from base.language import phrase
from base.messages import Stay as Stay
from base.messages import Stays
from base.time import BRUSSELS, local_day
from my_socket import Page

PATH = "/sessions.csv"
MOST_DAYS = 366
HEAD = (
    *("from", "to", "charger", "car", "register_from_kwh", "register_to_kwh"),
    *("kwh", "battery_kwh", "sun_kwh", "eur"),
)
RECENT_MOST = 60
log = logging.getLogger(__name__)


class StayLog:
    """The file of stays, with the last ones in memory."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._last = deque(_stays(file), RECENT_MOST)

    def append(self, stay: Stay) -> None:
        """Add the stay to the last ones and to the file."""
        self._last.append(stay)
        append(self.file, stay)

    @property
    def message(self) -> Stays:
        """The last stays without duplicates: after a kill one may be in the file twice."""
        last = {(stay.charger, stay.since): stay for stay in self._last}
        return Stays(stays=tuple(last.values()))


def append(file: Path, stay: Stay) -> None:
    """Write the stay to disk; a failure is logged only."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab+") as lines:
            end = lines.seek(0, SEEK_END)
            lines.seek(max(0, end - 1))
            torn = lines.read() not in (b"", b"\n")  # by a power cut
            lines.write(("\n" if torn else "").encode() + f"{stay.model_dump_json()}\n".encode())
    except OSError as error:
        log.warning(phrase("{name} cannot be written now ({text})", name=file.name, text=error))


async def page(file: Path, query: str) -> Page:
    """The stays that began on these days; a sentence and 400 for a wrong query."""
    try:
        since, until = tables.days(query, local_day(datetime.now(UTC)), MOST_DAYS, MOST_DAYS)
    except ValueError as error:
        return tables.refused(error)
    return await asyncio.to_thread(_read, file, since, until)


def _read(file: Path, since: date, until: date) -> Page:
    # One whose end was written just before a kill may be written again.
    found: dict[tuple[str, datetime], Stay] = {}
    for stay in _stays(file):
        found.setdefault((stay.charger, stay.since), stay)
    asked = (stay for stay in found.values() if since <= local_day(stay.since) < until)
    return tables.page(HEAD, (_row(stay) for stay in asked))


def _stays(file: Path) -> Iterator[Stay]:
    """Every stay that can be read; a line that is incomplete after a power cut is skipped."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield Stay.model_validate_json(line)
                except ValidationError:
                    continue
    except FileNotFoundError:
        return


def _row(stay: Stay) -> tuple[object, ...]:
    moments = (at.astimezone(BRUSSELS) for at in (stay.since, stay.until))
    times = (at.isoformat(timespec="seconds") for at in moments)
    eur = None if stay.eur is None else f"{stay.eur:.4f}"
    names = (_safe(stay.charger), _safe(stay.car or ""))
    amounts = (stay.from_kwh, stay.to_kwh, stay.kwh, stay.battery_kwh, stay.sun_kwh)
    return (*times, *names, *(None if each is None else f"{each:.3f}" for each in amounts), eur)


def _safe(name: str) -> str:
    """The name, made safe: no spreadsheet takes it for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
