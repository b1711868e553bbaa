"""Replays past data under several control strategies; prints the cost of each.

none: a car charges when it is plugged in, the battery stores solar surplus.
evcc-like: after evcc's planner and PV mode.
seed: the rules of the first version of this program.
ours: plan/ as dm uses it.
clairvoyant: the cost with perfect knowledge, 100 %.

Without a FILE or a home: the quarters that dm booked. Cars, their trips and
the battery are simulated. A run that was stopped continues.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap

from backtest import cluster, cut, data, house, many, many_table, trace
from backtest.arguments import arguments
from backtest.jobs import (
    BOUND,
    NONE,
    OURS,
    ROOT,
    STRATEGIES,
    TOLD_DAYS,
    Home,
    Job,
    Kept,
    run,
    strategy_of,
    world_of,
)
from backtest.own import TooLittleError
from backtest.table import MEANING, regret_eur, table, versions_told
from backtest.tariffs import day_night, dynamic
from backtest.trace_picture import picture
from backtest.world import PERFECT, Charger, Series, Tariff

BEFORE = 96 * 14
WIDE, WIDTH = 30, 80
WORST_DAYS = 3
Own = Callable[[argparse.Namespace], Home]


def main(argv: Sequence[str], own: Own, today: date) -> int:
    """The exit code: 0, or 2 with a sentence when something that was given is wrong.

    `own` makes a home of the file and the first contract that were named, and raises with a
    sentence when it cannot.
    """
    options = arguments(argv, __doc__)
    if options.homes:
        return _many(options, today)
    try:
        homes = list(_homes(options)) if options.home else [_own(options, own)]
        jobs = list(_jobs(options, homes))
    except TooLittleError as error:
        return _stopped(str(error))
    except FileNotFoundError as error:
        return _stopped(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    kept = Kept(options.kept)
    try:
        run(jobs, kept, max(1, options.cores), progress)
    except KeyboardInterrupt:
        progress(0, 0, "")
        return _stopped("ended; started again it continues where it was", code=130)
    progress(0, 0, "")
    print(*page(jobs, kept), sep="\n")
    if options.trace:
        _draw(jobs, kept, options.trace)
    return 0


def _draw(jobs: Sequence[Job], kept: Kept, folder: Path) -> None:
    """Pictures of the worst days of the stretch in which ours lost most, if ours is among them."""
    mine = [job for job in jobs if job.strategy == OURS]
    if not mine:
        return
    job = max(mine, key=lambda each: regret_eur(each, kept))
    world = world_of(job)
    ours = trace.lived(world, strategy_of(job, world), job.home.charger)
    best = trace.bound(world_of(job.under(BOUND)))
    folder.mkdir(parents=True, exist_ok=True)
    for day in trace.worst(world, ours, best, WORST_DAYS):
        path = folder / f"{job.where.replace(' ', '_')}_{day.day}.svg"
        path.write_text(picture(job.where, world, (ours, best), day), encoding="utf-8")
        print(f"{path}: {day.regret_eur:.2f} EUR more than with perfect knowledge")


def _many(options: argparse.Namespace, today: date) -> int:
    """Every home of a folder: a table, and a drawing if requested."""
    terms = many.Terms(
        contract=_whole(options.contract[0]) if options.contract else str(ROOT / "rates.json"),
        prices=tuple(_whole(str(each)) for each in options.prices),
        fallback=Decimal(options.fallback) if options.fallback else None,
        area=options.area,
        sun=_whole(str(options.sun)) if options.sun else None,
        battery=house.battery(options),
        cars=house.counts(options)[0],
        least_kw=options.least,
        months=tuple(options.month),
        days=options.days,
        every=options.every,
    )
    try:
        found = many.files(options.homes.resolve())
        years = [many.HomeYear(path=str(path), terms=terms, today=today) for path in found]
        with cluster.workers(options.on, max(1, options.cores)) as executor:
            kept = options.homes / "results"
            results = list(many.run(years, kept, executor, progress))
    except (cluster.NoClusterError, OSError, ValueError) as error:
        progress(0, 0, "")
        return _stopped(str(error))
    except KeyboardInterrupt:
        progress(0, 0, "")
        return _stopped("ended; started again it continues where it was", code=130)
    progress(0, 0, "")
    results.sort(key=lambda each: each.name)
    print(*many_table.table(results), versions_told(), sep="\n")
    if options.svg:
        options.svg.write_text(many_table.drawing(results), encoding="utf-8")
    return 0


def _whole(text: str) -> str:
    """The path from the root where it is one: a worker may run in another folder."""
    return str(Path(text).resolve()) if Path(text).exists() else text


def page(jobs: Sequence[Job], kept: Kept) -> Iterator[str]:
    """The page: source of the numbers, versions, table."""
    battery, least_kw = jobs[0].home.battery, jobs[0].home.least_kw
    charger = jobs[0].home.charger
    told = [
        *(f"{job.home.series.name}: {job.home.series.provenance}." for job in jobs),
        *(
            f"Contract {tariff.name}: {tariff.told}."
            for tariff in (job.home.tariff for job in jobs)
        ),
        f"Battery {battery.capacity_kwh:g} kWh, {battery.kw:g} kW. Cars charge from {least_kw:g}"
        f" kW to 11 kW{_response(charger)}. A stretch is a home, its contract, how many cars, the"
        f" {_span(jobs[0])}{_first(jobs[0])}. Ours plans each {15 * jobs[0].every}"
        f" minutes{_late(jobs[0])}.",
        *(f"{sentence[0].upper()}{sentence[1:]}." for sentence in jobs[0].home.told),
        *MEANING,
        versions_told(),
    ]
    for sentence in dict.fromkeys(told):
        yield from wrap(sentence, WIDTH, subsequent_indent="    ")
    yield ""
    yield from table(jobs, kept)


def _span(job: Job) -> str:
    return f"days since {job.begin}" if job.begin else "month"


def _first(job: Job) -> str:
    return f", of which the first {job.days} days" if job.days else ""


def _response(charger: Charger) -> str:
    """Words for chargers that are not perfect."""
    if charger == PERFECT:
        return ""
    return f", {charger.latency_s:g} s after a command, in steps of {charger.step_a:g} A"


def stretches(
    homes: Sequence[Home], cars: Sequence[int], wanted: Sequence[int], begin: date | None = None
) -> Iterator[Job]:
    """Each home's months (all without `wanted`; 0 is the whole stretch), not controlled; with
    `begin` one stretch since that day."""
    for home in homes:
        if begin is not None:
            yield from _since(home, cars, begin)
            continue
        there = cut.months(home.series)
        chosen = [each for each in there if not wanted or each.month in wanted]
        for month in [None] if 0 in wanted else chosen:
            yield from (Job(home=home, cars=count, month=month, strategy=NONE) for count in cars)


def _since(home: Home, cars: Sequence[int], begin: date) -> Iterator[Job]:
    """The stretch since a day. TooLittleError where the home is not known then."""
    local = home.series.local()
    if not local[0].date() <= begin <= local[-1].date():
        raise TooLittleError(
            f"{home.series.name} is known from {local[0].date()} to {local[-1].date()}"
        )
    yield from (Job(home=home, cars=n, month=None, strategy=NONE, begin=begin) for n in cars)


def _jobs(options: argparse.Namespace, homes: Sequence[Home]) -> Iterator[Job]:
    if find_spec("highspy") is None:
        raise TooLittleError("the clairvoyant needs the solver: pip install highspy")
    if options.minute and any(home.series.steps == 1 for home in homes):
        raise TooLittleError("only the homes nl2024 and made2023 have minutes")
    if options.begin is not None and options.month:
        raise TooLittleError("--from and --month cannot be used together")
    found = list(stretches(homes, house.counts(options), options.month, options.begin))
    if not found:
        raise TooLittleError("the data has none of these months")
    names = dict.fromkeys((NONE, *(options.strategy or STRATEGIES), BOUND))
    for job in found:
        for name in names:
            yield replace(
                job,
                by_minute=options.minute,
                days=options.days,
                every=options.every,
                told_days=options.told,
            ).under(name)


def _late(job: Job) -> str:
    return "" if job.told_days == TOLD_DAYS else f", told of trips {job.told_days} days ahead"


def _own(options: argparse.Namespace, own: Own) -> Home:
    """The home of the householder's own past, with all that was described."""
    return house.described(own(options), options)


