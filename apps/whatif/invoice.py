"""An invoice beside the bill of the same days."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from apps.whatif.sources import OWN, TYPED, market, past_of, way_out
from base.time import local_day
from rates.bill import Bill, bill, by_register
from rates.compare import facts
from rates.contract import Contract, Energy
from rates.errors import MissingPriceError, RatesError
from rates.invoice import GAS_GROUPS, Group, Invoice, InvoiceError, invoice_in
from rates.invoice_check import check
from rates.named import offers
from rates.offers import Offer
from rates.past.peaks import month_peaks
from rates.past.quarters import of_gas
from rates.report import invoice_report
from rates.seed_form import SeedRates
from screen.whatif.asked import asked
from screen.whatif.invoice import invoice_page
from screen.whatif.shown import Page, Work
from store.past import UnreadableError


def checked(options: argparse.Namespace, work: Work, now: datetime) -> tuple[Page, dict[str, Any]]:
    """An invoice beside the bill of the same days: the page, and the same as plain values."""
    energy: Energy = "gas" if options.gas else "electricity"
    invoice = _invoice(options.invoice, GAS_GROUPS if options.gas else tuple(Group))
    source = " and ".join(path.name for path in options.files)
    start, end = invoice.start, invoice.end
    offer, held = _held_against(options, energy, start, end)
    work.progress(f"reading {source}")
    past = past_of(options.files, now, offer.clock, options.ean)
    if options.gas:
        try:
            past = of_gas(past)
        except ValueError as error:
            raise UnreadableError(f"{source}: {error}") from None
    if local_day(past.last) < start or end <= local_day(past.first):
        days = f"{local_day(past.first)} to {local_day(past.last)}"
        raise UnreadableError(f"{source} tells {days}: nothing of the invoice's period")
    used = by_register(sorted(past.uses))
    peaks = month_peaks(past, used, start, end)
    spots = market(options, options.files[0], start, end)

    def draw(contract: Contract) -> Bill:
        return bill(used, contract, spots, peaks.kw, start=start, end=end)

    work.progress(f"pricing {offer.name}")
    try:
        told = check(invoice, held, draw, peaks.unknown)
    except MissingPriceError as error:
        raise MissingPriceError(f"{error}; {way_out(offer)}") from None
    counted = facts(past, used, source, start, end)
    notes = [*past.notes, *(peaks.notes() if told.bill.line("capacity") else ())]
    shows = partial(invoice_page, told, counted, offer.name, notes)
    return shows, invoice_report(told, counted, offer.name, notes)


def _held_against(
    options: argparse.Namespace, energy: Energy, start: date, end: date
) -> tuple[Offer, Contract]:
    """The one contract for an invoice of these days, of one energy. RatesError without it."""
    named = options.contract or [str(OWN)]
    offer = offers(named, OWN, options.area, options.fallback)[0].limited([energy])
    if energy not in offer.energies:
        raise RatesError(f"{offer.name} has no contract of {energy}")
    if isinstance(offer.prices, SeedRates):
        raise RatesError(
            f"{offer.name} has one price for all: to compare line by line, --contract needs a file"
            " in the full form (docs/rates.md)"
        )
    if options.as_of:
        offer = offer.pinned(options.as_of)
    if trouble := offer.trouble(start, end):
        raise RatesError(f"{trouble}; --as-of DAY uses the prices of another day")
    assert isinstance(offer.prices, Contract)
    return offer, offer.prices


def _invoice(path: Path, groups: Sequence[Group]) -> Invoice:
    """The invoice of a file, or typed. InvoiceError when it cannot be read."""
    if path != TYPED:
        try:
            return invoice_in(path.read_text(encoding="utf-8-sig"), path.name)
        except UnicodeDecodeError:
            raise InvoiceError(f"{path.name} is not text in UTF-8") from None
    if not sys.stdin.isatty():
        return invoice_in(sys.stdin.read(), "the invoice")
    return asked(input, print, groups)
