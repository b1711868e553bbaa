"""Error of the house's load, predicted at midnight for the whole day, against simpler methods.

Two real homes (one known by the hour, in the weather of Aachen or Düsseldorf, not its own) and two
synthetic ones. Held-out months are reported separately. The boosted trees are scikit-learn's, in an
environment of their own; at the start of each month they are fitted again to all earlier days.
`python -m bench.load` prints the error by hour of the day.
"""

import csv
import gzip
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backtest import data
from backtest.held_out import held_out
from base.holidays import workday
from base.time import QUARTER
from bench.environment import environment
from bench.result import Result
from plan.forecast import KEPT_DAYS, NO_AIR, SLOTS, Air, Past, heating_degrees, learned, profile
from plan.program import Floats

FIRST = 28
"""Days of past that every method has before its first forecast."""
TREES = "1.9.1"
ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".prove" / f"scikit-learn-{TREES}"
SIDE = Path(__file__).parent / "other" / "trees_side.py"
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
OURS, NO_WEATHER, WEEK, MEAN, BOOSTED = (
    "ours", "ours without temperature", "last week", "mean", "boosted trees",
)  # fmt: skip
Errors = Mapping[date, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home's days: kW by local quarter, NaN where nothing is known, and their weather."""

    days: Sequence[date]
    kw: Floats
    air: Air

    def before(self, index: int, most: int = KEPT_DAYS) -> Past:
        """The past on the morning of a day."""
        first = max(0, index - most)
        return Past(tuple(self.days[first:index]), self.kw[first:index])


def home(start: datetime, kw: Floats, air: Air) -> Home:
    """The home whose mean power of each quarter from `start` is `kw`."""
    past = learned(((start + q * QUARTER, float(each)) for q, each in enumerate(kw)), most=None)
    return Home(days=past.days, kw=past.kw, air=air)


def of_series(name: str) -> Home:
    series = data.HOMES[name](data.KWP)
    kw = series.load_kw.reshape(series.quarters, series.steps).mean(axis=1)
    return home(series.start, kw, series.air)


def by_the_hour() -> Home:
    """A real home with panels: its use, known by the hour from October 2022 to August 2024."""
    path = data.SHARED / "data/household/nl_home_pv_load_hourly_2022-10_2024-08.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    kw = np.repeat([float(row["consumption_wh"]) / 1000.0 for row in rows], 4)
    air = {**data.weather(data.AACHEN_2023), **data.weather(data.DUSSELDORF_2024)}
    return home(datetime.fromisoformat(rows[0]["start_utc"]), kw, air)


HOMES: Mapping[str, Callable[[], Home]] = {
    "be2022 (real)": lambda: of_series("be2022"),
    "by the hour (real)": by_the_hour,
    "made2023": lambda: of_series("made2023"),
    "heat2023 (heat pump, made)": lambda: of_series("heat2023"),
}


def ours(it: Home, index: int) -> Floats:
    return profile(it.before(index), it.days[index], it.air)


def without_weather(it: Home, index: int) -> Floats:
    return profile(it.before(index), it.days[index], NO_AIR)


def last_week(it: Home, index: int) -> Floats:
    return np.asarray(it.kw[index - 7])


def mean(it: Home, index: int) -> Floats:
    """The mean day of the last four weeks."""
    return np.asarray(np.nanmean(it.kw[index - FIRST : index], axis=0))


WAYS: Mapping[str, Callable[[Home, int], Floats]] = {
    OURS: ours, NO_WEATHER: without_weather, WEEK: last_week, MEAN: mean,
}  # fmt: skip


def errors(it: Home, way: Callable[[Home, int], Floats]) -> Errors:
    """kW by which each day was above its forecast."""
    indices = range(FIRST, len(it.days))
    return {it.days[index]: it.kw[index] - way(it, index) for index in indices}


def boosted(it: Home) -> Errors:
    """The errors of the boosted trees, which are fitted again each month."""
    target, found = environment(PLACE, f"scikit-learn=={TREES}"), dict[date, Floats]()
    features = [_features(it, index) for index in range(7, len(it.days))]
    for _, month in groupby(range(FIRST, len(it.days)), lambda i: it.days[i].replace(day=1)):
        asked = list(month)
        seen = np.concatenate(features[: asked[0] - 7])
        kw = it.kw[7 : asked[0]].ravel()
        known = np.isfinite(kw)
        with TemporaryDirectory() as folder:
            told, said = Path(folder, "told.npz"), Path(folder, "said.npy")
            wanted = np.concatenate([features[index - 7] for index in asked])
            np.savez(told, seen=seen[known], kw=kw[known], asked=wanted)
            subprocess.run([target, SIDE, told, said], check=True, env=ONE_THREAD)
            rows = np.load(said).reshape(len(asked), SLOTS)
        found |= {it.days[i]: it.kw[i] - row for i, row in zip(asked, rows, strict=True)}
    return found


def _features(it: Home, index: int) -> Floats:
    """A row for each quarter of a day, with the data known at its midnight."""
    day = it.days[index]
    alike: list[float] = [day.weekday(), workday(day), np.nan_to_num(it.kw[index - 1]).mean()]
    if it.air:
        alike += [heating_degrees(it.air.get(each)) for each in it.days[index - 1 : index + 1]]
    return np.column_stack(
        (
            np.arange(SLOTS),
            np.tile(alike, (SLOTS, 1)),
            it.kw[index - 1],
            it.kw[index - 7],
            np.nan_to_num(it.kw[index - 7 : index]).mean(axis=0),
        )
    )


def ways(it: Home, *, trees: bool = True) -> dict[str, Errors]:
    """Each method's errors; without a weather there is no `ours without temperature`."""
    named = {name: way for name, way in WAYS.items() if it.air or name != NO_WEATHER}
    found = {name: errors(it, way) for name, way in named.items()}
    return found | ({BOOSTED: boosted(it)} if trees else {})


def mean_w(found: Errors, hours: slice = slice(None), *, held: bool) -> float:
    """Mean absolute error of months held out, or tuned on, W."""
    off = np.concatenate([row[hours] for day, row in found.items() if held_out(day) == held])
    return float(1000.0 * np.nanmean(np.abs(off)))


def run(*, trees: bool = True) -> list[Result]:
    """Mean absolute error over the months that are held out."""
    results = []
    for title, made in HOMES.items():
        for way, found in ways(made(), trees=trees).items():
            value = mean_w(found, held=True)
            results.append(Result(name=f"{title}: {way}", value=value, unit="W"))
    return results


def quick() -> list[Result]:
    """Without the boosted trees, which need an environment of their own."""
    return run(trees=False)


def table(found: Mapping[str, Errors]) -> Iterator[str]:
    """Mean absolute error by hour, then over all hours, W."""
    yield f"{'hour':<10}" + "".join(f"{way:>25}" for way in found)
    for hour in range(24):
        hours = slice(4 * hour, 4 * hour + 4)
        cells = (mean_w(each, hours, held=True) for each in found.values())
        yield f"{hour:<10}" + "".join(f"{cell:25.0f}" for cell in cells)
    for name, held in (("held out", True), ("tuned on", False)):
        cells = (mean_w(each, held=held) for each in found.values())
        yield f"{name:<10}" + "".join(f"{cell:25.1f}" for cell in cells)


def main() -> None:
    """The whole table, hour by hour, of the months that are held out."""
    for title, made in HOMES.items():
        it = made()
        print(f"\n{title}, {len(it.days)} days", *table(ways(it)), sep="\n", flush=True)


if __name__ == "__main__":
    main()
