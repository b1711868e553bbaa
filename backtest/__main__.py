"""Lives past months again under each strategy, and prints what they came to side by side.

Homes: be2022 (one year, all Belgian), be2025 (prices and sun of 2025), nl2024 (a real month by the
minute), made2023 (a made year by the minute). Contracts: A day and night, B the market's quarters.
What was done is kept: ended and started again, it goes on where it was.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from backtest import data, rules
from backtest.bound import clairvoyant
from backtest.ours import Ours
from backtest.plant import Outcome, Strategy, live, share_of
from backtest.world import World

KEPT = Path.home() / ".cache" / "digital_meter" / "backtest.jsonl"
HOMES: dict[str, Callable[[], data.Series]] = {
    "be2022": lambda: data.combined(2022),
    "be2025": lambda: data.combined(2025),
    "nl2024": data.minutes_month,
    "made2023": data.synthetic,
}
BOUND, NONE = "clairvoyant", "none"
STRATEGIES: dict[str, Callable[[World], Strategy]] = {
    NONE: rules.uncontrolled,
    "evcc-like": rules.evcc_like,
    "seed": rules.seed,
    "ours": Ours,
}


@dataclass(frozen=True, slots=True)
class Job:
    """One stretch under one strategy. `month` 0 is all there is of the home."""

    home: str
    contract: str
    cars: int
    month: int
    strategy: str
    by_minute: bool = False

    @property
    def key(self) -> str:
        minute = " by minute" if self.by_minute else ""
        return f"{self.home} {self.contract} {self.cars} {self.month} {self.strategy}{minute}"


@lru_cache(maxsize=4)
def series(home: str) -> data.Series:
    return HOMES[home]()


def done(job: Job) -> Outcome:
    """What the job came to. It takes seconds, or a minute for ours."""
    home = series(job.home)
    month = date(home.start.year + (home.start.month == 12), job.month, 1) if job.month else None
    world = data.world(home, job.contract, job.cars, month, by_minute=job.by_minute)
    if job.strategy == BOUND:
        return clairvoyant(world)
    return live(world, STRATEGIES[job.strategy](world), job.strategy, lambda _: None)


def version() -> str:
    """Changes when anything that decides or reckons changes."""
    root = Path(__file__).parents[1]
    sources = sorted([*root.glob("plan/*.py"), *root.glob("backtest/*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


class Kept:
    """The results of this version, in a file that is only ever added to."""

    def __init__(self, path: Path) -> None:
        self.path, self.version = path, version()
        self.results: dict[str, Outcome] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["version"] == self.version:
                    self.results[row["key"]] = Outcome(**row["outcome"])

    def keep(self, job: Job, outcome: Outcome) -> None:
        self.results[job.key] = outcome
        self.path.parent.mkdir(parents=True, exist_ok=True)
        row = {"version": self.version, "key": job.key, "outcome": asdict(outcome)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def run(jobs: Sequence[Job], kept: Kept, cores: int) -> None:
    """Every job has its result in `kept`."""
    todo = [job for job in jobs if job.key not in kept.results]
    with ProcessPoolExecutor(cores, initializer=_quiet) as pool:
        for count, (job, outcome) in enumerate(
            zip(todo, pool.map(done, todo), strict=True), len(jobs) - len(todo) + 1
        ):
            kept.keep(job, outcome)
            _progress(count, len(jobs), job.key)
    _progress(0, 0, "")


def _quiet() -> None:
    """The solver's greeting stays out of the table."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _progress(count: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        filled = "#" * (30 * count // total) if total else ""
        text = f"{filled:30} {count} of {total}: {what}"[:79] if total else ""
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def table(jobs: Iterable[Job], kept: Kept) -> Iterator[str]:
    """One line for each stretch and strategy; then each strategy's mean share."""
    head = ("bill", "peak kW", "missed", "cycles", "starts", "cost", "share")
    yield f"{'home contract cars month':26}{'strategy':13}" + "".join(f"{h:>9}" for h in head)
    yield f"{'':39}" + "".join(f"{u:>9}" for u in ("EUR", "mean", "kWh", "", "", "EUR", "%"))
    shares: dict[str, list[float]] = {}
    for job in jobs:
        out = kept.results[job.key]
        none = kept.results[_other(job, NONE).key]
        bound = kept.results[_other(job, BOUND, by_minute=False).key]
        share = share_of(out, none, bound.cost_eur)
        shares.setdefault(job.strategy, []).append(share)
        where = f"{job.home} {job.contract} {job.cars} {job.month or 'all'}"
        peak = sum(out.peaks_kw) / max(1, len(out.peaks_kw))
        yield (
            f"{where:26}{job.strategy:13}{out.bill_eur:9.2f}{peak:9.2f}{out.missed_kwh:9.1f}"
            f"{out.cycles:9.1f}{out.starts:9d}{out.cost_eur:9.2f}{share:9.1f}"
        )
    for name, each in shares.items():
        yield f"{name:13} mean {sum(each) / len(each):6.1f} %  least {min(each):6.1f} %"


def _other(job: Job, strategy: str, by_minute: bool | None = None) -> Job:
    minute = job.by_minute if by_minute is None else by_minute
    return Job(job.home, job.contract, job.cars, job.month, strategy, minute)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./do_py.sh backtest", description=__doc__)
    parser.add_argument("--home", nargs="+", choices=HOMES, default=["be2022"])
    parser.add_argument("--contract", nargs="+", choices=("A", "B"), default=["A", "B"])
    parser.add_argument("--cars", nargs="+", type=int, choices=(0, 1, 2), default=[1, 2])
    parser.add_argument("--month", nargs="+", type=int, default=[1, 4, 7, 10],
                        help="months of the year; 0 is the whole stretch")  # fmt: skip
    parser.add_argument("--strategy", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    parser.add_argument("--minute", action="store_true", help="minute by minute, where known")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kept", type=Path, default=KEPT, help="where results are kept")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = arguments(argv)
    if not data.SHARED.joinpath("data").is_dir():
        print(f"backtest: there is no data in {data.SHARED}: set DM_SHARED", file=sys.stderr)
        return 2
    stretches = [
        (home, contract, cars, 0 if home == "nl2024" else month)
        for home in options.home
        for contract in options.contract
        for cars in options.cars
        for month in (options.month if home != "nl2024" else [0])
    ]
    names = [NONE, *(name for name in options.strategy if name != NONE)]
    shown = [Job(*each, name, options.minute) for each in stretches for name in names]
    bounds = [Job(*each, BOUND) for each in stretches]
    kept = Kept(options.kept)
    run([*bounds, *shown], kept, options.cores)
    print(f"strategies of version {kept.version}, data in {data.SHARED / 'data'}")
    print(*table(shown, kept), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
