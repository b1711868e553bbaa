"""Cost of your own past under another contract.

Reads the house's own quarters, an export of mijn.fluvius.be or a CSV of
quarters, and prints the yearly bill line by line, side by side for each
contract. The first contract is the one that the others are compared with.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

from base.time import BRUSSELS, local_day
from rates.bill import Bill, bill, by_register
from rates.calendar import TariffClock, day_start
from rates.compare import Column, Comparison, facts, priced
from rates.contract import Contract, Energy
from rates.curve import Spots
from rates.errors import MissingPriceError, RatesError
from rates.files import market_spots
from rates.invoice import GAS_GROUPS, Group, Invoice, InvoiceError, invoice_in
from rates.invoice_check import check
from rates.named import examples, offers
from rates.offers import Offer, common_day, shared_energies
from rates.past.errors import FileError
from rates.past.file import prices_in, quarters_in
from rates.past.peaks import month_peaks
from rates.past.quarters import Past, joined, of_gas, period
from rates.report import invoice_report, report
from rates.seed_form import SeedRates
from screen.whatif.asked import asked
from screen.whatif.drawing import drawing
from screen.whatif.invoice import invoice_page
from screen.whatif.page import page
from screen.whatif.shown import Page, Work, shown
from store.past import MAGIC, UnreadableError, kept_prices, read_past

ROOT = Path(__file__).resolve().parent
OWN = ROOT / "rates.json"
TYPED = Path("-")
QUARTERS = ROOT / "history" / "quarters.db"
PRICES = "prices.db"
USUAL = ("fixed", "day_night", "engie_dynamic")
LOOK_BACK = timedelta(days=2 * 366)
INDEX_BACK = timedelta(days=4 * 31)  # a quarterly index, or the one before that stands in
EXAMPLE_LINES = """\
examples:
  the last year of this house, as dm booked it:
    ./do_py.sh whatif.py
  an export, in another grid area:
    ./do_py.sh whatif.py export.csv --area Limburg
  three contracts on the market prices of a file:
    ./do_py.sh whatif.py export.csv --prices be_2026.csv.gz \\
        --contract mine.json engie_dynamic eneco_dynamic
  every example that comes along, and a drawing:
    ./do_py.sh whatif.py --contract all --svg bills.svg
  an invoice, typed when asked, held against the quarters that dm booked:
    ./do_py.sh whatif.py --invoice
  the same past under other control strategies (see --strategy --help):
    ./do_py.sh whatif.py --strategy
