"""This second, for the allocation: the house without its assets, the quarter's energy, prices,
limits, and the plan's intentions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from math import expm1
from typing import Protocol

from base import messages
from base.quarter import MARGIN_KW, left_s, spread_kw
from base.time import HOUR_S, QUARTER_S
from plan.connection import Connected, Connection, connection, limit_kw
from plan.schedule import Plan

SLOW_S, DIES_S = 150.0, 60.0
USUAL_BUY_EUR_KWH = 0.3
SAME_EUR = 2e-3
"""Prices nearer than this are the same: then the plan's own amount counts."""
Key = tuple[str, str]
"""An asset: its peer's name and its own."""


class Giver(Protocol):
    """A store of energy, for the takers."""

    @property
    def key(self) -> Key: ...

    def spare_kw(self, left_h: float) -> float:
        """The power it can give for this time."""

    def soak_kw(self, left_h: float) -> float:
        """The power it can take for this time."""

    def gives_eur(self, worth_eur: float) -> float:
        """The cost of a kWh out of it, from the value of one inside."""

    def takes_eur(self, worth_eur: float) -> float:
        """The value of a kWh into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules of allocation: damping, and limits of the house. `margin_kw` is kept below the target.

    An asset that stops takes power for up to `fall_s` more. A battery keeps a car at minimum power
    for at most `carry_kwh` of the rest of a quarter. `at_once`: a car takes its grant within
    the same step, as in a back-test; otherwise that takes seconds, and a battery balances the car's
    present power.
    """

    fuse_a: float | None = None
    margin_kw: float = MARGIN_KW
    grant_s: float = 10.0
    rise_s: float = 20.0
    fall_s: float = 30.0
    carry_kwh: float = 0.25
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """The house without its assets, kW, followed from telegram to telegram until `at`."""

    at: datetime | None = None
    now_kw: float = 0.0
    slow_kw: float = 0.0

    def followed(self, house: messages.House, assets_kw: float, now: datetime) -> "Base":
        """The state after this telegram, of which the assets took `assets_kw`."""
        net_kw = (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)
        base_kw = net_kw - assets_kw
        if self.at is None:
            return Base(now, base_kw, base_kw)
        step_s = max(0.0, (now - self.at).total_seconds())
        return Base(now, base_kw, self.slow_kw - (base_kw - self.slow_kw) * expm1(-step_s / SLOW_S))

    def rest_kw(self, left_s: float) -> float:
        """The mean of the next `left_s`: a sudden load mostly ends within a minute."""
        lasting = -expm1(-left_s / DIES_S) * DIES_S / left_s
        return self.slow_kw + (self.now_kw - self.slow_kw) * lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """kW; positive is offtake. Each asset reduces what is left for the next one. `net_kw` is the
    power at the meter now, `rest_kw` the mean expected until the quarter ends. `hold_kw` brings the
    quarter exactly to its target when held until its end; nothing increases above `rise_kw`.
    `connection` is the rest of its limits. `help_kw` is the power that the `stores` can give until
    the quarter ends, beyond the quarter's own need; `helped` names the cars they give it for.
    `left_h` is never less than LEAST_LEFT_S, `end_h` is the real end of the quarter.
    """

    now: datetime
    net_kw: float
    rest_kw: float
    hold_kw: float
    rise_kw: float
    left_h: float
    end_h: float
    buy: float
    sell: float
    plan: Plan | None
    index: int
    rules: Rules
    limit_kw: float
    connection: Connection
    help_kw: float
    stores: tuple[Giver, ...] = ()
    helped: tuple[str, ...] = ()

    @property
    def room_kw(self) -> float:
        """Power that may still be taken throughout the rest of the quarter."""
        return self.rise_kw - self.rest_kw

    def carried_kw(self, room_kw: float, whole_kw: float) -> float:
        """`room_kw`, a part of the room of `whole_kw`, plus the power that the batteries can add.
        Their power keeps the house itself under the target first.
        """
        return room_kw if self.help_kw <= 0 else room_kw - min(0.0, whole_kw) + self.help_kw

    @property
    def over_kw(self) -> float:
        """Power that a battery must give for the quarter to hold its target; negative: nothing."""
        return max(self.rest_kw - self.hold_kw, self.net_kw - self.limit_kw)

    @property
    def sun_kw(self) -> float:
        """Power that is injected now."""
        return max(0.0, -self.net_kw)

    def planned(self, key: Key) -> tuple[float, float] | None:
        """The plan's kW now and the value of a kWh in the asset; None without a plan."""
        if self.plan is None or key not in self.plan.schedules:
            return None
        schedule = self.plan.schedules[key]
        return schedule.kw[self.index], schedule.worth_eur_kwh[self.index]

    def kept_kwh(self, key: Key) -> float:
        """Energy that the plan keeps in a battery for surprises until the quarter ends."""
        schedule = self.plan.schedules.get(key) if self.plan else None
        return schedule.keep_kwh[self.index] if schedule and schedule.keep_kwh else 0.0

    def less(self, asset: Connected, kw: float, mean_kw: float | None = None) -> "State":
        """The state after an asset took `kw`; until the quarter ends it takes `mean_kw`, None: the
        same."""
        mean_kw = kw if mean_kw is None else mean_kw
        rest_kw = self.rest_kw + mean_kw
        over_kw = max(0.0, rest_kw - self.hold_kw) - max(0.0, self.rest_kw - self.hold_kw)
        return replace(
            self,
            net_kw=self.net_kw + kw,
            rest_kw=rest_kw,
            connection=self.connection.less(asset, kw),
            help_kw=max(0.0, self.help_kw - max(0.0, over_kw)),
        )


