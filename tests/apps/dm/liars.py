"""A quarter hour with three honest and three lying neighbours, in the meter's own code.

Messages pass the decoder and the coordinator, and each telegram results in a house message.
"""

import json
import logging
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from apps.dm.coordinator import Coordinator
from apps.dm.house import Rules
from apps.dm.meter import Meter
from base import messages
from plan.state import Rules as ShareRules
from rates.in_force import Prices
from rates.seed_form import SeedRates, seed_rates
from sim.stream import telegrams
from store.books import Books

FUSE_A = 25.0
MOST_KW = 3 * 230 * FUSE_A / 1000
HOUSE_BYTES = 64 * 1024
SAME_KW = 0.05
RISE_KW_S = 2.0
FLOOR_KW = 2.5
SEED = '{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}'
LIARS = ("liar 0", "liar 1", "liar 2")
Say = Callable[[messages.House], Iterator[str]]


@dataclass
class Honest:
    """A car, a battery and a heat pump that follow their grants: down at once, up by a ramp."""

    soc_pct: float
    kw: dict[str, float] = field(default_factory=lambda: {"ev": 0.0, "bs": 0.0, "pump": 0.0})

    def follow(self, house: messages.House) -> None:
        for name, kw in self.kw.items():
            told_kw = house.grants[name].kw if name in house.grants else 0.0
            self.kw[name] = min(told_kw, kw + RISE_KW_S) if told_kw > kw else told_kw

    def needs(self, house: messages.House) -> Iterator[str]:
        assert house.time is not None
        leaves = house.time + timedelta(hours=9)
        car = messages.CarNeed(
            name="q4", plugged=True, power_kw=max(0.0, self.kw["ev"]), energy_kwh=18.0,
            deadline=leaves, least_kw=1.4, most_kw=11.0, urgency="trip", room_kwh=40.0,
        )  # fmt: skip
        home = messages.BatteryNeed(
            name="home", power_kw=self.kw["bs"], soc_pct=self.soc_pct, capacity_kwh=10.0,
            charge_kw=5.0, discharge_kw=5.0,
        )  # fmt: skip
        for need in (
            messages.Need(name="ev", power_kw=car.power_kw, cars=(car,)),
            messages.Need(name="bs", power_kw=home.power_kw, batteries=(home,)),
            messages.Need(name="pump", power_kw=self.kw["pump"], most_kw=2.0),
        ):
            yield messages.encode(need)


@dataclass
class Lived:
    """Result of a simulated quarter, with its violations."""

    closed_kw: float | None = None
    needs: int = 0
    wrong: list[str] = field(default_factory=list)


def lived(seed: int, seconds: int, lies: Say | None, each: int) -> Lived:
    """Simulate the end of a quarter with `each` needs per liar and telegram, or without lies."""
    logging.getLogger("apps").setLevel(logging.CRITICAL)
    found, honest = Lived(), Honest(soc_pct=(0.0, 50.0)[seed % 2])
    start = f"2026-01-15T{17 + seed % 6}:{59 - (seconds - 1) // 60}:{59 - (seconds - 1) % 60:02}"
    rates: SeedRates = seed_rates(SEED)
    with tempfile.TemporaryDirectory() as folder, Books(Path(folder)) as books:
        meter = Meter(Rules(FLOOR_KW), Prices(rates, None), books, live=False)
        coordinator = Coordinator(
            meter, books, lambda _: None, ShareRules(fuse_a=FUSE_A),
            sunny=False, ours=("ev", "bs"),
        )  # fmt: skip
        extra = lambda _: (sum(honest.kw.values()) / 3,) * 3  # noqa: E731
        url = f"sim://?seed={seed}&start={start}"
        for second, telegram in enumerate(telegrams(url, seconds + 2, extra_kw=extra)):
            meter.feed(telegram, float(second))
            house = coordinator.house(float(second))
            if house.time is None:
                continue
            said = [("us", text) for text in honest.needs(house)]
            if lies is not None:
                said += zip(LIARS * each, lies(house), strict=False)
            for line, text in said:
                found.needs += 1
                _hear(coordinator, text, float(second), line)
            coordinator.consider(float(second))
            honest.follow(house)
            found.wrong += _wrong(house)
        found.wrong += [f"{name} could not be used" for name in coordinator.neighbours._barred]
        closed = meter.house.peaks.quarter.closed if meter.house.peaks.quarter else None
        found.closed_kw = closed.kw if closed else None
    return found


def broken(random: Random, seconds: int, each: int) -> Iterator[str]:
    """Violations in one random quarter, and a demand above that without lies."""
    seed = random.randrange(1000)
    honest, lied = lived(seed, seconds, None, 0), lived(seed, seconds, lies(random), each)
    yield from sorted({*honest.wrong, *lied.wrong})
    if honest.closed_kw is None or lied.closed_kw is None:
        yield "the quarter did not close"
    elif lied.closed_kw > max(FLOOR_KW, honest.closed_kw) + SAME_KW:
        yield f"a peak of {lied.closed_kw:.2f} kW, without lies {honest.closed_kw:.2f} kW"


