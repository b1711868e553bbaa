"""Error of the quarter's forecast: minutes 1 to 14, against simpler methods.

Data: a real month and a synthetic year of minutes, in the folder DM_SHARED or ../shared. Each
minute becomes one telegram (an average held for a minute is the same as sixty seconds of it).
The constants of peak/forecast.py were chosen with both in sight; which lifetime is used is learned
during the replay, from closed quarters only. `python -m bench.forecast` prints each minute.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from statistics import quantiles

from bench.result import Result
from p1.reading import Reading
from peak import forecast, quarter
from peak.clock import Quarter

SHARED = Path(os.environ.get("DM_SHARED", Path(__file__).parents[2] / "shared"))
FOLDER = SHARED / "data" / "household"
MINUTE = timedelta(minutes=1)
Minutes = list[tuple[datetime, float]]  # start of the minute, offtake in W, never negative
Offs = dict[tuple[str, int], list[float]]  # kW, by way and minute
WAYS = ("ours", "power held", "rate so far", "1 s slope")
"""`power held`: the last minute's power for the rest. `1 s slope`: the increase of 1-0:1.4.0 (in
whole W) in the last second, for the rest."""


def real_month() -> Minutes:
    path = FOLDER / "nl_p1_home_with_pv_1min_2024-02.csv.gz"
    with gzip.open(path, "rt") as lines:
        return [
            (
                datetime.fromisoformat(row["minute_utc"]),
                max(0.0, float(row["import_w"]) - float(row["export_w"])),
            )
            for row in csv.DictReader(lines)
        ]


def synthetic_year() -> Minutes:
    path = FOLDER / "synthetic_lpg_chr01_1min_year.csv.gz"
    with gzip.open(path, "rt") as lines:
        return [
            (
                datetime.fromisoformat(row["start_local_standard_time"]).replace(tzinfo=UTC),
                float(row["load_w"]),
            )
            for row in csv.DictReader(lines)
        ]


def telegrams(minutes: Minutes) -> Iterator[tuple[Reading, float]]:
    """A telegram at the end of each minute, as a Belgian meter would send it, and its power in W.

    1.4.0 and the register come from the same energy and are cut to 1 W and 1 Wh.
    """
    total_wh = so_far_wh = 0.0
    for start, watt in minutes:
        time = start + MINUTE
        total_wh += watt / 60.0
        so_far_wh = so_far_wh + watt / 60.0 if time.minute % 15 else 0.0
        yield _reading(time, int(total_wh), watt, int(4.0 * so_far_wh)), watt


def _reading(time: datetime, total_wh: int, watt: float, demand_w: int) -> Reading:
    return Reading(
        time=time,
        meter_id="bench",
        offtake_day_kwh=Decimal(total_wh) / 1000,
        offtake_night_kwh=Decimal(0),
        offtake_kw=watt / 1000.0,
        injection_kw=0.0,
        demand_kw=demand_w / 1000.0,
    )


def closings(minutes: Minutes) -> dict[datetime, float]:
    """The true demand of each whole quarter, kW."""
    quarters = groupby(minutes, lambda row: row[0] - timedelta(minutes=row[0].minute % 15))
    powers = ((start, [watt for _, watt in rows]) for start, rows in quarters)
    return {start: sum(watts) / 15e3 for start, watts in powers if len(watts) == 15}


def guesses(now: Quarter, ours_kw: float, watt: float, so_far_wh: float) -> list[float]:
    """Forecast of the closing demand by each of WAYS, kW. `so_far_wh` has all its digits."""
    left_s, so_far_kw = now.left_s, int(4.0 * so_far_wh) / 1000.0
    a_second_ago_kw = int(4.0 * (so_far_wh - watt / 3600.0)) / 1000.0
    return [
        ours_kw,
        so_far_kw + watt / 1000.0 * left_s / 900.0,
        so_far_kw * 900.0 / (900.0 - left_s),
        so_far_kw + (so_far_kw - a_second_ago_kw) * left_s,
    ]


def replay(minutes: Minutes) -> tuple[Offs, float, forecast.Learned]:
    """Errors in kW by way and minute, the share of error bands that held, the learned
    parameters."""
    truth, held = closings(minutes), list[bool]()
    offs: Offs = {(way, minute): [] for way in WAYS for minute in range(1, 15)}
    now: Quarter | None = None
    ahead: forecast.Forecast | None = None
    so_far_wh = 0.0
    for reading, watt in telegrams(minutes):
        now = quarter.advance(now, reading)
        assert now is not None
        ahead = forecast.advance(ahead, now, reading)
        minute = now.time.minute % 15
        so_far_wh = so_far_wh + watt / 60.0 if minute else 0.0
        if not minute or now.start not in truth or ahead.kw is None:
            continue
        kw = truth[now.start]
        held.append(abs(ahead.kw - kw) <= ahead.error_kw)
        for way, guess_kw in zip(WAYS, guesses(now, ahead.kw, watt, so_far_wh), strict=True):
            offs[way, minute].append(abs(guess_kw - kw))
    assert ahead is not None
    return offs, sum(held) / len(held), ahead.learned


def table(offs: Offs) -> Iterator[str]:
    """Mean and 95th percentile of the error by minute, in W."""
    yield "minute" + "".join(f"{way:>18}" for way in WAYS)
    for minute in range(1, 15):
        cells = (offs[way, minute] for way in WAYS)
        yield f"{minute:6}" + "".join(f"{mean_w(off):8.0f} {p95_w(off):9.0f}" for off in cells)


def mean_w(off_kw: list[float]) -> float:
    return 1000.0 * sum(off_kw) / len(off_kw)


def p95_w(off_kw: list[float]) -> float:
    return 1000.0 * quantiles(off_kw, n=20)[-1]


def run() -> list[Result]:
    """Mean and 95th percentile over minutes 1 to 14, of each way."""
    results = []
    for title, load in LOADS.items():
        offs, held, _ = replay(load())
        for way in WAYS:
            each = [offs[way, minute] for minute in range(1, 15)]
            mean, p95 = sum(map(mean_w, each)) / 14, sum(map(p95_w, each)) / 14
            results.append(Result(name=f"{title}: {way}, mean error", value=mean, unit="W"))
            results.append(Result(name=f"{title}: {way}, 95th percentile", value=p95, unit="W"))
        results.append(
            Result(name=f"{title}: error band held", value=100.0 * held, unit="%", target="80")
        )
    return results


LOADS = {"real month": real_month, "synthetic year": synthetic_year}


def main() -> None:
    """The whole table, minute by minute."""
    if not FOLDER.is_dir():
        print(f"There is no household data in {FOLDER}. Set DM_SHARED to the shared folder.")
        return
    print("Error of the forecast, W: mean and 95th percentile, by minute of the quarter")
    for title, load in LOADS.items():
        offs, held, learned = replay(load())
        print(f"\n{title}", *table(offs), sep="\n")
        scores = ", ".join(f"{1000 * kw:.1f}" for kw in learned.scores_kw)
        print(f"error band held {held:.1%} of the time; lifetimes scored {scores} W")
        print("band ratios " + " ".join(f"{ratio:.2f}" for ratio in learned.ratios))


if __name__ == "__main__":
    main()
