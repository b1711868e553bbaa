"""The bytes of any file become past quarters or prices."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from rates.calendar import Hours, TariffClock
from rates.past.fluvius import is_fluvius, read_fluvius
from rates.past.market import read_market
from rates.past.plain import read_plain
from rates.past.quarters import Past, joined
from rates.past.table import table_of, tables_of
from rates.past.wrapping import text_of


def quarters_in(
    data: bytes, source: str, clock: TariffClock | None = None, eans: Collection[str] = ()
) -> Past:
    """Past use, from an export of mijn.fluvius.be or a CSV of one's own, in any wrapping.

    `clock` separates day from night where the file does not. `eans` are those of one address, when
    an export holds several. FileError with line and value.
    """
    tables = tables_of(text_of(data, source), source)
    if not is_fluvius(tables[0]):
        return joined([read_plain(table, clock or Hours()) for table in tables])
    return joined([read_fluvius(table, clock or Hours(), eans) for table in tables])


def prices_in(
    data: bytes, source: str, since: datetime, until: datetime
) -> dict[datetime, Decimal]:
    """EUR/MWh by quarter start (UTC) of the hours from `since` until before `until`.

    From a CSV, gzip or not. FileError with line and value.
    """
    return read_market(table_of(text_of(data, source), source), since, until)
