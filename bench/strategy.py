"""Value of control: a real winter month, car and battery, under each strategy.

A Dutch home by the minute in February 2024, day and night prices, one car, 10 kWh; 100 % is the
saving with perfect knowledge. The targets of all homes together (a mean of 93 %, and 1 point lost
by the minute) are for the whole table: docs/backtest.md, ./do_py.sh whatif.py --strategy ...
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from backtest import jobs
from backtest.command import homes, progress, stretches
from backtest.jobs import BOUND, NONE, OURS, STRATEGIES, Job, Kept
from backtest.table import over_kw, share
from bench.result import Result

HOME, CONTRACT = "nl2024", "A"


def run() -> Iterator[Result]:
    """Percent, kW and trips; the minutes against the quarters."""
    (one,) = stretches(homes(HOME, [CONTRACT]), [1], [])
    quarters = [one.under(name) for name in (*STRATEGIES, BOUND)]
    minutes = [
        Job(home=one.home, cars=1, month=one.month, strategy=name, by_minute=True)
        for name in (NONE, OURS)
    ]
    with TemporaryDirectory() as folder:
        kept = Kept(Path(folder, "kept.jsonl"))
        jobs.run([*quarters, *minutes], kept, 2, progress)
        progress(0, 0, "")
        for job in quarters:
            if job.strategy not in (NONE, BOUND):
                target = "at least 88" if job.strategy == OURS else ""
                name = f"{job.strategy}: of the saving there was"
                yield Result(name=name, value=share(job, kept), unit="%", target=target)
        ours, fine = one.under(OURS), minutes[1]
        above = over_kw(ours, kept)
        yield Result(
            name="ours: month peak above perfect knowledge's",
            value=above,
            unit="kW",
            target="at most 0.3",
        )
        yield Result(
            name="ours: trips missed", value=float(kept[ours].missed_trips), unit="", target="0"
        )
        lost = share(ours, kept) - share(fine, kept)
        yield Result(name="ours: lost when replayed by the minute", value=lost, unit="%")
