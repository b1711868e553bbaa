"""Time of a plan of two days and the week after, and of an allocation of one second.

A home with two cars and a battery in winter, each quarter of a day planned again; memory is that of
a process of its own that planned.
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
from base.time import QUARTER
from bench.result import Result
from plan.ahead import ahead
from plan.allocation import Shared, share
from plan.answer import planned
from plan.assets import Assets, assets
from plan.month import MonthPeak
from plan.schedule import Plan

START = datetime(2026, 1, 15, 11, tzinfo=UTC)
ROUNDS = 96
SHARES = 2000


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


def needs(now: datetime) -> dict[str, messages.Need]:
    """Two cars with a trip each morning, a battery half full."""
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
    cars = tuple(
        messages.CarNeed(
            name=name, plugged=True, power_kw=0.0, energy_kwh=10.0, deadline=trips[0].leaves,
            least_kw=1.4, most_kw=11.0, urgency="trip", room_kwh=25.0, trips=trips,
        )
        for name in ("one", "two")
    )  # fmt: skip
    battery = messages.BatteryNeed(
        name="battery", power_kw=0.0, soc_pct=50.0, capacity_kwh=10.0, charge_kw=5.0,
        discharge_kw=5.0, wear_eur_kwh=0.02,
    )  # fmt: skip
    return {
        "ev": messages.Need(name="ev", power_kw=0.0, cars=cars),
        "bs": messages.Need(name="bs", power_kw=0.0, batteries=(battery,)),
    }


def plans() -> Iterator[tuple[float, Plan, Assets]]:
    """Seconds for each plan of a day, needs and outlook included; the first is warming up."""
    month = MonthPeak(end=datetime(2026, 1, 31, 23, tzinfo=UTC), peak_kw=2.9, eur_kw=50 / 12)
    for count in range(ROUNDS + 1):
        now = START + count * QUARTER
        asked, seen = needs(now), outlook(now)
        begin = time.perf_counter()
        held = assets(asked, now)
        plan = planned(ahead(seen), held, month)
        if count:
            yield time.perf_counter() - begin, plan, held


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
        begin = time.perf_counter()
        shared = share(shared, house, held, plan, now + timedelta(seconds=count / 4))
        taken.append(time.perf_counter() - begin)
    return 1e6 * median(taken)


def peak_mb() -> float:
    """The most memory a process had that planned once, MB; NaN where that is not told."""
    code = (
        "from bench.plan import plans; next(plans());"
        "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=False
    )
    told = done.stdout.split()
    return float(told[-1]) / 1024 if told and told[-1].isdigit() else math.nan


def run() -> list[Result]:
    made = list(plans())
    taken = [1e3 * seconds for seconds, _, _ in made]
    solver = made[0][1].solver
    return [
        Result(
            name=f"plan by {solver}, 2 cars and a battery: median", value=median(taken), unit="ms"
        ),
        Result(
            name=f"plan by {solver}: 95th percentile",
            value=quantiles(taken, n=20)[-1],
            unit="ms",
            target="at most 50",
        ),
        Result(name="its process at its largest", value=peak_mb(), unit="MB", target="at most 120"),
        Result(name="share of one telegram: median", value=share_us(*made[-1][1:]), unit="us"),
    ]
