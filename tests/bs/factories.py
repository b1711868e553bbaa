"""Scenes for the tactics, made from a few numbers; and a battery on a house, stepped in seconds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from base import messages
from base.time import QUARTER, quarter_of
from bs.facts import Battery, BatteryState, Departure
from bs.inputs import Rules, Scene, Unit, Wish
from bs.strategy import Decision, Memory, decide
from sim.battery import Pack, PackState, allowed_kw, soc_pct, step

NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BATTERY = Battery("home", 10.0, reserve_pct=10.0)
FRESH = messages.Health(state="fresh", age_s=0.1, good=100, rejected=0)
STALE = messages.Health(state="stale", age_s=12.0, good=100, rejected=0)


def house(
    net_kw: float,
    at: datetime = NOON,
    *,
    target_kw: float | None = 2.5,
    budget_wh: float | None = None,
    buy: float | None = 0.30,
    sell: float | None = 0.05,
    health: messages.Health = FRESH,
    grants: dict[str, messages.Grant] | None = None,
) -> messages.House:
    """What dm says; the quarter's budget is what an even quarter would have left."""
    start = quarter_of(at)
    left_h = (start + timedelta(minutes=15) - at).total_seconds() / 3600
    even_wh = None if target_kw is None else target_kw * 1000 * left_h
    return messages.House(
        time=at,
        meter_id="1SAG",
        tariff="day",
        offtake_kw=max(0.0, net_kw),
        injection_kw=max(0.0, -net_kw),
        price_offtake_eur_kwh=buy,
        price_injection_eur_kwh=sell,
        quarter=messages.Quarter(
            start=start,
            end=start + timedelta(minutes=15),
            so_far_kw=0.0,
            own_kw=0.0,
            forecast_kw=max(0.0, net_kw),
            error_kw=0.1,
        ),
        target_kw=target_kw,
        budget_wh=even_wh if budget_wh is None else budget_wh,
        health=health,
        grants=grants or {},
    )


def outlook(
    buy: Callable[[int], float], sell: float = 0.05, at: datetime = NOON
) -> messages.Outlook:
    """Prices by the quarter's place from now."""
    return messages.Outlook(
        start=quarter_of(at),
        buy_eur_kwh=tuple(buy(place) for place in range(192)),
        sell_eur_kwh=(sell,) * 192,
        peak_eur_kw=4.4,
    )


def state(soc: float | None = 50.0, kw: float | None = 0.0, at: datetime = NOON) -> BatteryState:
    return BatteryState("home", at, soc_pct=soc, power_kw=kw)


def car(
    kw: float, energy_kwh: float = 0.0, help_kw: float = 0.0, leaves: datetime | None = None
) -> messages.Need:
    """What ev says of a car that charges, maybe for a trip with 80 %."""
    one = messages.CarNeed(
        name="q4",
        plugged=True,
        power_kw=kw,
        energy_kwh=energy_kwh,
        target_pct=80.0 if leaves else None,
        deadline=leaves,
        urgency="trip" if leaves else "none",
    )
    return messages.Need(name="ev", power_kw=kw, cars=(one,), help_kw=help_kw)


def scene(
    net_kw: float = 0.0,
    *,
    soc: float | None = 50.0,
    told: messages.House | None = None,
    ahead: messages.Outlook | None = None,
    needs: tuple[messages.Need, ...] = (),
    wish: Wish | None = None,
    heard: datetime | None = NOON,
    departure: Departure | None = None,
) -> Scene:
    """One second at NOON with an idle battery."""
    unit = Unit(BATTERY, replace(state(soc), departure=departure))
    return Scene(NOON, told or house(net_kw), heard, (unit,), ahead, needs, wish or Wish())


def decided(one: Scene, memory: Memory | None = None) -> Decision:
    return decide(one, Rules(), memory or Memory())


def kw(decision: Decision) -> float:
    """What all batteries are told, charging positive."""
    return sum(point.signed_kw for point in decision.set_points.values())


@dataclass
class Second:
    """One second of a run: the meter, the battery, and what was decided."""

    at: datetime
    net_kw: float
    battery_kw: float
    decision: Decision


@dataclass
class Run:
    """A battery on a house: its physics, and the quarter as dm counts it."""

    pack: Pack
    state: PackState
    memory: Memory
    peak_kw: float = 0.0
    used_wh: float = 0.0
    quarter: datetime | None = None


def lived(
    loads_kw: Callable[[int], float],
    seconds: int,
    *,
    soc: float = 50.0,
    pack: Pack | None = None,
    start: datetime = NOON,
    ahead: messages.Outlook | None = None,
    needs: Callable[[int], tuple[messages.Need, ...]] = lambda _: (),
    target_kw: float = 2.5,
    reads_s: int = 1,
    step_s: int = 1,
    departure: Departure | None = None,
) -> Iterator[Second]:
    """The seconds of a house with this load, or each `step_s` of them; its battery read each
    `reads_s`."""
    pack = pack or Pack(standby_kw=0.0)
    run = Run(pack, PackState(pack.capacity_kwh * soc / 100), Memory())
    read = read_from("home", pack, run.state, start)
    for second in range(0, seconds, step_s):
        at = start + timedelta(seconds=second)
        if quarter_of(at) != run.quarter:
            run.quarter, run.used_wh = quarter_of(at), 0.0
        target = max(target_kw, run.peak_kw)
        net_kw = loads_kw(second) + run.state.power_kw
        run.used_wh += max(0.0, net_kw) * step_s / 3.6
        run.peak_kw = max(run.peak_kw, run.used_wh / 250)
        buy = ahead.buy_eur_kwh[(at - ahead.start) // QUARTER] if ahead else 0.30
        budget_wh = target * 250 - run.used_wh
        told = house(net_kw, at, target_kw=target, budget_wh=budget_wh, buy=buy)
        if second % reads_s == 0:
            read = read_from("home", pack, run.state, at)
        unit = Unit(BATTERY, replace(read, departure=departure))
        one = Scene(at, told, at, (unit,), ahead, needs(second))
        decision = decide(one, Rules(), run.memory)
        run.memory = decision.memory
        run.state = step(pack, run.state, kw(decision), step_s)
        yield Second(at, net_kw, run.state.power_kw, decision)


def read_from(name: str, pack: Pack, now: PackState, at: datetime) -> BatteryState:
    """What a battery says of itself."""
    charge_kw, discharge_kw = allowed_kw(pack, now)
    soc = round(soc_pct(pack, now), 1)
    return BatteryState(name, at, soc, now.power_kw, charge_kw, discharge_kw)
