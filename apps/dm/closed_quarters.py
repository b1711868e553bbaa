"""The word `quarters`: closed quarters as messages, for programs that pass them on.

Read from quarters.db in a separate thread, so that no telegram waits.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from apps.dm.quarters_table import eur
from base import messages
from base.time import DAY, QUARTER
from rates.amounts import INJECTION, OFFTAKE, Register
from store.past import Closed, UnreadableError, read_closed

MOST = DAY // QUARTER


async def answer(file: Path, args: Sequence[str], until: datetime) -> messages.Quarters:
    """The quarters before `until` that changed after the time asked for; the last day's without.

    ValueError with a sentence for a value that is not a time.
    """
    if len(args) > len(("changed", "start")):
        raise ValueError(f"{' '.join(args)} is more than two times")
    changed, start, *_ = *map(_time, args), *_usual(args, until)
    return await asyncio.to_thread(_read, file, changed, start, until)


def _usual(args: Sequence[str], until: datetime) -> tuple[datetime, ...]:
    """Default times."""
    never = datetime.fromtimestamp(0, UTC)
    return (never,) if args else (until - DAY, never)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]} is not a time such as 2026-01-15T16:15:00Z") from None
    if at.tzinfo is None or not messages.YEARS[0] <= at.year < messages.YEARS[1]:
        raise ValueError(f"{text[:40]} needs an offset, such as Z, and a year from 2000 to 2099")
    return at


def _read(file: Path, changed: datetime, start: datetime, until: datetime) -> messages.Quarters:
    try:
        found = read_closed(file, changed, start, until, MOST)
    except UnreadableError:
        found = []  # nothing was booked yet
    return messages.Quarters(quarters=tuple(map(_message, found)))


def _message(closed: Closed) -> messages.ClosedQuarter:
    booked = {booking.register: booking for booking in closed.bookings}
    amounts = {each: _number(booked[each].amount) if each in booked else None for each in Register}
    return messages.ClosedQuarter(
        start=closed.start,
        changed=closed.changed,
        offtake_day_kwh=amounts[Register.OFFTAKE_DAY],
        offtake_night_kwh=amounts[Register.OFFTAKE_NIGHT],
        injection_day_kwh=amounts[Register.INJECTION_DAY],
        injection_night_kwh=amounts[Register.INJECTION_NIGHT],
        gas_m3=amounts[Register.GAS],
        water_m3=amounts[Register.WATER],
        offtake_eur=_number(eur(booked, OFFTAKE)),
        injection_eur=_number(eur(booked, INJECTION)),
        gas_eur=_number(eur(booked, (Register.GAS,))),
        water_eur=_number(eur(booked, (Register.WATER,))),
        mean_kw=_number(closed.mean_kw),
        month_peak_kw=_number(closed.peak_kw),
        final=not any(booking.provisional or booking.missing for booking in closed.bookings),
    )


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
