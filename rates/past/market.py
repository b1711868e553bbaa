"""Day-ahead prices of a CSV, EUR/MWh per quarter.

    start_utc,resolution_min,price_eur_per_mwh
    2026-01-01T00:00:00Z,60,84.20

The price of an hour applies to its four quarters. Without `resolution_min` the step of the file
counts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from base.time import QUARTER
from rates.past.plain import START, start_of
from rates.past.table import Table, places

EUR_MWH = (-500, 4000)  # the market's own limits
COLUMNS = {
    "start": START,
    "minutes": frozenset({"resolution_min"}),
    "price": frozenset({"price_eur_per_mwh", "eur_mwh"}),
}
STEPS = {"15": 1, "60": 4}


def read_market(table: Table, since: datetime, until: datetime) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start (UTC) from `since` until before `until`. FileError."""
    found = places(table, COLUMNS)
    if not {"start", "price"} <= found.keys():
        said = table.lines[0]
        raise table.error(1, "prices need the columns start_utc and price_eur_per_mwh", said)
    rows: list[tuple[datetime, int, Decimal]] = []
    minutes = found.get("minutes")
    for line, cells in table.rows():
        quarters = 0 if minutes is None else _quarters(table, line, cells[minutes])
        text = cells[found["price"]]
        if text:
            start = start_of(table, line, cells[found["start"]])
            rows.append(
                (start, quarters, table.number(line, "the price in EUR/MWh", text, *EUR_MWH))
            )
    if not rows:
        raise table.error(2, "there are no prices under the header")
    step = 0 if minutes is not None else _step(table, [start for start, _, _ in rows])
    return {
        start + part * QUARTER: price
        for start, quarters, price in rows
        if since <= start < until
        for part in range(quarters or step)
    }


def _quarters(table: Table, line: int, text: str) -> int:
    if text not in STEPS:
        raise table.error(line, "resolution_min must be 15 or 60", text)
    return STEPS[text]


def _step(table: Table, starts: Sequence[datetime]) -> int:
    """Quarters between two prices, from the shortest distance in the file."""
    shortest = min((b - a for a, b in pairwise(sorted(starts))), default=timedelta())
    if shortest // QUARTER not in STEPS.values():
        raise table.error(2, "prices must be by the quarter or by the hour")
    return shortest // QUARTER
