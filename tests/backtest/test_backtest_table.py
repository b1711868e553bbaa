"""The table has share, share beyond a simple rule and regret; held-out months are separate."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from backtest.held_out import held_out
from backtest.jobs import BOUND, NONE, OURS, Home, Job, Kept
from backtest.plant import Outcome
from backtest.table import beyond, regret_eur, share, table
from backtest.tariffs import day_night
from backtest.world import Series
from base.time import QUARTER

COSTS = {NONE: 100.0, "evcc-like": 90.0, "seed": 60.0, OURS: 52.0, BOUND: 50.0}


def jobs(month: date) -> list[Job]:
    """A fortnight of an invented home under every strategy."""
    none = np.zeros(96 * 60)
    series = Series(
        name="made",
        provenance="made",
        start=datetime(month.year, month.month, 1, tzinfo=UTC),
        steps=1,
        load_kw=none,
        solar_kw=none,
        solar_told_kw=none,
        spot=none,
    )
    home = Home(series=series, tariff=day_night(series))
    return [Job(home=home, cars=1, month=month, strategy=name, days=14) for name in COSTS]


def kept(tmp_path: Path, asked: list[Job]) -> Kept:
    found = Kept(tmp_path / "kept.jsonl")
    for job in asked:
        found.keep(job, Outcome(name=job.strategy, energy_eur=COSTS[job.strategy], peaks_kw=[2.5]))
    return found


def test_beyond_counts_from_the_cheaper_rule(tmp_path: Path) -> None:
    asked = jobs(date(2025, 10, 1))
    results, ours = kept(tmp_path, asked), asked[3]
    assert share(ours, results) == pytest.approx(96.0)
    assert beyond(ours, asked[1:3], results) == pytest.approx(80.0)
    assert np.isnan(beyond(ours, [], results))
    assert regret_eur(ours, results) == pytest.approx(2.0 / 14 * 30.4375)


def test_what_is_held_out_stands_apart(tmp_path: Path) -> None:
    """The month alone decides which results are held out, for any home."""
    asked = [*jobs(date(2025, 1, 1)), *jobs(date(2025, 10, 1))]
    lines = list(table(asked, kept(tmp_path, asked)))
    assert max(map(len, lines)) <= 80
    heads = [line.split("  ")[0] for line in lines if ":" in line[:12]]
    assert heads == ["tuned on: 1", "held out: 1"]
    assert lines[-2].split() == ["ours", "96.0", "96.0", "80.0", "4.35", "0.00", "0", "0.0"]


def test_a_stretch_over_the_ends_of_months_stands_apart(tmp_path: Path) -> None:
    """A stretch that spans tuned and held-out months has its own summary in the table."""
    asked = [
        replace(job, month=None, begin=date(2025, 1, 20), days=30) for job in jobs(date(2025, 1, 1))
    ]
    lines = list(table(asked, kept(tmp_path, asked)))
    assert lines[1].startswith("made A 1 01-20+      none")
    assert any(line.startswith("over months: 1") for line in lines)
    first, last = asked[0].span
    start = asked[0].home.series.start
    assert start + first * QUARTER == datetime(2025, 1, 19, 23, tzinfo=UTC)
    assert last - first == 30 * 96
    assert len({replace(asked[0], begin=begin).key for begin in (None, date(2025, 1, 21))}) == 2


def test_the_costs_of_a_long_stretch_keep_their_columns_apart(tmp_path: Path) -> None:
    asked, results = jobs(date(2025, 1, 1)), Kept(tmp_path / "kept.jsonl")
    for job in asked:
        months = Outcome(
            name="", energy_eur=1271.53, peak_eur=205.99, wear_eur=18.26, peaks_kw=[2.5]
        )
        results.keep(job, months)
    row = next(line for line in table(asked, results) if line[21:].startswith("none"))
    assert row.split()[4:9] == ["none", "1495.8", "1271.5", "206.0", "18.3"]
    assert len(row) <= 80


def test_half_the_months_are_held_out() -> None:
    assert [month for month in range(1, 13) if held_out(date(2025, month, 1))] == [
        5, 6, 8, 9, 10, 12
    ]  # fmt: skip


def test_by_the_minute_each_line_finds_its_results(tmp_path: Path) -> None:
    """The clairvoyant's own line too: it uses quarters."""
    asked = [replace(job, by_minute=True) for job in jobs(date(2025, 1, 1))]
    lines = list(table(asked, kept(tmp_path, asked)))
    assert lines[-1].split()[:2] == [BOUND, "100.0"]