def state(
    base: Base,
    house: messages.House,
    assets: Iterable[Connected],
    stores: tuple[Giver, ...],
    plan: Plan | None,
    now: datetime,
    rules: Rules,
) -> State:
    """This second, before any asset took a share. A plan that has ended is ignored."""
    index = plan.quarter(now) if plan else None
    plan = plan if index is not None else None
    target_kw = max(0.1, _target_kw(house, plan, index or 0) - rules.margin_kw)
    seconds, so_far_kw, end_s = QUARTER_S, 0.0, QUARTER_S
    if house.quarter is not None:
        seconds = left_s(house.quarter.end, house.time or now)
        so_far_kw = house.quarter.so_far_kw
        end_s = max(0.0, (house.quarter.end - (house.time or now)).total_seconds())
    hold_kw = max(0.0, spread_kw(target_kw - so_far_kw, seconds))
    buy = house.price_offtake_eur_kwh
    rest_kw = base.rest_kw(seconds)
    spare_kw = sum(each.spare_kw(seconds / HOUR_S) for each in stores)
    return State(
        now=now,
        net_kw=base.now_kw,
        rest_kw=rest_kw,
        hold_kw=hold_kw,
        rise_kw=min(hold_kw, target_kw),
        left_h=seconds / HOUR_S,
        end_h=min(seconds, end_s) / HOUR_S,
        buy=USUAL_BUY_EUR_KWH if buy is None else buy,
        sell=house.price_injection_eur_kwh or 0.0,
        plan=plan,
        index=index or 0,
        rules=rules,
        limit_kw=limit_kw(house),
        connection=connection(house, assets, base.now_kw, rules.fuse_a),
        help_kw=max(0.0, spare_kw - max(0.0, rest_kw - hold_kw)),
        stores=stores,
    )


def _target_kw(house: messages.House, plan: Plan | None, index: int) -> float:
    """Demand that is paid already, or that the plan knowingly pays for in this very quarter."""
    paid_kw = house.target_kw or 0.0
    if plan is None:
        return paid_kw
    return max(paid_kw, min(plan.target_kw, plan.grid_kw[index]))
