"""Tables as CSV for spreadsheets and scripts, asked for over HTTP by their first and last day."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs

from my_socket import Page

CSV = "text/csv; charset=utf-8"
USUAL_DAYS = 7


def days(
    query: str, today: date, most_days: int, usual_days: int = USUAL_DAYS
) -> tuple[date, date]:
    """The days from `from` until before `to`, as asked; the last `usual_days` by default.

    ValueError with a sentence for a wrong date or too long a period.
    """
    asked = parse_qs(query, keep_blank_values=True, max_num_fields=10)
    if unknown := asked.keys() - {"from", "to", "token"}:
        raise ValueError(f"{min(unknown)[:40]!r} is not a known argument; allowed: from, to")
    until = _day(asked, "to") or today + timedelta(days=1)
    since = _day(asked, "from") or max(until - timedelta(days=usual_days), date.min)
    if since >= until:
        raise ValueError(f"from={since} is not before to={until}")
    if (until - since).days > most_days:
        raise ValueError(f"from={since} to={until} is more than {most_days} days: ask for less")
    return since, until


def page(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Page:
    """The table as CSV: commas, decimal points, empty where nothing is known."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    table.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return Page(text.getvalue(), HTTPStatus.OK, CSV)


def refused(error: ValueError) -> Page:
    """The error page of a request that cannot be answered, with status 400."""
    return Page(f"{error}. Usage: ?from=2026-01-01&to=2026-02-01\n", HTTPStatus.BAD_REQUEST)


def _day(asked: dict[str, list[str]], key: str) -> date | None:
    if key not in asked:
        return None
    text = asked[key][-1]
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{key}={text[:40]!r} is not a date such as 2026-01-31") from None
    if not 2000 <= day.year < 2100:
        raise ValueError(f"{key}={day} is not from 2000 to 2099")
    return day
