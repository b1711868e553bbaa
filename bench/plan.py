"""Time of a plan of two days and the week after, and of an allocation of one second.

A home in winter with two cars and a battery, and one with eight cars and four batteries: each
hour of two days planned again. Times are those of the processor: other programs do not count.
Memory is that of a separate process that planned.
"""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

import numpy as np

from base import messages
from base.time import HOUR, QUARTER
from bench.result import Result
from plan.ahead import ahead
from plan.allocation import Shared, share
from plan.answer import planned
from plan.assets import Assets, assets
from plan.month import MonthPeak
from plan.schedule import Plan

START = datetime(2026, 1, 15, 11, tzinfo=UTC)
ROUNDS = 48
SHARES = 500
SIZES = ((2, 1, 60), (8, 4, 500))
"""Cars, batteries, and the limit of a plan's 95th percentile, ms."""


def outlook(start: datetime) -> messages.Outlook:
    """A week with prices that differ by quarter, a house with its evenings, some winter sun."""
    first = (start - START) // QUARTER
    hour = (np.arange(first, first + 672) / 4.0 + 12) % 24
    turn = np.arange(first, first + 672)
    buy = 0.25 + 0.06 * np.cos((hour - 19) / 12 * np.pi) + 0.02 * np.sin(turn * 0.7)
    load = 0.35 + 1.3 * np.exp(-0.5 * ((hour - 18.5) / 1.2) ** 2)
    sun = 1.5 * np.clip(np.sin((hour - 9) / 7 * np.pi), 0, None) * ((hour > 9) & (hour < 16))
    return messages.Outlook.model_construct(
        start=start, buy_eur_kwh=buy, sell_eur_kwh=buy - 0.18, load_kw=load, solar_kw=sun
    )


def needs(now: datetime, cars: int, batteries: int) -> dict[str, messages.Need]:
    """Cars with a trip each morning, every second one on three phases; half full batteries."""
    morning = now.replace(hour=6, minute=30) + timedelta(days=now.hour >= 6)
    trips = tuple(
        messages.Trip(
            leaves=morning + timedelta(days=day),
            returns=morning + timedelta(days=day, hours=10.5),
            need_kwh=10.0,
            use_kwh=11.0,
        )
        for day in range(6)
    )
    fleet = tuple(
        messages.CarNeed(
            name=f"car {number}", plugged=True, power_kw=0.0, energy_kwh=10.0,
            deadline=trips[0].leaves, least_kw=4.14 if number % 2 else 1.4, most_kw=11.0,
            urgency="trip", room_kwh=25.0, trips=trips,
        )
        for number in range(cars)
    )  # fmt: skip
    stores = tuple(
        messages.BatteryNeed(
            name=f"battery {number}", power_kw=0.0, soc_pct=50.0, capacity_kwh=10.0, charge_kw=5.0,
            discharge_kw=5.0, wear_eur_kwh=0.02,
        )
        for number in range(batteries)
    )  # fmt: skip
    return {
        "ev": messages.Need(name="ev", power_kw=0.0, cars=fleet),
        "bs": messages.Need(name="bs", power_kw=0.0, batteries=stores),
    }


def plans(cars: int, batteries: int) -> Iterator[tuple[float, Plan, Assets]]:
    """Seconds for each plan of two days; the first is warming up."""
    month = MonthPeak(end=datetime(2026, 1, 31, 23, tzinfo=UTC), peak_kw=2.9, eur_kw=50 / 12)
    for count in range(ROUNDS + 1):
        now = START + count * HOUR
        asked, seen = needs(now, cars, batteries), outlook(now)
        begin = time.process_time()
        held = assets(asked, now)
        plan = planned(ahead(seen), held, month)
        if count:
            yield time.process_time() - begin, plan, held


def share_us(plan: Plan, held: Assets) -> float:
    """Microseconds for one telegram's grants, the median."""
    now = plan.start + timedelta(seconds=300)
    house = messages.House(
        time=now, meter_id=None, tariff="day", offtake_kw=0.8, injection_kw=0.0,
        price_offtake_eur_kwh=0.25, price_injection_eur_kwh=0.07, target_kw=2.9,
        quarter=messages.Quarter(start=plan.start, end=plan.start + QUARTER, so_far_kw=0.2,
                                 own_kw=None, forecast_kw=0.8, error_kw=0.1),
        health=messages.Health(state="fresh", age_s=0.0, good=1, rejected=0),
    )  # fmt: skip
    shared, taken = Shared(), []
    for count in range(SHARES):
        begin = time.process_time()
        shared = share(shared, house, held, plan, now + timedelta(seconds=count / 4))
        taken.append(time.process_time() - begin)
    return 1e6 * median(taken)


def peak_mb() -> float:
    """The most memory a process had that planned once, MB; NaN where unknown."""
    code = (
        "from bench.plan import SIZES, plans; next(plans(*SIZES[-1][:2]));"
        "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False
    )
    told = done.stdout.split()
    return float(told[-1]) / 1024 if told and told[-1].isdigit() else math.nan


def run() -> list[Result]:
    results = []
    for cars, batteries, target_ms in SIZES:
        made = list(plans(cars, batteries))
        taken = [1e3 * seconds for seconds, _, _ in made]
        size = f"{cars} cars, {batteries} batteries" if batteries > 1 else f"{cars} cars, a battery"
        what = f"plan by {made[0][1].solver}, {size}"
        slow = quantiles(taken, n=20)[-1]
        results += [
            Result(name=f"{what}: median", value=median(taken), unit="ms"),
            Result(
                name=f"{what}: 95th percentile", value=slow, unit="ms",
                target=f"at most {target_ms}",
            ),
            Result(
                name=f"share of one telegram, {size}: median", value=share_us(*made[-1][1:]),
                unit="us",
            ),
        ]  # fmt: skip
    most = Result(
        name="its process at its largest", value=peak_mb(), unit="MB", target="at most 120"
    )
    return [*results, most]
