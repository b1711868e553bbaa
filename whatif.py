"""Cost of your own past under another contract.

Reads the house's own quarters, an export of mijn.fluvius.be or a CSV of
quarters, and prints the yearly bill line by line, side by side for each
contract. The others are compared with the first contract.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from textwrap import fill

from apps.whatif.comparison import compared
from apps.whatif.invoice import checked
from apps.whatif.sources import OWN, QUARTERS, TYPED, eur_mwh, market, past_in
from base.time import BRUSSELS
from rates.errors import RatesError
from rates.invoice import InvoiceError
from rates.named import examples, offers
from rates.past.quarters import period
from rates.past.table import FileError
from rates.report import report
from screen.whatif.drawing import drawing
from screen.whatif.page import page
from screen.whatif.shown import Page, Work, shown
from store.past import UnreadableError

EXAMPLE_LINES = """\
examples:
  the last year of this house, as dm booked it:
    ./do_py.sh whatif.py
  an export, in another grid area:
    ./do_py.sh whatif.py export.csv --area Limburg
  three contracts on the market prices of a file:
    ./do_py.sh whatif.py export.csv --prices be_2026.csv.gz \\
        --contract mine.json engie_dynamic eneco_dynamic
  every included example, and a drawing:
    ./do_py.sh whatif.py --contract all --svg bills.svg
  an invoice, typed when asked, compared with the quarters that dm booked:
    ./do_py.sh whatif.py --invoice
  the same past under other control strategies (see --strategy --help):
    ./do_py.sh whatif.py --strategy
"""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of whatif.py."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh whatif.py",
        description=__doc__,
        epilog=f"{EXAMPLE_LINES}\nincluded contracts:\n{_listed(examples())}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("files", nargs="*", type=Path, default=[QUARTERS], metavar="FILE",
        help="quarters.db, exports of mijn.fluvius.be, or a CSV with start_utc, offtake_kwh and"
        " injection_kwh; may be .gz, .zip or .xlsx (default: history/quarters.db)")  # fmt: skip
    add("--ean", nargs="+", action="extend", default=[], metavar="EAN",
        help="the EANs of one address, when an export has several")  # fmt: skip
    add("--contract", nargs="+", action="extend", default=[], metavar="NAME|FILE",
        help="an example by name, all, or a file in the form of rates.json; the first is what the"
        " others are compared with (default: rates.json and some examples)")  # fmt: skip
    add("--prices", nargs="+", action="extend", type=Path, default=[], metavar="FILE",
        help="day-ahead prices: a CSV with start_utc and price_eur_per_mwh; may be .gz"
        " (default: those that dm kept)")  # fmt: skip
    add("--fallback", type=eur_mwh, metavar="EUR/MWH",
        help="the price of quarters whose day-ahead price is not known")  # fmt: skip
    add("--area", metavar="NAME", help="the grid area, e.g. Antwerpen (default: each contract's)")
    add("--as-of", type=_day, metavar="DAY",
        help="price everything with the contracts, grid tariffs and levies of one day,"
        " e.g. 2026-08-01 (default: each month by its own, where they are known)")  # fmt: skip
    add("--invoice", nargs="?", type=Path, const=TYPED, metavar="FILE",
        help="compare a real invoice with the quarters: its period and lines, typed or in a file"
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


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-08-01") from None


def main(argv: Sequence[str]) -> int:
    """The exit code: 0, or 2 with a sentence for a wrong argument."""
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
    work.progress("")
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

    def home(options: argparse.Namespace) -> Home:
        options.file = options.file or QUARTERS
        options.fallback = eur_mwh(options.fallback) if options.fallback else None
        now = datetime.now(BRUSSELS)
        offer = offers(options.contract or [str(OWN)], OWN, options.area, options.fallback)[0]
        past = past_in(options.file, now, offer.clock)
        start, end = period(past, now.date())
        spots = market(options, options.file, start, end)
        sunlight = partial(data.sunlight, options.sun) if options.sun else None
        series = own.series(past, options.file.name, start, end, spots, sunlight)
        tariff = tariffs.of_days(series, offer, spots, start, end, now.date())
        return Home(series=series, tariff=tariff)

    try:
        return command.main(argv, home, datetime.now(BRUSSELS).date())
    except (ValueError, RatesError, argparse.ArgumentTypeError) as error:
        return _stopped(str(error), Work())
    except OSError as error:
        return _stopped(f"{error.filename}: {error.strerror}", Work())


def _stopped(sentence: str, work: Work) -> int:
    work.progress("")
    print(f"whatif: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    gc.disable()  # a short run of many small values, none of them in a circle: a fifth faster
    sys.exit(main(sys.argv[1:]))
