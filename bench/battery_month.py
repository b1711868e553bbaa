"""A measured month, minute by minute, with a simulated 10 kWh battery: the result of the plan.

Data: a real P1 month (folder DM_SHARED or ../shared) of a home with panels and an uncontrolled 11
kW car charger: for the plan it is part of the house. Each minute's mean is held for its seconds;
the battery has ramps, losses and standby. The meter's own planning and sharing grant, the battery's
own code follows. Prices: day 0.3214, night 0.2225, injection 0.05 EUR/kWh.
"""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import product
from multiprocessing import get_context
from statistics import fmean, median

from base import messages
from base.time import BRUSSELS, quarter_of
from bench.forecast import FOLDER
from bench.planner import Planner
from bench.result import Result
from bs.facts import Battery, BatteryState
from bs.inputs import Rules, Scene, Unit
from bs.strategy import Memory, decide
from sim.battery import Pack, PackState, allowed_kw, soc_pct, step

STEP_S = 10
FLOOR_KW = 2.5
PEAK_EUR_KW = 4.364
DAY_EUR, NIGHT_EUR, SELL_EUR = 0.3214, 0.2225, 0.05
MINUTE = timedelta(minutes=1)
CAR_KW, CAR_MOST_KW = 6.0, 11.6
Minutes = list[tuple[datetime, float, float]]  # start of the minute, kW of the house, of the car
Steer = Callable[[Scene, float], float]  # what the battery is to take, kW


@dataclass(slots=True, kw_only=True)
class Month:
    """Result of a month. kWh, kW, EUR; peaks by local month."""

    name: str
    offtake_kwh: float = 0.0
    injection_kwh: float = 0.0
    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0
    energy_eur: float = 0.0
    peaks_kw: dict[int, float] = field(default_factory=dict)
    writes: int = 0
    turns: int = 0
    days: float = 0.0
    end_kwh: float = 0.0

    @property
    def cycles(self) -> float:
        return self.discharged_kwh / 10.0

    @property
    def peak_eur(self) -> float:
        """Cost of the peaks over the twelve bills that count them."""
        return sum(max(kw, FLOOR_KW) * PEAK_EUR_KW for kw in self.peaks_kw.values())


def minutes(*, with_car: bool) -> Minutes:
    """The month, import less export, with the car's blocks separate."""
    path = FOLDER / "nl_p1_home_with_pv_1min_2024-02.csv.gz"
    with gzip.open(path, "rt") as lines:
        rows = [
            (
                datetime.fromisoformat(row["minute_utc"]),
                (float(row["import_w"]) - float(row["export_w"])) / 1000,
            )
            for row in csv.DictReader(lines)
        ]
    found: Minutes = []
    house = [0.4]
    for at, net_kw in rows:
        if net_kw > CAR_KW:
            car_kw = min(CAR_MOST_KW, net_kw - median(house))
            found.append((at, net_kw - car_kw, car_kw if with_car else 0.0))
        else:
            house = [*house[-29:], net_kw]
            found.append((at, net_kw, 0.0))
    return found


class Planned:
    """This program: a plan each quarter, a grant each step, followed by the battery's own code."""

    def __init__(self) -> None:
        self._planner, self._memory = Planner(PEAK_EUR_KW, FLOOR_KW), Memory()
        self._needs: dict[str, messages.Need] = {}
        self._outlook: messages.Outlook | None = None
        self._loads_kw: list[float] = []

    def __call__(self, scene: Scene, base_kw: float) -> float:
        house, base = scene.house, scene.outlook
        assert house is not None
        if base is not None and (self._outlook is None or base.start != self._outlook.start):
            if self._loads_kw:
                self._planner.closed(fmean(self._loads_kw))
            self._loads_kw = []
            self._outlook = self._planner.plan(base, self._needs, house.target_kw or 0.0)
        self._loads_kw.append(base_kw)
        granted = self._planner.granted(house, self._needs)
        scene = replace(
            scene, house=granted, outlook=self._outlook, reported_kw=reported_kw(self._needs)
        )
        decision = decide(scene, Rules(), self._memory)
        self._memory, self._needs = decision.memory, {"bs": decision.need}
        return sum(point.signed_kw for point in decision.set_points.values())


