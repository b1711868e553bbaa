"""Many homes: each file of a folder is a home, replayed by a free process; its result is kept.

A worker receives the name of the file and the terms, some hundred bytes; the worker reads
the file itself. Each home has its own result file: a run that was stopped continues.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from backtest import cut, data, own
from backtest.jobs import BOUND, NONE, OURS, ROOT, RULES, Home, Job, done, versions
from backtest.plant import HALF_A_CENT_EUR, Outcome
from backtest.table import MONTH_DAYS
from backtest.tariffs import of_days
from backtest.world import Battery
from rates.calendar import day_start
from rates.curve import Spots
from rates.errors import RatesError
from rates.files import market_spots
from rates.named import offers
from rates.past.file import prices_in, quarters_in
from rates.past.quarters import period

ENDINGS = (".csv", ".csv.gz", ".zip", ".xlsx")
STRATEGIES = (NONE, *RULES, OURS, BOUND)
INDEX_BACK = timedelta(days=4 * 31)
"""A monthly or quarterly index is made of the prices before."""
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Common settings of all homes; plain values that can be sent."""

    contract: str
    prices: tuple[str, ...] = ()
    fallback: Decimal | None = None
    area: str | None = None
    sun: str | None = None
    battery: Battery = cut.HOME_BATTERY
    cars: int = 1
    least_kw: float = cut.LEAST_KW
    months: tuple[int, ...] = ()
    days: int | None = None
    every: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeYear:
    """One home's file under some terms, with the day of today."""

    path: str
    terms: Terms
    today: date

    @property
    def name(self) -> str:
        return Path(self.path).name.partition(".")[0]

    @property
    def key(self) -> str:
        """The same for the same file (its size and time), terms and code."""
        stat = Path(self.path).stat()
        whole = repr((self.terms, stat.st_size, stat.st_mtime_ns, sorted(versions().items())))
        return hashlib.sha256(whole.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A home's months under each strategy, or the reason without any."""

    name: str
    key: str
    days: float = 0.0
    costs: dict[str, float] | None = None
    missed: int = 0
    peak_kw: float = 0.0
    bound_peak_kw: float = 0.0
    trouble: str = ""

    @property
    def share(self) -> float | None:
        """Share of the possible saving that ours reaches, percent; None where nothing could."""
        if (
            self.costs is None
            or (possible := self.costs[NONE] - self.costs[BOUND]) < HALF_A_CENT_EUR
        ):
            return None
        return 100 * (self.costs[NONE] - self.costs[OURS]) / possible

    @property
    def regret_eur(self) -> float:
        """Cost above the clairvoyant's, EUR a month."""
        if self.costs is None or not self.days:
            return 0.0
        return (self.costs[OURS] - self.costs[BOUND]) / self.days * MONTH_DAYS


def files(folder: Path) -> list[Path]:
    """The homes of a folder, in the order of their names. ValueError without any."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found = sorted(path for path in folder.iterdir() if path.name.endswith(ENDINGS))
    if not found:
        raise ValueError(f"{folder} has no homes: files that end with {', '.join(ENDINGS)}")
    return found


def lived(year: HomeYear) -> Result:
    """Cost of each strategy in this home. A file that cannot be read gives its sentence."""
    try:
        home = _home(Path(year.path), year.terms, year.today)
        jobs = list(_jobs(home, year.terms))
    except (ValueError, OSError, RatesError) as error:
        return Result(name=year.name, key=year.key, trouble=str(error))
    outcomes: dict[str, list[Outcome]] = {
        strategy: [done(job.under(strategy)) for job in jobs] for strategy in STRATEGIES
    }
    return Result(
        name=year.name,
        key=year.key,
        days=sum(job.day_count for job in jobs),
        costs={name: sum(out.cost_eur for out in each) for name, each in outcomes.items()},
        missed=sum(out.missed_trips for out in outcomes[OURS]),
        peak_kw=_mean_peak(outcomes[OURS]),
        bound_peak_kw=_mean_peak(outcomes[BOUND]),
    )


def run(years: Sequence[HomeYear], kept: Path, executor: Executor, told: Tell) -> Iterator[Result]:
    """The result of each home, those kept first; `told` is called with the number done, the total,
    and the last one."""
    kept.mkdir(parents=True, exist_ok=True)
    todo = []
    count = 0
    for year in years:
        if (found := _read(kept / f"{year.name}.json", year.key)) is None:
            todo.append(year)
        else:
            count += 1
            yield found
    told(count, len(years), "beginning")
    futures = [executor.submit(lived, year) for year in todo]
    try:
        for future in as_completed(futures):
            result: Result = future.result()
            count += 1
            _write(kept / f"{result.name}.json", result)
            told(count, len(years), result.name)
            yield result
    finally:
        for future in futures:
            future.cancel()


def _read(path: Path, key: str) -> Result | None:
    """A result that was kept; None when it is of other code, terms or another file."""
    try:
        result = Result(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return result if result.key == key and not result.trouble else None


def _write(path: Path, result: Result) -> None:
    """Whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(result)), encoding="utf-8")
    new.replace(path)


def _home(path: Path, terms: Terms, today: date) -> Home:
    own_rates = ROOT / "rates.json"
    (offer,) = offers([terms.contract], own_rates, terms.area, terms.fallback)
    past = quarters_in(path.read_bytes(), path.name, offer.clock, ())
    start, end = period(past, today)
    spots = _spots(terms.prices, start, end)
    sunlight = partial(data.sunlight, Path(terms.sun)) if terms.sun else None
    series = own.series(past, path.name, start, end, spots, sunlight)
    tariff = of_days(series, offer, spots, start, end, today)
    return Home(series=series, tariff=tariff, battery=terms.battery, least_kw=terms.least_kw)


def _spots(prices: Sequence[str], start: date, end: date) -> Spots:
    """The market of the files, the first before the next."""
    found: dict[datetime, Decimal] = {}
    since, until = day_start(start) - INDEX_BACK, day_start(end)
    for name in reversed(prices):
        path = Path(name)
        found |= prices_in(path.read_bytes(), path.name, since, until)
    return market_spots(found.get).kept()


def _jobs(home: Home, terms: Terms) -> Iterator[Job]:
    there = cut.months(home.series)
    for month in there:
        if not terms.months or month.month in terms.months:
            yield Job(
                home=home, cars=terms.cars, month=month, strategy=NONE,
                days=terms.days, every=terms.every,
            )  # fmt: skip


def _mean_peak(outcomes: Sequence[Outcome]) -> float:
    peaks = [kw for out in outcomes for kw in out.peaks_kw]
    return sum(peaks) / len(peaks) if peaks else 0.0