def _hear(coordinator: Coordinator, text: str, now_s: float, line: str) -> None:
    try:
        need = messages.decode(text)
    except ValueError:
        return
    if isinstance(need, messages.Need):
        coordinator.neighbours.hear(need, now_s, line)


def _wrong(house: messages.House) -> Iterator[str]:
    for name, grant in house.grants.items():
        if not math.isfinite(grant.kw) or grant.kw > MOST_KW + SAME_KW:
            yield f"{name} is granted {grant.kw} kW at {FUSE_A:.0f} A"
    text = messages.encode(house)
    if len(text.encode()) > HOUSE_BYTES:
        yield f"a house of {len(text)} characters"
    messages.decode(text)


def lies(random: Random) -> Say:
    """Reports of three liars: steadily the load of the house as their own, or random values."""
    return _steady if random.random() < 1 / 3 else partial(_wild, random)


def _steady(house: messages.House) -> Iterator[str]:
    kw = max(0.0, (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)) / len(LIARS)
    car = {"name": "car", "plugged": True, "power_kw": kw, "energy_kwh": 50.0, "most_kw": 11.0,
           "urgency": "now"}  # fmt: skip
    home = {"name": "home", "power_kw": kw, "soc_pct": 50.0, "capacity_kwh": 10.0, "charge_kw": 5.0}
    needs: tuple[dict[str, object], ...] = ({"cars": [car]}, {"batteries": [home]}, {"most_kw": kw})
    while True:
        for name, need in zip(LIARS, needs, strict=True):
            yield json.dumps({"type": "need", "name": name, "power_kw": kw, **need})


def _wild(random: Random, house: messages.House) -> Iterator[str]:
    while True:
        name = random.choice((*LIARS, *LIARS, "ev", "bs", "pump", f"n{random.random():.3f}"))
        need = {"type": "need", "name": name, **_ranges(random), "power_kw": _kw(random, house)}
        cars, batteries = random.choice((0, 0, 1, 1, 2, 14)), random.choice((0, 0, 1, 2, 14))
        need["cars"] = [_car(random, house) for _ in range(cars)]
        need["batteries"] = [_battery(random, house) for _ in range(batteries)]
        yield json.dumps(need)


def _kw(random: Random, house: messages.House) -> object:
    net_kw = (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)
    wild = 10 ** random.uniform(-308, 308)
    usual = (0.0, net_kw, net_kw, random.uniform(0, 20), random.uniform(-20, 20), 2000.0)
    return random.choice((*usual, None, wild, -wild, math.inf, math.nan))


def _ranges(random: Random) -> dict[str, object]:
    most = random.choice((0.0, 2.0, 11.0, 50.0, 100.0, 10 ** random.uniform(-300, 300)))
    return {"least_kw": random.choice((0.0, most, 1.4, random.uniform(0, 60))), "most_kw": most}


def _car(random: Random, house: messages.House) -> dict[str, object]:
    at = random.choice(("2026-01-16T07:00:00Z", "2026-01-16T07:00:00", "0001-01-01T00:00:00Z",
                        "9999-12-31T23:59:59Z", "2099-01-01T00:00:00+14:00", None))  # fmt: skip
    wild = 10 ** random.uniform(-300, 300)
    return {
        "name": random.choice(("q4", "q4", "x" * 40, "\u202e\x1b[2J")), **_ranges(random),
        "plugged": random.choice((True, True, False, None)), "power_kw": _kw(random, house),
        "energy_kwh": random.choice((0.0, 18.0, 900.0, wild)), "deadline": at,
        "room_kwh": random.choice((None, 40.0, wild)), "phases": random.choice((1, 2, 3)),
        "urgency": random.choice(("now", "trip", "sun", "none")),
        "value_eur_kwh": random.choice((0.0, 1.0, 100.0, wild)),
        "trips": [{"leaves": at, "returns": at}] * random.choice((0, 0, 1, 2)),
        "least_idle_s": random.choice((0.0, 600.0, wild)),
    }  # fmt: skip


def _battery(random: Random, house: messages.House) -> dict[str, object]:
    return {
        "name": random.choice(("home", "b", "\n" * 9)), "power_kw": _kw(random, house),
        "soc_pct": random.choice((None, 0.0, 50.0, 100.0, 101.0)),
        "capacity_kwh": random.choice((0.0, 10.0, 1000.0, 1e300)),
        "charge_kw": random.choice((0.0, 5.0, 100.0)),
        "discharge_kw": random.choice((0.0, 5.0, 100.0)),
        "efficiency": random.choice((0.95, 0.2, 1.0, 1e-300)),
    }  # fmt: skip
