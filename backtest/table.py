"""Table of results in 80 columns: each stretch, then each strategy over all of them."""

from collections.abc import Iterator, Sequence
from math import isnan
from statistics import fmean

from backtest.jobs import BOUND, NONE, Job, Kept, solver, versions
from backtest.plant import Outcome, share_of

HEAD = ("bill EUR", "peak kW", "trips", "kWh", "cycles", "starts", "share")
WIDTHS = (9, 8, 6, 5, 7, 7, 6)


def table(jobs: Sequence[Job], kept: Kept) -> Iterator[str]:
    """A line for each job, then a line for each strategy."""
    yield f"{'stretch':<21}{'strategy':<11}" + _cells(HEAD)
    before = ""
    for job in jobs:
        where = "" if job.where == before else job.where
        before = job.where
        yield f"{where:<21}{job.strategy:<11}" + _cells(_row([job], kept))
    yield ""
    yield f"{'all of them':<21}{'strategy':<11}" + _cells(HEAD)
    for name in dict.fromkeys(job.strategy for job in jobs):
        mine = [job for job in jobs if job.strategy == name]
        shares = _shares(mine, kept)
        told = f"least {min(shares):.1f} %" if shares and name not in (NONE, BOUND) else ""
        yield f"{told:<21}{name:<11}" + _cells(_row(mine, kept))


def versions_told() -> str:
    """The versions of the code of each strategy."""
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Strategies and their versions: {named}; {solver()}."


def share(job: Job, kept: Kept) -> float:
    """Of what could be saved, how much was: percent; NaN where nothing could."""
    return share_of(kept[job], kept[job.under(NONE)], kept[job.under(BOUND)].cost_eur)


def peak_kw(outcome: Outcome) -> float:
    """The month peaks, their mean."""
    return fmean(outcome.peaks_kw)


def over_kw(job: Job, kept: Kept) -> float:
    """Mean excess of the billed month peak over the clairvoyant's."""
    floor_kw = job.home.tariff.floor_kw
    mine, bound = (
        fmean(max(floor_kw, kw) for kw in kept[each].peaks_kw) for each in (job, job.under(BOUND))
    )
    return mine - bound


def _row(jobs: Sequence[Job], kept: Kept) -> tuple[str, ...]:
    outcomes = [kept[job] for job in jobs]
    return (
        f"{sum(each.bill_eur for each in outcomes):.2f}",
        f"{fmean(map(peak_kw, outcomes)):.2f}",
        f"{sum(each.missed_trips for each in outcomes)}",
        f"{sum(each.missed_kwh for each in outcomes):.1f}",
        f"{sum(each.cycles for each in outcomes):.1f}",
        f"{sum(each.starts for each in outcomes)}" if jobs[0].strategy != BOUND else "-",
        f"{fmean(shares):.1f}" if (shares := _shares(jobs, kept)) else "-",
    )


def _shares(jobs: Sequence[Job], kept: Kept) -> list[float]:
    """The shares of those stretches in which there was something to be saved."""
    return [each for each in (share(job, kept) for job in jobs) if not isnan(each)]


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