def _homes(options: argparse.Namespace) -> Iterator[Home]:
    if unknown := set(options.contract) - {"A", "B"}:
        raise TooLittleError(f"a home of DM_SHARED has contract A or B, not {', '.join(unknown)}")
    for name in options.home:
        for each in homes(name, options.contract or ["A", "B"], kwp=options.kwp):
            yield house.described(each, options)


def homes(name: str, contracts: Sequence[str], kwp: float = data.KWP) -> list[Home]:
    """A home of the data folder under each contract. FileNotFoundError with a sentence."""
    if not data.SHARED.joinpath("data").is_dir():
        raise FileNotFoundError(f"there is no data in {data.SHARED}: set DM_SHARED")
    series = data.HOMES[name](kwp)
    return [Home(series=series, tariff=_tariff(series, contract)) for contract in contracts]


def _tariff(series: Series, contract: str) -> Tariff:
    if contract == "A":
        return day_night(series)
    return dynamic(series, data.spot(series.start - timedelta(days=14), BEFORE))


def progress(count: int, total: int, what: str) -> None:
    """The line of a terminal on which it stands, or an empty one."""
    if sys.stderr.isatty():
        filled = "#" * (WIDE * count // total) if total else ""
        text = f"{filled:.<{WIDE}} {count} of {total}: {what}"[:79] if total else ""
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def _stopped(sentence: str, code: int = 2) -> int:
    print(f"whatif: {sentence}", file=sys.stderr)
    return code
