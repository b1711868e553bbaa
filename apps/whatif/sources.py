"""The past and the market prices of the files that were named."""

import argparse
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from base.number_option import number
from rates.calendar import TariffClock, day_start
from rates.curve import Spots
from rates.files import market_spots
from rates.offers import Offer
from rates.past.file import prices_in, quarters_in
from rates.past.quarters import Past, joined
from rates.past.table import FileError
from store.past import MAGIC, UnreadableError, kept_prices, read_past

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "rates.json"
TYPED = Path("-")
QUARTERS = ROOT / "history" / "quarters.db"
PRICES = "prices.db"
LOOK_BACK = timedelta(days=2 * 366)
INDEX_BACK = timedelta(days=4 * 31)  # a quarterly index, or the one before that stands in


eur_mwh = number(Decimal, -500, 4000, "EUR/MWh")
"""A typed price."""


def past_of(
    paths: Sequence[Path],
    now: datetime,
    clock: TariffClock | None = None,
    eans: Collection[str] = (),
) -> Past:
    """Past of all files together. UnreadableError where two contradict each other."""
    pasts = [past_in(path, now, clock, eans) for path in paths]
    try:
        return joined(pasts)
    except FileError:
        raise
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def past_in(
    path: Path, now: datetime, clock: TariffClock | None = None, eans: Collection[str] = ()
) -> Past:
    """Past in a file; `clock` separates day from night in a file that does not.

    FileError, UnreadableError or OSError when that fails.
    """
    if not path.exists() and path == QUARTERS:
        raise UnreadableError(
            "history/quarters.db does not exist yet: dm creates it. Name a FILE, such as an export"
            " of mijn.fluvius.be; see --help."
        )
    with path.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return read_past(path, now - LOOK_BACK)
    try:
        return quarters_in(path.read_bytes(), path.name, clock, eans)
    except FileError:
        raise
    except ValueError as error:
        raise UnreadableError(f"{path.name}: {error}") from None


def market(options: argparse.Namespace, path: Path, start: date, end: date) -> Spots:
    """The prices of the named files in their order, before those that dm stored."""
    since, until = day_start(start) - INDEX_BACK, day_start(end)
    house = path if path.suffix == QUARTERS.suffix else QUARTERS
    prices = kept_prices(house.with_name(PRICES), since, until)
    for path in reversed(options.prices):
        prices |= prices_in(path.read_bytes(), path.name, since, until)
    return market_spots(prices.get).kept()


def way_out(offer: Offer) -> str:
    """Advice for a missing price."""
    return "give --prices FILE or --fallback" if offer.is_dynamic else "give --fallback"