def reported_kw(needs: Mapping[str, messages.Need]) -> tuple[float, ...]:
    """The battery's power of the last set-point."""
    return tuple(need.power_kw or 0.0 for need in needs.values())


def self_use() -> Steer:
    """Set-points of a battery in self-consumption: the meter at zero, the car included."""

    def steer(scene: Scene, base_kw: float) -> float:
        (unit,) = scene.units
        spent = (unit.state.soc_pct or 0.0) <= unit.battery.reserve_pct
        return 0.0 if spent and base_kw > 0 else min(5.0, max(-5.0, -base_kw))

    return steer


def none() -> Steer:
    """No battery."""
    return lambda scene, base_kw: 0.0


OURS = "planned"
WAYS: dict[str, Callable[[], Steer]] = {"no battery": none, "self-use": self_use, OURS: Planned}


def replay(name: str, steer: Steer, data: Minutes, pack: Pack) -> Month:
    """The month with this battery, steered so."""
    month, state = Month(name=name), PackState(stored_kwh=0.3 * pack.capacity_kwh)
    battery = Battery(name="battery", capacity_kwh=pack.capacity_kwh, reserve_pct=5.0, phases=1)
    quarter, used_wh, told_kw, sign_kw, outlook = data[0][0], 0.0, 0.0, 0.0, None
    month.days = len(data) / 1440
    for start, house_kw, car_kw in data:
        for second in range(0, 60, STEP_S):
            at = start + timedelta(seconds=second)
            if quarter_of(at) != quarter:
                quarter, used_wh = quarter_of(at), 0.0
                outlook = prices_from(quarter)
            local = at.astimezone(BRUSSELS)
            peak_kw = month.peaks_kw.get(local.month, 0.0)
            net_kw = house_kw + car_kw + state.power_kw
            house = told_house(at, quarter, net_kw, used_wh, peak_kw)
            unit = Unit(battery, read_as(at, pack, state))
            wanted_kw = steer(
                Scene(now=at, house=house, heard=at, units=(unit,), outlook=outlook),
                house_kw + car_kw,
            )
            month.writes += wanted_kw != told_kw
            month.turns += wanted_kw * sign_kw < 0
            told_kw, sign_kw = wanted_kw, wanted_kw or sign_kw
            before, state = state, step(pack, state, wanted_kw, STEP_S)
            power_kw = (before.power_kw + state.power_kw) / 2
            net_kw = house_kw + car_kw + power_kw
            used_wh += max(0.0, net_kw) * STEP_S / 3.6
            _count(month, at, net_kw, power_kw)
            month.peaks_kw[local.month] = max(peak_kw, used_wh / 250)
    month.end_kwh = state.stored_kwh
    return month


def _count(month: Month, at: datetime, net_kw: float, power_kw: float) -> None:
    hours = STEP_S / 3600
    month.offtake_kwh += max(0.0, net_kw) * hours
    month.injection_kwh += max(0.0, -net_kw) * hours
    month.charged_kwh += max(0.0, power_kw) * hours
    month.discharged_kwh += max(0.0, -power_kw) * hours
    month.energy_eur += cost_eur(at, net_kw) * hours


def cost_eur(at: datetime, net_kw: float) -> float:
    """Cost of an hour at this power; negative when it earns."""
    return (buy_eur(at) if net_kw > 0 else SELL_EUR) * net_kw


def buy_eur(at: datetime) -> float:
    local = at.astimezone(BRUSSELS)
    return DAY_EUR if 7 <= local.hour < 22 and local.weekday() < 5 else NIGHT_EUR


_HEALTH = messages.Health(state="fresh", age_s=0.0, good=1, rejected=0)


