"""Scenes made from a few numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from base import messages
from base.time import quarter_of
from bs.facts import Battery, BatteryState, Departure
from bs.inputs import Rules, Scene, Unit, Wish
from bs.strategy import Decision, Memory, decide
from sim.battery import Pack, PackState, allowed_kw, soc_pct

NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
BATTERY = Battery(name="home", capacity_kwh=10.0, reserve_pct=10.0)
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
    """A house message of dm; its budget is the target power until the end of the quarter."""
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


def granted(kw: float, why: str = "the plan says so") -> dict[str, messages.Grant]:
    """A grant for the batteries."""
    return {"bs": messages.Grant(kw=kw, until=NOON + timedelta(seconds=10), why=why)}


def state(soc: float | None = 50.0, kw: float | None = 0.0, at: datetime = NOON) -> BatteryState:
    return BatteryState(battery="home", at=at, soc_pct=soc, power_kw=kw)


def scene(
    net_kw: float = 0.0,
    *,
    soc: float | None = 50.0,
    told: messages.House | None = None,
    ahead: messages.Outlook | None = None,
    wish: Wish | None = None,
    heard: datetime | None = NOON,
    departure: Departure | None = None,
) -> Scene:
    """One second at NOON with an idle battery."""
    unit = Unit(BATTERY, replace(state(soc), departure=departure))
    return Scene(
        now=NOON,
        house=told or house(net_kw),
        heard=heard,
        units=(unit,),
        outlook=ahead,
        wish=wish or Wish(),
    )


def decided(one: Scene, memory: Memory | None = None) -> Decision:
    return decide(one, Rules(), memory or Memory())


def kw(decision: Decision) -> float:
    """Set-points of all batteries, charging positive."""
    return sum(point.signed_kw for point in decision.set_points.values())


def read_from(name: str, pack: Pack, now: PackState, at: datetime) -> BatteryState:
    """State reported by a battery."""
    charge_kw, discharge_kw = allowed_kw(pack, now)
    soc = round(soc_pct(pack, now), 1)
    return BatteryState(
        battery=name,
        at=at,
        soc_pct=soc,
        power_kw=now.power_kw,
        charge_kw=charge_kw,
        discharge_kw=discharge_kw,
    )
