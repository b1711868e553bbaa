"""The bytes of any file become past quarters or prices."""

from datetime import datetime
from decimal import Decimal

from rates.calendar import Hours, TariffClock
from rates.past.fluvius import is_fluvius, read_fluvius
from rates.past.market import read_market
from rates.past.plain import read_plain
from rates.past.quarters import Past
from rates.past.table import table_of, text_of


def quarters_in(data: bytes, source: str, clock: TariffClock | None = None) -> Past:
    """What was used, from an export of mijn.fluvius.be or a CSV of one's own, gzip or not.

    `clock` tells day from night where the file does not. FileError with line and value.
    """
    table = table_of(text_of(data, source), source)
    read = read_fluvius if is_fluvius(table) else read_plain
    return read(table, clock or Hours())


def prices_in(
    data: bytes, source: str, since: datetime, until: datetime
) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start (UTC) of the hours from `since` until before `until`.

    From a CSV, gzip or not. FileError with line and value.
    """
    return read_market(table_of(text_of(data, source), source), since, until)