def told_house(
    at: datetime, quarter: datetime, net_kw: float, used_wh: float, peak_kw: float
) -> messages.House:
    """The house message of the meter program. Not validated, because there are half a million."""
    target_kw = max(FLOOR_KW, peak_kw)
    running = messages.Quarter.model_construct(
        start=quarter, end=quarter + timedelta(minutes=15), so_far_kw=used_wh / 250
    )
    return messages.House.model_construct(
        time=at,
        offtake_kw=max(0.0, net_kw),
        injection_kw=max(0.0, -net_kw),
        phases=(),
        limit_kw=None,
        limit_a=None,
        quarter=running,
        target_kw=target_kw,
        budget_wh=target_kw * 250 - used_wh,
        price_offtake_eur_kwh=buy_eur(at),
        price_injection_eur_kwh=SELL_EUR,
        health=_HEALTH,
    )


def read_as(at: datetime, pack: Pack, state: PackState) -> BatteryState:
    """State of charge as the battery reports it: in whole percents, as most do."""
    charge_kw, discharge_kw = allowed_kw(pack, state)
    return BatteryState(
        battery="battery",
        at=at,
        soc_pct=float(round(soc_pct(pack, state))),
        power_kw=state.power_kw,
        charge_kw=charge_kw,
        discharge_kw=discharge_kw,
    )


def prices_from(start: datetime) -> messages.Outlook:
    """The prices of two days."""
    quarters = [start + number * timedelta(minutes=15) for number in range(192)]
    return messages.Outlook.model_construct(
        start=start,
        buy_eur_kwh=tuple(buy_eur(at) for at in quarters),
        sell_eur_kwh=(SELL_EUR,) * len(quarters),
        load_kw=(),
        solar_kw=(),
        peak_eur_kw=PEAK_EUR_KW,
    )


def months(days: int) -> Iterator[Month]:
    """The month with and without the car, each way; as many at once as there are cores."""
    ways = product((True, False), WAYS, (days,))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(month, *zip(*ways, strict=True))


def month(with_car: bool, way: str, days: int) -> Month:
    """The first days of the month under one strategy."""
    name = f"{way}, {'with' if with_car else 'without'} the car"
    return replay(name, WAYS[way](), minutes(with_car=with_car)[: 1440 * days], PACK)


PACK = Pack(capacity_kwh=10.0)
HEAD = (
    "                              peak kW       import    export  battery  energy"
    "    peak   writes    sign\n"
    "                              Feb    Mar       kWh       kWh   cycles     EUR"
    "     EUR  a day   changes"
)


def row(month: Month) -> str:
    """One line of the table."""
    peaks = [month.peaks_kw.get(number, 0.0) for number in (2, 3)]
    return (
        f"{month.name:<27}{peaks[0]:6.2f} {peaks[1]:6.2f} {month.offtake_kwh:9.1f} "
        f"{month.injection_kwh:9.1f} {month.cycles:8.1f} "
        f"{month.energy_eur:7.2f} {month.peak_eur:7.2f} {month.writes / month.days:6.0f} "
        f"{month.turns / month.days:9.1f}"
    )


def run() -> list[Result]:
    """The figures of each way, after the table."""
    return _figures(days=31)


def quick() -> list[Result]:
    """The same of three days: for a daily look."""
    return _figures(days=3)


def _figures(days: int) -> list[Result]:
    print(HEAD)
    found: dict[str, Month] = {}
    for month in months(days):
        found[month.name] = month
        print(row(month), flush=True)
    ours, plain = found[f"{OURS}, with the car"], found["no battery, with the car"]
    calm, bare = found[f"{OURS}, without the car"], found["no battery, without the car"]
    return [
        Result(
            name="month peak, raised by the battery",
            value=ours.peaks_kw[2] - plain.peaks_kw[2],
            unit="kW",
            target="0",
        ),
        Result(
            name="without the car: month peak",
            value=calm.peaks_kw[2],
            unit="kW",
            target=f"{bare.peaks_kw[2]:.2f}",
        ),
    ]


if __name__ == "__main__":
    run()
