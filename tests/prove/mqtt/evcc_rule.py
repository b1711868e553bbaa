"""evcc's published circuit rule, applied to our number, over the real minutes of a house.

evcc is in no registry: its rule (core/circuit/circuit.go, ValidatePower) is rewritten in this
module.
"""

import asyncio
import csv
import gzip
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from apps.mqtt.headroom import BEGUN, calmed
from apps.mqtt.publications import import_w, watts
from base.time import BRUSSELS, QUARTER_S, quarter_of
from bench.process import ROOT
from peak import state as peak
from tests.prove.mqtt.report import Report
from tests.rates.factories import reading

SHARED = Path(os.environ.get("DM_SHARED", ROOT.parent / "shared"))
FILE = SHARED / "data" / "household" / "nl_p1_home_with_pv_1min_2024-02.csv.gz"
CASES, MOST_PCT = ((1, 2.5), (3, 2.5), (3, 7.0)), 1.0
"""Phases of the charger and least target, kW: on three phases it needs 4.14 kW to run at all."""
STEP_S, EVCC_S = 5, 10
VOLT, LEAST_A, MOST_A = 230, 6, 16
CAR_W = 11_000
"""The house of the data has a charger: what it took is left out, evcc's car takes its place."""
PLUGGED = 17, 7
GAP = timedelta(hours=2)
Minutes = list[tuple[datetime, float]]
Quarters = dict[datetime, tuple[float, float]]


def minutes(file: Path) -> Minutes:
    """Each minute and the house's net W without its own charger, oldest first."""
    found: Minutes = []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            net_w = float(row["import_w"]) - float(row["export_w"])
            while net_w > CAR_W / 2:
                net_w = max(300.0, net_w - CAR_W)
            at = datetime.fromisoformat(row["minute_utc"])
            if not found or at > found[-1][0]:
                found.append((at, net_w))
    return found


def validated_w(old_w: float, new_w: float, power_w: float, max_w: float) -> float:
    """evcc's ValidatePower: the power in W that a loadpoint at `old_w` gets of `new_w`."""
    if max_w and max(0.0, new_w - old_w) > max_w - power_w:
        return max(0.0, old_w + max_w - power_w)
    return new_w


def steps(found: Minutes) -> Iterator[tuple[datetime, float]]:
    """The samples of each minute, every STEP_S."""
    for at, net_w in found:
        for second in range(0, 60, STEP_S):
            yield at + timedelta(seconds=second), net_w


def replayed(found: Minutes, phases: int, floor_kw: float, *, evcc: bool = True) -> Quarters:
    """For each whole quarter the kW with evcc's car, and the target at its start."""
    peaks, calm, last = peak.begun(floor_kw), BEGUN, found[0][0]
    least_w = LEAST_A * VOLT * phases
    most_w = MOST_A * VOLT * phases
    offtake, car_w, max_w = Decimal(1000), 0.0, 1.0
    quarters: Quarters = {}
    taken: dict[datetime, list[float]] = {}
    for at, net_w in steps(found):
        total_w = net_w + car_w
        offtake += Decimal(round(max(0.0, total_w) * STEP_S)) / 3_600_000
        told = reading(at, f"{offtake:.3f}", "0.000")
        told = replace(
            told, offtake_kw=max(0.0, total_w) / 1000, injection_kw=max(0.0, -total_w) / 1000
        )
        if at - last > GAP:
            peaks = peak.begun(floor_kw)  # minutes missing from the data are not replayed
        last = at
        peaks = peak.advance(peaks, told)
        state = peak.peak_state(peaks)
        quarter = quarter_of(at)
        if quarter not in taken:
            quarters[quarter] = 0.0, state.target_kw or floor_kw
        taken.setdefault(quarter, []).append(max(0.0, total_w) / 1000)
        room_w = 1000 * (state.steady_kw or 0.0)
        calm = calmed(calm, room_w, at.timestamp(), least_w)
        hour = at.astimezone(BRUSSELS).hour
        plugged = evcc and (hour >= PLUGGED[0] or hour < PLUGGED[1])
        if at.second % EVCC_S:
            max_w = watts(import_w(total_w, state.steady_kw, calm))
            continue
        wish_w = validated_w(car_w, most_w if plugged else 0.0, total_w, max_w)
        amps = min(MOST_A, int(wish_w / VOLT / phases))
        car_w = amps * VOLT * phases if amps >= LEAST_A else 0.0
        max_w = watts(import_w(total_w, state.steady_kw, calm))
    return {
        start: (sum(kws) / len(kws), quarters[start][1])
        for start, kws in taken.items()
        if len(kws) == QUARTER_S // STEP_S
    }


async def evcc(report: Report, file: Path = FILE) -> None:
    """At most 1 % of quarters exceed the target because of evcc's car."""
    found = minutes(file)
    days = len(list(groupby(found, lambda each: each[0].date())))
    with ProcessPoolExecutor(2) as pool:
        made = [
            [
                asyncio.wrap_future(pool.submit(replayed, found, phases, floor_kw, evcc=evcc))
                for evcc in (False, True)
            ]
            for phases, floor_kw in CASES
        ]
        for (phases, floor_kw), (alone, each) in zip(CASES, made, strict=True):
            what = f"{days} days, {phases} phases, a target of {floor_kw} kW or more"
            _held(report, what, await alone, await each)


def _held(report: Report, what: str, alone: Quarters, quarters: Quarters) -> None:
    """The quarters above the target, of those that the house alone would have kept below it."""
    above = [
        start
        for start, (kw, target) in quarters.items()
        if kw > target + 0.01 and alone[start][0] <= target
    ]
    car_kwh = sum(kw - alone[start][0] for start, (kw, _) in quarters.items()) / 4
    pct = 100 * len(above) / len(quarters)
    worst = max((quarters[start][0] - quarters[start][1] for start in above), default=0.0)
    report.check(
        pct <= MOST_PCT,
        f"{what}: {len(above)} of {len(quarters)} quarters above the "
        f"target ({pct:.2f} %), at most by {worst:.2f} kW; {car_kwh:.0f} kWh charged",
    )
