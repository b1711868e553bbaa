"""/history.csv: each booked quarter with its amounts, its money and its demand.

Read from quarters.db beside the books, in a thread, so that a long query delays no telegram.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from apps.shared import tables
from base.time import BRUSSELS, local_day
from my_socket import Page
from rates.amounts import INJECTION, OFFTAKE, Booking, Register
from rates.calendar import day_start
from store.past import UnreadableError, read_bookings

PATH = "/history.csv"
MOST_DAYS = 31
"""Limit so that the page fits in the send buffer of one connection."""
HEAD = (
    *("start", "offtake_day_kwh", "offtake_night_kwh", "injection_day_kwh", "injection_night_kwh"),
    *("gas_m3", "water_m3", "offtake_eur", "injection_eur", "gas_eur", "water_eur", "offtake_kw"),
)


async def page(file: Path, query: str) -> Page:
    """The page for this query; a sentence and 400 for a wrong query."""
    try:
        since, until = tables.days(query, local_day(datetime.now(UTC)), MOST_DAYS)
    except ValueError as error:
        return tables.refused(error)
    return await asyncio.to_thread(_read, file, since, until)


def _read(file: Path, since: date, until: date) -> Page:
    try:
        bookings, demand = read_bookings(file, day_start(since), day_start(until))
    except UnreadableError:
        return tables.page(HEAD, ())  # nothing was booked yet
    return tables.page(HEAD, _rows(bookings, demand))


def _rows(bookings: list[Booking], demand: dict[datetime, Decimal]) -> Iterator[tuple[object, ...]]:
    for quarter, group in groupby(bookings, key=lambda booking: booking.quarter):
        booked = {booking.register: booking for booking in group}
        amounts = (booked[each].amount if each in booked else None for each in Register)
        own_kw = 4 * sum((booked[each].amount for each in OFFTAKE if each in booked), Decimal(0))
        yield (
            quarter.astimezone(BRUSSELS).isoformat(),
            *amounts,
            eur(booked, OFFTAKE),
            eur(booked, INJECTION),
            eur(booked, (Register.GAS,)),
            eur(booked, (Register.WATER,)),
            demand.get(quarter, own_kw),
        )


def eur(booked: Mapping[Register, Booking], registers: tuple[Register, ...]) -> Decimal | None:
    """EUR, paid or (for injection) earned, to the hundredth of a cent; None where unknown."""
    lines = [booked[each].eur for each in registers if each in booked and booked[each].eur]
    total = sum((sum(each.values(), Decimal(0)) for each in lines), Decimal(0))
    return total.quantize(Decimal("0.0001")) if lines else None