"""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of whatif.py."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh whatif.py",
        description=__doc__,
        epilog=f"{EXAMPLE_LINES}\ncontracts that come along:\n{_listed(examples())}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", type=Path, default=[QUARTERS], metavar="FILE",
        help="quarters.db, exports of mijn.fluvius.be, or a CSV with start_utc, offtake_kwh and"
        " injection_kwh; may be .gz, .zip or .xlsx (default: history/quarters.db)")  # fmt: skip
    add("--ean", nargs="+", action="extend", default=[], metavar="EAN",
        help="the EANs of one address, when an export holds several")  # fmt: skip
    add("--contract", nargs="+", action="extend", default=[], metavar="NAME|FILE",
        help="an example by name, all, or a file in the form of rates.json; the first is what the"
        " others are compared with (default: rates.json and some examples)")  # fmt: skip
    add("--prices", nargs="+", action="extend", type=Path, default=[], metavar="FILE",
        help="day-ahead prices: a CSV with start_utc and price_eur_per_mwh; may be .gz"
        " (default: those that dm kept)")  # fmt: skip
    add("--fallback", type=_eur_mwh, metavar="EUR/MWH",
        help="the price of quarters whose day-ahead price is not known")  # fmt: skip
    add("--area", metavar="NAME", help="the grid area, e.g. Antwerpen (default: each contract's)")
    add("--as-of", type=_day, metavar="DAY",
        help="price everything with the contracts, grid tariffs and levies of one day,"
        " e.g. 2026-08-01 (default: each month by its own, where they are known)")  # fmt: skip
    add("--invoice", nargs="?", type=Path, const=TYPED, metavar="FILE",
        help="hold a real invoice against the quarters: its period and lines, typed or in a file"
        " (docs/whatif.md)")  # fmt: skip
    add("--gas", action="store_true", help="the --invoice is of gas (default: of electricity)")
    add("--json", action="store_true", help="every line, month and total as JSON instead")
    add("--svg", type=Path, metavar="FILE", help="also draw it")
    options = parser.parse_args(argv)
    if options.invoice and options.svg:
        parser.error("--svg draws contracts beside each other, not an --invoice")
    if options.gas and not options.invoice:
        parser.error("--gas goes with --invoice")
    if options.invoice and len(options.contract) > 1:
        parser.error("--invoice is held against one --contract")
    return options


def _listed(names: Iterable[str]) -> str:
    """The names, in lines that fit 80 columns."""
    return fill(", ".join(names), 78, initial_indent="  ", subsequent_indent="  ")


def _eur_mwh(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of EUR/MWh") from None
    if not -500 <= price <= 4000:
        raise argparse.ArgumentTypeError(f"{text} is not from -500 to 4000 EUR/MWh")
    return price


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-08-01") from None


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
    """Past in a file; `clock` separates day from night where it does not.

    FileError, UnreadableError or OSError when it cannot.
    """
    if not path.exists() and path == QUARTERS:
        raise UnreadableError(
            "history/quarters.db is not there yet: dm makes it. Name a FILE, such as an export of"
            " mijn.fluvius.be; see --help."
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
    """The prices of the files named, the first before the next, before those that dm kept."""
    since, until = day_start(start) - INDEX_BACK, day_start(end)
    house = path if path.suffix == QUARTERS.suffix else QUARTERS
    prices = kept_prices(house.with_name(PRICES), since, until)
    for path in reversed(options.prices):
        prices |= prices_in(path.read_bytes(), path.name, since, until)
    return market_spots(prices.get).kept()


def compared(options: argparse.Namespace, work: Work, now: datetime) -> Comparison:
    """The answer. An error with a sentence when a file, a contract or a price stands in its way."""
    source = " and ".join(path.name for path in options.files)
    named = options.contract or [str(OWN), *USUAL]
    asked = offers(named, OWN, options.area, options.fallback)
    work.say(f"reading {source}")
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
    work.say("reading prices")
    spots = market(options, options.files[0], start, end)
    used = by_register(sorted(past.uses))
    peaks = month_peaks(past, used, start, end)
    columns = []
    for count, offer in enumerate(asked, 1):
        work.say(f"pricing {count} of {len(asked)}: {offer.name}")
        price = partial(priced, offer, used, spots, peaks.kw, start, end)
        column = _column(price, offer, named=bool(options.contract))
        if isinstance(column, Column):
            columns.append(column)
        else:
            notes.append(column)
    if any(column.bill.line("capacity") for column in columns):
        notes += peaks.notes()
    return Comparison(facts(past, used, source, start, end), as_of, tuple(columns), tuple(notes))


def checked(options: argparse.Namespace, work: Work, now: datetime) -> tuple[Page, dict[str, Any]]:
    """An invoice beside the bill of the same days: the page, and the same as plain values."""
    energy: Energy = "gas" if options.gas else "electricity"
    invoice = _invoice(options.invoice, GAS_GROUPS if options.gas else tuple(Group))
    source = " and ".join(path.name for path in options.files)
    start, end = invoice.start, invoice.end
    offer, held = _held_against(options, energy, start, end)
    work.say(f"reading {source}")
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

    work.say(f"pricing {offer.name}")
    try:
        told = check(invoice, held, draw, peaks.unknown)
    except MissingPriceError as error:
        raise MissingPriceError(f"{error}; {_way(offer)}") from None
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
        raise RatesError(f"{trouble}; --as-of DAY takes the prices of another day")
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


def _way(offer: Offer) -> str:
    return "give --prices FILE or --fallback" if offer.is_dynamic else "give --fallback"


def _column(price: Callable[[], Column], offer: Offer, *, named: bool) -> Column | str:
    """The bill; or, where nobody named the contract, a sentence that its prices are not known."""
    try:
        return price()
    except MissingPriceError as error:
        if named:
            raise MissingPriceError(f"{error}; {_way(offer)}") from None
        return f"{offer.name} is left out, for want of day-ahead prices: {_way(offer)}"


def _why(asked: Sequence[Offer], start: date, end: date, as_of: date | None) -> Iterator[str]:
    """The reason for which not each month has its own prices."""
    trouble = next(filter(None, (offer.trouble(start, end) for offer in asked)), None)
    if as_of and trouble:
        yield f"priced as of one day, because {trouble}"


def main(argv: Sequence[str]) -> int:
    """The exit code: 0, or 2 with a sentence when something that was given is wrong."""
    if "--strategy" in argv:
        return strategies(argv)
    options, work, now = arguments(argv), Work(), datetime.now(BRUSSELS)
    shows: Page
    try:
        if options.invoice:
            shows, values = checked(options, work, now)
        else:
            told = compared(options, work, now)
            shows, values = partial(page, told), report(told)
            if options.svg:
                options.svg.write_text(drawing(told), encoding="utf-8")
    except (FileError, InvoiceError, UnreadableError, RatesError) as error:
        return _stopped(str(error), work)
    except OSError as error:
        return _stopped(f"{error.filename}: {error.strerror}", work)
    except EOFError:
        return _stopped("the invoice was not typed to its end", work)
    work.say("")
    lines = [json.dumps(values, indent=2)] if options.json else shown(shows)
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def strategies(argv: Sequence[str]) -> int:
    """Replay the past under several control strategies: the exit code."""
    # With the solver and all, which a bill does not need.
    from backtest import command, data, own, tariffs
    from backtest.jobs import Home
    from backtest.world import Battery

    def home(options: argparse.Namespace) -> Home:
        options.file = options.file or QUARTERS
        options.fallback = _eur_mwh(options.fallback) if options.fallback else None
        now = datetime.now(BRUSSELS)
        offer = offers(options.contract or [str(OWN)], OWN, options.area, options.fallback)[0]
        past = past_in(options.file, now, offer.clock)
        start, end = period(past, now.date())
        as_of = common_day([offer], start, end, now.date())
        spots = market(options, options.file, start, end)
        sunlight = partial(data.sunlight, options.sun) if options.sun else None
        series = own.series(past, options.file.name, start, end, spots, sunlight)
        tariff = tariffs.of_offer(series, offer.pinned(as_of) if as_of else offer, spots)
        kwh, kw = options.battery
        battery = Battery(capacity_kwh=kwh, kw=kw)
        return Home(series=series, tariff=tariff, battery=battery)

    try:
        return command.main(argv, home)
    except (ValueError, RatesError, argparse.ArgumentTypeError) as error:
        return _stopped(str(error), Work())
    except OSError as error:
        return _stopped(f"{error.filename}: {error.strerror}", Work())


def _stopped(sentence: str, work: Work) -> int:
    work.say("")
    print(f"whatif: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    gc.disable()  # a short run of many small values, none of them in a circle: a fifth faster
    sys.exit(main(sys.argv[1:]))
