"""Tables of results in 80 columns: the cost of each period by its parts, then each strategy over
the periods tuned on and those held out."""

from collections.abc import Iterator, Sequence
from math import isnan
from statistics import fmean

from backtest.held_out import held_out
from backtest.jobs import BOUND, NONE, RULES, Job, Kept, commit, solver, versions
from backtest.plant import HALF_A_CENT_EUR, Outcome, share_of

COST = ("cost", "energy", "peak", "wear", "kWh", "left", "kW", "share")
COST_WIDTHS = (7, 7, 6, 5, 4, 7, 6, 6)
OVER = ("share", "least", "beyond", "EUR/month", "over kW", "trips", "starts")
OVER_WIDTHS = (8, 8, 8, 11, 9, 7, 8)
MONTH_DAYS = 365.25 / 12
MEANING = (
    "EUR: cost = energy + peak + wear + kWh (missed at departures, 1 EUR each) - left (what is"
    " stored more than at the start). Nobody's cost is below the clairvoyant's; a bill may be."
    " kW: mean of the month peaks. share: what was saved of what the clairvoyant saved, %.",
    "Over all: share as above, mean and least; beyond: what was saved more than the cheaper of"
    " evcc-like and seed, of what the clairvoyant saved more; EUR/month: cost above the"
    " clairvoyant's; over kW: billed month peak above the clairvoyant's; trips: missed by more than"
    " 0.5 kWh; starts: of cars, a day.",
)


def table(jobs: Sequence[Job], kept: Kept) -> Iterator[str]:
    """A line for each job, then a line for each strategy."""
    yield f"{'stretch':<21}{'strategy':<11}" + _cells(COST, COST_WIDTHS)
    before = ""
    for job in jobs:
        where = "" if job.where == before else job.where
        before = job.where
        yield f"{where:<21}{job.strategy:<11}" + _cells(_cost(job, kept), COST_WIDTHS)
    for name, group in _groups(jobs):
        yield ""
        yield f"{name:<21}" + _cells(OVER, OVER_WIDTHS)
        for strategy in dict.fromkeys(job.strategy for job in group):
            mine = [job for job in group if job.strategy == strategy]
            yield f"{strategy:<21}" + _cells(_over(mine, group, kept), OVER_WIDTHS)


def versions_told() -> str:
    """The versions of the code of each strategy."""
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Strategies and their versions: {named}; {solver()}; commit {commit()}."


def share(job: Job, kept: Kept) -> float:
    """Share of the possible saving that was reached, percent; NaN where nothing could."""
    return share_of(kept[job], kept[job.under(NONE)], kept[job.under(BOUND)].cost_eur)


def beyond(job: Job, rules: Sequence[Job], kept: Kept) -> float:
    """Share of the possible saving beyond the cheapest of some rules that was reached: percent, or
    NaN."""
    if not rules:
        return float("nan")
    simple_eur = min(kept[each].cost_eur for each in rules)
    possible_eur = simple_eur - kept[job.under(BOUND)].cost_eur
    if possible_eur < HALF_A_CENT_EUR:
        return float("nan")
    return 100 * (simple_eur - kept[job].cost_eur) / possible_eur


def regret_eur(job: Job, kept: Kept) -> float:
    """Cost above the clairvoyant's, EUR a month."""
    above = kept[job].cost_eur - kept[job.under(BOUND)].cost_eur
    return above / job.day_count * MONTH_DAYS


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


def _groups(jobs: Sequence[Job]) -> Iterator[tuple[str, list[Job]]]:
    """Stretches that were tuned on, those held out, and those of several months, each with how many
    they are."""
    for name in ("tuned on", "held out", "over months"):
        group = [job for job in jobs if _group(job) == name]
        if group:
            count = len(dict.fromkeys(job.where for job in group))
            yield f"{name}: {count}", group


def _group(job: Job) -> str:
    if job.month is None:
        return "over months"
    return "held out" if held_out(job.month) else "tuned on"


def _cost(job: Job, kept: Kept) -> tuple[str, ...]:
    out = kept[job]
    money = (out.cost_eur, out.energy_eur, out.peak_eur, out.wear_eur)
    return (
        *(_euro(each, width) for each, width in zip(money, COST_WIDTHS, strict=False)),
        f"{out.missed_kwh:.1f}" if out.missed_kwh < 9.95 else f"{out.missed_kwh:.0f}",
        f"{out.leftover_eur:.2f}",
        f"{peak_kw(out):.2f}",
        _percent([share(job, kept)]),
    )


def _over(jobs: Sequence[Job], group: Sequence[Job], kept: Kept) -> tuple[str, ...]:
    strategy = jobs[0].strategy
    shares = _known(share(job, kept) for job in jobs)
    rules = {
        job.where: [each for each in group if each.where == job.where and each.strategy in RULES]
        for job in jobs
    }
    more = (
        [] if strategy in (NONE, *RULES) else _known(beyond(j, rules[j.where], kept) for j in jobs)
    )
    days = sum(job.day_count for job in jobs)
    return (
        _percent(shares),
        f"{min(shares):.1f}" if shares else "-",
        _percent(more),
        f"{fmean(regret_eur(job, kept) for job in jobs):.2f}",
        f"{fmean(over_kw(job, kept) for job in jobs):.2f}",
        f"{sum(kept[job].missed_trips for job in jobs)}",
        f"{sum(kept[job].starts for job in jobs) / days:.1f}" if strategy != BOUND else "-",
    )


def _known(values: Iterator[float]) -> list[float]:
    """Results of periods with a possible saving."""
    return [each for each in values if not isnan(each)]


def _euro(eur: float, width: int) -> str:
    """Two decimals, or one where they would fill the column: a blank stays before it."""
    text = f"{eur:.2f}"
    return text if len(text) < width else f"{eur:.1f}"


def _percent(values: Sequence[float]) -> str:
    known = _known(iter(values))
    return f"{fmean(known):.1f}" if known else "-"


def _cells(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
