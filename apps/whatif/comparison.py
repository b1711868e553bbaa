"""Contracts side by side, on the same past."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from apps.whatif.sources import OWN, market, past_of, way_out
from rates.bill import by_register
from rates.compare import Column, Comparison, facts, priced
from rates.errors import MissingPriceError, RatesError
from rates.named import offers
from rates.offers import Offer, common_day, shared_energies
from rates.past.peaks import month_peaks
from rates.past.quarters import period
from screen.whatif.shown import Work
from store.past import UnreadableError

USUAL = ("fixed", "day_night", "engie_dynamic")


def compared(options: argparse.Namespace, work: Work, now: datetime) -> Comparison:
    """The answer. An error with a sentence when a file, a contract or a price prevents it."""
    source = " and ".join(path.name for path in options.files)
    named = options.contract or [str(OWN), *USUAL]
    asked = offers(named, OWN, options.area, options.fallback)
    work.progress(f"reading {source}")
    past = past_of(options.files, now, asked[0].clock, options.ean)
    try:
        start, end = period(past, now.date())
    except ValueError as error:
        raise UnreadableError(f"{source}: {error}") from None
    energies = shared_energies(asked, past)
    if not energies:
        raise RatesError(f"{source} and the contracts have no energy in common")
    asked = [offer.limited(energies) for offer in asked]
    as_of = options.as_of or common_day(asked, start, end, now.date())
    notes = [*past.notes, *_why(asked, start, end, None if options.as_of else as_of)]
    if as_of:
        asked = [offer.pinned(as_of) for offer in asked]
    work.progress("reading prices")
    spots = market(options, options.files[0], start, end)
    used = by_register(sorted(past.uses))
    peaks = month_peaks(past, used, start, end)
    columns = []
    for count, offer in enumerate(asked, 1):
        work.progress(f"pricing {count} of {len(asked)}: {offer.name}")
        price = partial(priced, offer, used, spots, peaks.kw, start, end)
        column = _column(price, offer, named=bool(options.contract))
        if isinstance(column, Column):
            columns.append(column)
        else:
            notes.append(column)
    if any(column.bill.line("capacity") for column in columns):
        notes += peaks.notes()
    return Comparison(facts(past, used, source, start, end), as_of, tuple(columns), tuple(notes))


def _column(price: Callable[[], Column], offer: Offer, *, named: bool) -> Column | str:
    """The bill; or, for a contract that was not named, a sentence that its prices are unknown."""
    try:
        return price()
    except MissingPriceError as error:
        if named:
            raise MissingPriceError(f"{error}; {way_out(offer)}") from None
        return f"{offer.name} is left out, because day-ahead prices are missing: {way_out(offer)}"


def _why(asked: Sequence[Offer], start: date, end: date, as_of: date | None) -> Iterator[str]:
    """Reason why some months lack their own prices."""
    trouble = next(filter(None, (offer.trouble(start, end) for offer in asked)), None)
    if as_of and trouble:
        yield f"priced as of one day, because {trouble}"
