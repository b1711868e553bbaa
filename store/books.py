"""Everything of dm that survives a restart, in one folder, behind one interface.

history/quarters.db is the truth; data.pickle lets it start quickly; the day's file and log go to
history/ at midnight. One dm at a time may keep them.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from base.language import phrase
from base.time import QUARTER, local_day
from peak.clock import Source
from peak.forecast import Learned
from peak.months import Row, merged
from rates import usage
from rates.amounts import Booking, Pricing, Register
from rates.calendar import month_before
from rates.late_fees import FeeSettlement, MonthFee
from rates.ledger import Key, Stand
from rates.settlement import Open, Settled, Settlement
from rates.stretch import Use
from store import days, state
from store.files import keep_private, remove
from store.lock import locked
from store.logs import DayLog, start_log
from store.quarters import Beside, Flow, Quarters
from store.restore import restore

KEPT = timedelta(days=400)
PICKLE = "data.pickle"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """State of an earlier run: registers as last booked, days, own month peaks, forecasting."""

    baselines: Mapping[Key, Stand]
    days: usage.Days
    months: tuple[Row, ...]
    learned: Learned | None


class Books:
    """The open books of one folder. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        """BusyError when another dm has them open, OSError when the folder cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(folder, "dm", "books")
        keep_private(folder)
        self._folder = folder
        self._history = folder / "history"
        self._level = logging.getLogger().level
        self._log: DayLog = start_log(folder / "log", self._history, local_day(datetime.now(UTC)))
        self._quarters = Quarters(self._history / "quarters.db")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._quarters.close()
        logging.getLogger().removeHandler(self._log)
        logging.getLogger().setLevel(self._level)
        self._log.close()
        os.close(self._lock)

    def load(self) -> Kept:
        """Load the state of an earlier run."""
        rows = self._quarters.months()
        follow = all(month_before(after.month) == row.month for row, after in pairwise(rows))
        known = bool(rows) and follow
        kept = restore(self._folder / PICKLE, self._quarters, KEPT, whole=not known)
        months = rows if known else self._found_peaks(kept.baselines, rows)
        return Kept(kept.baselines, kept.days, months, kept.learned)

    def _found_peaks(
        self, baselines: Mapping[Key, Stand], rows: tuple[Row, ...]
    ) -> tuple[Row, ...]:
        """The stored month peaks; missing ones are found in the quarters."""
        if not baselines:
            return rows
        cut = max(stand.at for stand in baselines.values()) - KEPT
        own = (
            Row(month, kw, start + QUARTER, Source.OWN)
            for month, (start, kw) in self._quarters.month_maxima(cut).items()
            if month > local_day(cut)  # of a month that is cut, its highest quarter is not known
        )
        rows = merged(own, rows)
        self._quarters.commit((), {}, months=rows)
        return rows

    def commit(
        self,
        bookings: Iterable[Booking],
        baselines: Mapping[Key, Stand],
        demand: Mapping[datetime, Decimal],
        months: Iterable[Row] = (),
    ) -> None:
        """Write bookings and the baselines they moved together, or let both wait."""
        self._quarters.commit(bookings, baselines, demand, months)

    @property
    def waiting(self) -> bool:
        """True if a booking could not be written yet."""
        return self._quarters.waiting

    def catch_up(self) -> None:
        """Write the waiting bookings, if possible now."""
        self._quarters.catch_up()

    def flows(self, since: datetime) -> Iterator[Flow]:
        """The electricity of each booked quarter since then, one by one."""
        return self._quarters.flows(since)

    def note(self, beside: Beside) -> None:
        """Store the neighbours' energy in a quarter, for the forecasts."""
        self._quarters.note(beside)

    def beside(self, since: datetime) -> dict[datetime, Beside]:
        """The neighbours' energy in each quarter since then, where it is known."""
        return self._quarters.beside(since)

    def uses(self, since: datetime) -> Iterator[Use]:
        """Everything used in quarters from then on, one by one."""
        return self._quarters.uses(since)

    def open(self, registers: Iterable[Register]) -> Iterator[Open]:
        """Use of these registers without final money, one by one."""
        return self._quarters.open(registers)

    def settled(self, since: datetime) -> tuple[Settled, ...]:
        """Amounts settled from `since` on, oldest first."""
        return self._quarters.settled(since)

    def open_fees(self) -> tuple[MonthFee, ...]:
        """The fees and capacity of closed months that are not settled yet."""
        return self._quarters.open_fees()

    def close_fees(self, noted: Iterable[MonthFee], made: Iterable[FeeSettlement]) -> bool:
        """Write those of another month, and settlements of earlier ones; False when not."""
        return self._quarters.close_fees(noted, made)

    def settle(self, made: Iterable[Settlement], baselines: Mapping[Key, Stand]) -> bool:
        """Settle open amounts, or do so once the quarters can be written.

        data.pickle is removed first, until it is saved again: its baselines do not show that it is
        older than this money. False when it cannot be removed: then nothing is settled.
        """
        try:
            remove(self._folder / PICKLE)
        except OSError as error:
            log.warning(
                phrase(
                    "{file} cannot be rewritten now ({text}): settlements wait.",
                    file=PICKLE,
                    text=error,
                )
            )
            return False
        self._quarters.settle(made, baselines)
        return True

    def write_day(
        self, day: date, totals: usage.DayTotals, pricing: Pricing, gas_kwh_m3: Decimal | None
    ) -> None:
        """Write the day's file to history/."""
        try:
            days.write_day(self._history, day, totals, pricing, gas_kwh_m3)
        except OSError as error:
            log.warning(
                phrase("The file of {day} cannot be written now ({text}).", day=day, text=error)
            )

    def close_log(self, day: date) -> None:
        """Move the day's log to history/ and start a new one."""
        try:
            self._log.close_day(self._history, day)
        except OSError as error:
            log.warning(
                phrase("The log of {day} cannot be archived now ({text}).", day=day, text=error)
            )

    def save(self, now: state.State) -> None:
        """Save waiting quarters, and the working state in data.pickle; not one without
        the other: money in data.pickle alone would be added again after a restart."""
        self.catch_up()
        if self.waiting:
            return
        try:
            state.save(self._folder / PICKLE, now)
        except OSError as error:
            log.warning(phrase("{name} cannot be written now ({text}).", name=PICKLE, text=error))
