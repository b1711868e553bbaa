"""The stays of cars on chargers, one JSON line each, and /sessions.csv made of them.

A stay is written once, when the car has left: a line in history/NAME_stays.jsonl.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from os import SEEK_END
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.shared import tables
from base.time import BRUSSELS, local_day
from my_socket import Page

PATH = "/sessions.csv"
MOST_DAYS = 366
HEAD = (
    *("from", "to", "charger", "car", "register_from_kwh", "register_to_kwh"),
    *("kwh", "battery_kwh", "sun_kwh", "eur"),
)
log = logging.getLogger(__name__)


class Stay(BaseModel):
    """One car on one charger from `since` (`seen` when the plug-in was watched) until `until`.

    `kwh` came out of the charger, of which `battery_kwh` the home battery's and `sun_kwh` the
    roof's; `from_kwh` and `to_kwh` are the charger's own register, None where it has none. `eur` is
    what it cost, None where a price was not known; `car` is None where nobody knew which.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime
    charger: str
    car: str | None
    kwh: float
    battery_kwh: float = 0.0
    sun_kwh: float | None = None
    from_kwh: float | None = None
    to_kwh: float | None = None
    eur: float | None = None


def append(file: Path, stay: Stay) -> None:
    """The stay is on disk; when it cannot be, that is said and nothing else."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab+") as lines:
            end = lines.seek(0, SEEK_END)
            lines.seek(max(0, end - 1))
            torn = lines.read() not in (b"", b"\n")  # by a power cut
            lines.write(("\n" if torn else "").encode() + f"{stay.model_dump_json()}\n".encode())
    except OSError as error:
        log.warning("%s cannot be written now (%s)", file.name, error)


async def page(file: Path, query: str) -> Page:
    """The stays that began on these days; a sentence and 400 when it cannot be."""
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
    """Every stay that can be read; a line that a power cut left unfinished is passed over."""
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
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
