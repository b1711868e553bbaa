"""State at the start of a daemon: the registers as last booked, and the days booked so far.

The quarters are the truth. data.pickle saves reading a year of them: only the days that may have
been booked to since it was written are read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from base.time import DAY, local_day
from peak.forecast import Learned
from rates.calendar import day_start
from rates.ledger import Key, Stand
from rates.usage import Days, add
from store.quarters import Quarters
from store.state import Outcome, load

READ = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Restored:
    """`baselines` for the Ledger, `days` for the usage table, and the result of loading
    data.pickle."""

    baselines: Mapping[Key, Stand]
    days: Days
    outcome: Outcome
    learned: Learned | None = None


def restore(
    pickle_path: Path, quarters: Quarters, keep: timedelta, *, whole: bool = False
) -> Restored:
    """Registers and days as they were at the last commit, for `keep` up to then.

    `whole` when all of these quarters will be read, not only the newest.
    """
    outcome, state = load(pickle_path)
    baselines = quarters.baselines()
    if not baselines:  # new, or the quarters were lost: then what the cache knows is all there is
        return Restored(*((state.baselines, state.days) if state else ({}, {})), outcome)
    first = local_day(max(stand.at for stand in baselines.values()) - keep)
    again: date | None = first
    days: Days = {}
    if not state or not state.baselines:
        quarters.heal(day_start(first))
    else:
        changed = _changed_since(state.baselines, baselines)
        # What is read of the quarters from now on: for forecasts, and for money that comes late.
        newest = local_day(max(stand.at for stand in baselines.values()) - READ)
        awaited = quarters.awaited_since()
        read = min([*changed, newest, *([local_day(awaited)] if awaited else [])])
        read = first if whole else read
        again = min([*quarters.heal(day_start(read)), *changed], default=None)
        days = {day: each for day, each in state.days.items() if not again or day < again}
    if again:
        days = add(days, quarters.bookings(day_start(max(again, first))))
    return Restored(baselines, days, outcome, state.learned if state else None)


def _changed_since(before: Mapping[Key, Stand], now: Mapping[Key, Stand]) -> list[date]:
    """The first day that may have been booked to between the two; none when they are equal.

    A register is booked from its baseline on; a new meter came after all others.
    """
    if before == now:
        return []
    moved = [key for key in before.keys() & now.keys() if before[key] != now[key]]
    moments: list[datetime] = [each[key].at for key in moved for each in (before, now)]
    newest = max(stand.at for stand in before.values())
    return [local_day(min([*moments, newest - DAY]))]
