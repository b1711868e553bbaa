"""Command-line arguments of whatif.py --strategy."""

import argparse
import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from backtest import data, house
from backtest.jobs import KEPT, STRATEGIES, TOLD_DAYS
from base.number_option import number

EXAMPLES = """\
examples:
  this house, by its own quarters and rates.json:
    ./do_py.sh whatif.py --strategy
  an export of mijn.fluvius.be, two cars:
    ./do_py.sh whatif.py export.csv --cars 2 --battery 5 2.5 \\
        --strategy none ours
  every home of a folder, on the machines of a Dask scheduler:
    ./do_py.sh whatif.py --strategy --homes FOLDER --contract fixed \\
        --on tcp://scheduler:8786 --svg homes.svg
  homes of the folder DM_SHARED:
    ./do_py.sh whatif.py --home be2022 nl2024 --contract A B \\
        --month 1 4 7 10 --strategy
"""
Add = Callable[..., argparse.Action]


def arguments(argv: Sequence[str], description: str | None) -> argparse.Namespace:
    """The arguments, under the `description` of the command."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh whatif.py --strategy", description=description, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    _add_past(parser.add_argument)
    house.add_options(parser)
    _add_stretch(parser.add_argument)
    _add_homes(parser.add_argument)
    _add_run(parser.add_argument)
    return parser.parse_args(argv)


def _add_past(add: Add) -> None:
    """The past that is replayed, its contracts and prices."""
    add(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="quarters.db, an export of mijn.fluvius.be, or a CSV (default: history/quarters.db)",
    )
    add(
        "--strategy",
        nargs="*",
        choices=STRATEGIES,
        metavar="WHICH",
        default=[],
        help=f"{', '.join(STRATEGIES)} (default: all); none and the clairvoyant are always"
        " computed",
    )
    add("--home", nargs="+", choices=data.HOMES, default=[], metavar="HOME",
        help=f"homes of the folder DM_SHARED: {', '.join(data.HOMES)}")  # fmt: skip
    add(
        "--contract",
        nargs="+",
        default=[],
        metavar="NAME|FILE",
        help="of a home: A (day and night), B (the market's quarters); of your own past: an example"
        " by name or a file (default: A and B; rates.json)",
    )
    add("--prices", nargs="+", type=Path, default=[], metavar="FILE", help="as without --strategy")
    add("--fallback", metavar="EUR/MWH", help="as without --strategy")
    add(
        "--sun",
        type=Path,
        metavar="FILE",
        help="sunlight of your region: a CSV with start_utc, kw_per_kwp and, where it is known,"
        " told_kw_per_kwp (forecast a day ahead); panels in your own past are fitted to it",
    )
    add("--area", metavar="NAME", help="as without --strategy")


def _add_stretch(add: Add) -> None:
    """The part of the past."""
    add(
        "--month",
        nargs="+",
        type=int,
        choices=range(13),
        metavar="1..12",
        default=[],
        help="these months only (default: all there are); 0 replays the whole stretch as one",
    )
    add("--from", dest="begin", type=_day, metavar="DAY",
        help="one stretch from this day (2022-01-20) over the ends of months, of --days or all that"
        " follows")  # fmt: skip


def _add_homes(add: Add) -> None:
    """Many homes at once."""
    add("--homes", type=Path, metavar="FOLDER",
        help="each file of it is a home (exports, CSV): spread over --on, a table of all of them;"
        " its results are kept in FOLDER/results")  # fmt: skip
    add("--on", metavar="ADDRESS",
        help="a Dask scheduler, tcp://host:8786 (default: --cores here)")  # fmt: skip
    add("--svg", type=Path, metavar="FILE", help="of --homes: also draw the distribution")


def _add_run(add: Add) -> None:
    """The run itself: its steps, the knowledge of trips, results."""
    add("--trace", type=Path, metavar="FOLDER",
        help="also draw the three worst days of ours beside perfect knowledge")  # fmt: skip
    add("--days", type=number(int, 1, 10_000), metavar="N",
        help="of each month, or since --from, only the first N days")  # fmt: skip
    add("--every", type=number(int, 1, 96), default=1, metavar="QUARTERS",
        help="ours plans again each QUARTERS quarters (default: 1, as dm does)")  # fmt: skip
    add("--told", type=number(int, 0, TOLD_DAYS), default=TOLD_DAYS, metavar="DAYS",
        help="ours learns of trips DAYS days before the car leaves (default: %(default)s); 0:"
        " only the usual ones are expected")  # fmt: skip
    add("--minute", action="store_true", help="minute by minute, of homes known by the minute")
    add("--cores", type=number(int, 1, 1024), default=os.cpu_count() or 1, metavar="N",
        help="number of processes (default: %(default)s)")  # fmt: skip
    add("--kept", type=Path, default=KEPT, metavar="FILE",
        help="where results are kept (default: %(default)s)")  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day such as 2022-01-20") from None
