"""Replays periods under each strategy, in parallel on all cores; results are kept."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from backtest import cut, rules
from backtest.bound import clairvoyant
from backtest.cut import day_span, month_span
from backtest.fleet import Model
from backtest.ours import Ours
from backtest.plant import Outcome, Strategy, live
from backtest.world import PERFECT, Battery, Charger, Series, Tariff, World

KEPT = Path.home() / ".cache" / "digital_meter" / "backtest.jsonl"
ROOT = Path(__file__).parents[1]
BOUND, NONE, OURS = "clairvoyant", "none", "ours"
STRATEGIES: Mapping[str, Callable[[World], Strategy]] = {
    NONE: rules.uncontrolled,
    "evcc-like": rules.evcc_like,
    "seed": rules.seed,
    OURS: Ours,
}
TOLD_DAYS = 7
"""Trips are known a week ahead in all figures unless noted."""
RULES = ("evcc-like", "seed")
"""The simple strategies, with which the value of a plan is compared."""
WORLD = (
    "backtest/world.py",
    "backtest/cut.py",
    "backtest/fleet.py",
    "backtest/plant.py",
    "backtest/trips.py",
)
PARTS: Mapping[str, tuple[str, ...]] = {
    BOUND: ("backtest/bound.py", "plan/program.py"),
    OURS: ("backtest/ours.py", "plan/**/*.py", "ev/habit.py", "base/messages/*.py"),
    **dict.fromkeys((NONE, *RULES), ("backtest/rules.py",)),
}
"""The code of each strategy: its version changes with any part."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """A home, what it pays, and its battery. `models` are its cars, as far as they are not made
    up; `told` are its other parameters, as sentences."""

    series: Series
    tariff: Tariff
    battery: Battery = cut.HOME_BATTERY
    least_kw: float = cut.LEAST_KW
    charger: Charger = PERFECT
    models: tuple[Model, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def pulses(self) -> bool:
        """True if its cars cannot go low enough: they are replayed by the minute, in parts of a
        quarter."""
        least = (self.least_kw, *(model.least_kw or 0.0 for model in self.models))
        return max(least) > cut.LEAST_KW

    @cached_property
    def digest(self) -> str:
        """The same for the same numbers."""
        series, tariff = self.series, self.tariff
        parts = (series.load_kw, series.solar_kw, series.solar_told_kw, tariff.buy, tariff.sell)
        whole = hashlib.sha256(b"".join(part.tobytes() for part in parts))
        more = (
            series.start, series.steps, tariff.eur_kw, tariff.floor_kw, self.battery,
            self.least_kw, self.charger, self.models,
        )  # fmt: skip
        whole.update(repr(more).encode())
        return whole.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One period of a home under one strategy: of a `month`, or of all its months, from `begin` on
    where that is known.

    `days`: only the first ones. `every`: quarters after which ours plans again, 1 as dm does. Of a
    trip it hears `told_days` ahead.
    """

    home: Home
    cars: int
    month: date | None
    strategy: str
    by_minute: bool = False
    days: int | None = None
    every: int = 1
    told_days: int = TOLD_DAYS
    begin: date | None = None

    @property
    def day_count(self) -> float:
        """Days of the period."""
        first, last = self.span
        return (last - first) / 96

    @property
    def span(self) -> tuple[int, int]:
        """Its quarters in the home's year."""
        series = self.home.series
        if self.month is not None:
            first, last = month_span(series, self.month)
        else:
            first, last = day_span(series, self.begin) if self.begin else (0, series.quarters)
        return first, last if self.days is None else min(last, first + 96 * self.days)

    @property
    def where(self) -> str:
        since = f"{self.begin:%m-%d}+" if self.begin else "all"
        month = f"{self.month:%Y-%m}" if self.month else since
        return f"{self.home.series.name} {self.home.tariff.name[:6].strip()} {self.cars} {month}"

    @property
    def key(self) -> str:
        minute = " by minute" if self.by_minute and self.strategy != BOUND else ""
        version = versions()[self.strategy]
        days = f" {self.days} days" if self.days else ""
        every = f" every {self.every}" if self.strategy == OURS and self.every > 1 else ""
        late = self.strategy == OURS and self.told_days != TOLD_DAYS
        told = f" told {self.told_days}" if late else ""
        since = f" from {self.begin}" if self.begin else ""
        more = f"{minute}{days}{every}{told}{since}"
        return f"{self.where} {self.strategy}{more} {self.home.digest} {version}"

    def under(self, strategy: str) -> "Job":
        """The same period under another strategy. The clairvoyant sees quarters."""
        return replace(self, strategy=strategy)


