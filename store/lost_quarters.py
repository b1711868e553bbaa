"""Quarters lost by damage in quarters.db, found from the running totals around them."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from base.time import QUARTER_S
from rates.amounts import Register
from rates.ledger import Key, Stand
from store import settled
from store.database import Row, sound, weeded
from store.quarter_rows import seconds, utc

LOOK_BACK_S = 86400
_STEP_S = int(QUARTER_S)


@dataclass(frozen=True, slots=True)
class Base:
    """A baseline, and the total of its register up to it."""

    stand: Stand
    total: int


def baselines(db: sqlite3.Connection) -> dict[Key, Base]:
    """The newest intact copy of each."""
    found: dict[Key, Base] = {}
    for row in db.execute("SELECT * FROM baselines"):
        if sound(row):
            meter, name, _, milli, at, total, _ = row
            key = meter, Register(name)
            if key not in found or found[key].stand.at < utc(at):
                found[key] = Base(Stand(milli, utc(at)), total)
    return found


def lost(db: sqlite3.Connection, path: Path, since: int) -> Iterator[tuple[int, list[Row]]]:
    """Each run of quarters that the totals count but no row has: its amount, and its rows.

    Damaged rows from `since` on are set aside.
    """
    last: dict[str, tuple[int, int | None]] = {}
    earlier = "SELECT * FROM quarters WHERE start < ? AND start >= ? ORDER BY start"
    for row in db.execute(earlier, (since, since - LOOK_BACK_S)):
        if sound(row):
            last[row[1]] = row[0], row[6]
    first = None if last else 0
    for row in weeded(db, path, "quarters", "start >= ?", (since,)):
        start, register, milli, *_, total, _ = row
        before, counted = last.get(register, (start - 2 * _STEP_S, first))
        yield from _run(register, before, counted, start, total - milli)
        last[register] = start, total
    ends: dict[str, tuple[int, int]] = {}
    for (_, register), base in baselines(db).items():
        end = base.total, -seconds(base.stand.at)
        ends[register] = max(end, ends.get(register, end))
    for name, (total, at) in ends.items():
        if name in last:
            yield from _run(name, *last[name], -at, total)


def _run(
    register: str, start: int, total: int | None, until: int, total_then: int
) -> Iterator[tuple[int, list[Row]]]:
    """The rows between one that starts at `start` and `until`, when the totals show that some are
    missing: the missing amount, spread evenly."""
    places = range(start + _STEP_S, until, _STEP_S)
    if total is None or total_then <= total or not places:
        return
    missing, rows = total_then - total, []
    for place, at in enumerate(places):
        milli = missing * (place + 1) // len(places) - missing * place // len(places)
        total += milli
        open_ = settled.without_money(milli, told=True)
        rows.append((at, register, milli, "{}", 1, open_, total))
    yield missing, rows