def world_of(job: Job) -> World:
    """The period to replay; the clairvoyant uses quarters."""
    home = job.home
    return cut.stretch(
        home.series, home.tariff, job.cars, job.span,
        by_minute=job.strategy != BOUND and (job.by_minute or home.pulses),
        battery=home.battery, least_kw=home.least_kw, models=home.models,
    )  # fmt: skip


def strategy_of(job: Job, world: World) -> Strategy:
    """The code of the strategy."""
    if job.strategy == OURS:
        return Ours(world, every=job.every, told=96 * job.told_days)
    return STRATEGIES[job.strategy](world)


def done(job: Job) -> Outcome:
    """The result of the job. It takes seconds, or a minute for ours."""
    world = world_of(job)
    if job.strategy == BOUND:
        return clairvoyant(world)
    return live(world, strategy_of(job, world), job.strategy, lambda _: None, job.home.charger)


@cache
def versions() -> Mapping[str, str]:
    """Each strategy by its name: the fingerprint of all that decides in it.

    From the files at the first call: a result keeps its key while files change.
    """
    return {name: _fingerprint((*WORLD, *parts)) for name, parts in PARTS.items()}


def _fingerprint(names: Sequence[str]) -> str:
    paths = sorted(path for name in names for path in ROOT.glob(name))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:8]


@cache
def commit() -> str:
    """The commit of this code, short; with + where files differ from it; - without git."""
    git = ("git", "-C", str(ROOT))
    try:
        found = subprocess.run((*git, "rev-parse", "--short=7", "HEAD"), capture_output=True)
        changed = subprocess.run(
            (*git, "status", "--porcelain", "--", "backtest", "plan", "base"), capture_output=True
        )
    except OSError:
        return "-"
    name = found.stdout.decode().strip()
    return (name + "+" if changed.stdout else name) if found.returncode == 0 else "-"


def solver() -> str:
    """The solver and its version."""
    try:
        return f"HiGHS {installed('highspy')}"
    except PackageNotFoundError:
        return "no solver: pip install highspy"


class Kept:
    """The results so far, in an append-only file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, Outcome] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            try:
                row = json.loads(line)
                self.results[row["key"]] = Outcome(**row["outcome"])
            except (ValueError, KeyError, TypeError):
                continue  # cut off while it was written, or of an older form: done again

    def __getitem__(self, job: Job) -> Outcome:
        return self.results[job.key]

    def __contains__(self, job: Job) -> bool:
        return job.key in self.results

    def keep(self, job: Job, outcome: Outcome) -> None:
        self.results[job.key] = outcome
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": job.key, "outcome": asdict(outcome)}) + "\n")


def run(jobs: Sequence[Job], kept: Kept, cores: int, told: Callable[[int, int, str], None]) -> None:
    """Every job has its result in `kept`; `told` is called with the number done, the total, and the
    last one."""
    todo = [job for job in jobs if job not in kept]
    count, total = len(jobs) - len(todo), len(jobs)
    told(count, total, "beginning")
    with TemporaryDirectory() as name, ProcessPoolExecutor(cores, initializer=quiet) as pool:
        folder = Path(name)
        for home in {id(job.home): job.home for job in todo}.values():
            folder.joinpath(home.digest).write_bytes(pickle.dumps(home))
        futures: dict[Future[Outcome], Job] = {
            pool.submit(_done_of, str(folder / job.home.digest), _asked(job)): job for job in todo
        }
        try:
            for future in as_completed(futures):
                job, count = futures[future], count + 1
                kept.keep(job, future.result())
                told(count, total, f"{job.where} {job.strategy}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _asked(job: Job) -> Mapping[str, Any]:
    """All of a job but its home, which is 10 MB."""
    return {each.name: getattr(job, each.name) for each in fields(job) if each.name != "home"}


def _done_of(path: str, asked: Mapping[str, Any]) -> Outcome:
    """The result of a job whose home lies in a file."""
    return done(Job(home=_home(path), **asked))


@lru_cache(maxsize=2)
def _home(path: str) -> Home:
    home: Home = pickle.loads(Path(path).read_bytes())
    return home


def quiet() -> None:
    """The solver's greeting stays out of the table."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
