"""Allocation of power this second: the plan's intentions inside the quarter's remaining energy.

The quarter counts by its energy: ten seconds of a kettle stop nothing. The plan gives the value of
a kWh in each asset; compared with the current prices it decides on charging from sun and from grid.
The battery answers each telegram; a car decreases at once, increases slowly, and pauses after a
stop; a load is switched rarely. No asset exceeds the target late in a quarter to catch up, and
phase currents, the main fuse and the meter's own limiter apply to any plan.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from base import messages
from base.language import phrase
from base.time import HOUR_S, QUARTER_S
from plan.asset import SOME_KW, Asset, Wish
from plan.assets import Assets, estimated
from plan.limits import Turn, limited
from plan.pulses import pulse
from plan.schedule import Plan
from plan.state import Base, Key, Rules, State, state

CALM = Rules()
QUARTER_H = QUARTER_S / HOUR_S
SAME_KW = 0.01
ASLEEP_S = 30.0
FALLS_S = 30.0
"""An asset that decreases to its grant gets there within this time."""
SLACK_KW = 0.2
CLOUD_S = 300.0
"""An asset on solar surplus continues at minimum power for this time without enough surplus."""
LASTS_S, NEWS_KW = 30.0, 0.1
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Said:
    """The reason given for an asset, and its kW then; `since` a new one applies."""

    kw: float
    reason: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Energy of each asset since the quarter that ends at `end` began, kWh."""

    end: datetime | None = None
    kwh: Mapping[Key, float] = field(default_factory=dict)

    def followed(self, house: messages.House, assets: Assets, step_s: float) -> "Taken":
        """After this telegram, `step_s` after the one before."""
        if house.quarter is None:
            return Taken()
        before = self.kwh if house.quarter.end == self.end else {}
        kwh = {
            each.key: before.get(each.key, 0.0) + each.power_kw * step_s / HOUR_S
            for each in assets.takers
        }
        return Taken(house.quarter.end, kwh if before else dict.fromkeys(kwh, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Last grants, and the state to remember until the next telegram.

    `kw` is by asset; times: `on` since each has power, `moved` each last rose or stopped, `idle`
    since one takes nothing of its grant, `above` since one takes more, `dark` since the sun is too
    weak for one that runs on it. `said` is the reason given for each.
    """

    grants: Mapping[str, messages.Grant] = field(default_factory=dict)
    kw: Mapping[Key, float] = field(default_factory=dict)
    on: Mapping[Key, datetime] = field(default_factory=dict)
    moved: Mapping[Key, datetime] = field(default_factory=dict)
    idle: Mapping[Key, datetime] = field(default_factory=dict)
    above: Mapping[Key, datetime] = field(default_factory=dict)
    dark: Mapping[Key, datetime] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)
    said: Mapping[Key, Said] = field(default_factory=dict)
    base: Base = field(default_factory=Base)


def share(
    before: Shared,
    house: messages.House,
    assets: Assets,
    plan: Plan | None,
    now: datetime,
    rules: Rules = CALM,
) -> Shared:
    """The grants of this telegram. Without facts of the house there are none: each asset falls back
    to its own mode.

    `plan` None, or one that is over: cars charge under the target, batteries store the sun.
    """
    if house.offtake_kw is None or house.health.state != "fresh":
        return replace(before, grants={}, kw={}, base=Base())
    net_kw = house.offtake_kw - (house.injection_kw or 0.0)
    assets = estimated(assets, before.base, net_kw)
    step_s = (now - before.base.at).total_seconds() if before.base.at else 0.0
    taken = before.taken.followed(house, assets, step_s)
    base = before.base.followed(house, sum(each.power_kw for each in assets.every), now)
    kw: dict[Key, float] = {}
    said: dict[Key, Said] = {}
    moved, dark = dict(before.moved), dict[Key, datetime]()
    left = state(base, house, assets.every, assets.stores, plan, now, rules)
    for key, turn in _turns(left, assets, before, moved, dark, taken):
        kw[key] = turn[0]
        said[key] = steady(before.said.get(key), turn, now)
    until = now + timedelta(seconds=rules.grant_s)
    grants = {peer: _grant(peer, kw, said, until) for peer in dict.fromkeys(key[0] for key in kw)}
    return Shared(
        grants=grants,
        kw=kw,
        on={key: before.on.get(key, now) for key, each in kw.items() if each > SOME_KW},
        moved=moved,
        idle=_idle(assets, before, now),
        above=_above(assets, before, now),
        dark=dark,
        taken=taken,
        said=said,
        base=base,
    )


def steady(before: Said | None, turn: Turn, now: datetime) -> Said:
    """The reason to give: a new one only when the decision changes, or when it lasts.

    New numbers alone count when the power changed visibly.
    """
    kw, reason = turn
    if before is None or _way(kw) != _way(before.kw):
        return Said(kw, reason)
    if _NUMBER.sub("", reason) == _NUMBER.sub("", before.reason):
        changed = abs(kw - before.kw) >= NEWS_KW
        return Said(kw, reason) if changed else replace(before, since=None)
    since = before.since or now
    if (now - since).total_seconds() >= LASTS_S:
        return Said(kw, reason)
    return replace(before, since=since)


def _way(kw: float) -> int:
    return 0 if abs(kw) < SOME_KW else 1 if kw > 0 else -1


def _told(reasons: Mapping[str, str]) -> str:
    """The reasons of a peer's assets in one sentence, each with its name when there are several."""
    if len(reasons) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())


def _turns(
    left: State,
    assets: Assets,
    before: Shared,
    moved: dict[Key, datetime],
    dark: dict[Key, datetime],
    taken: Taken,
) -> Iterator[tuple[Key, Turn]]:
    """Allocate each asset in order, from the rest of those before it; fills `moved` and `dark`."""
    alone = left
    planned_kw = {each.key: _coming_kw(each, left, taken) for each in assets.takers}
    others_kw = sum(planned_kw.values())
    given: dict[Key, float] = {}
    mean: dict[Key, float] = {}
    for taker in sorted(assets.takers, key=lambda each: each.rank(left)):
        key = taker.key
        others_kw -= planned_kw[key]
        # A load takes no more than is planned for it: it leaves the rest to those after it anyway.
        reserved_kw = others_kw if left.planned(key) and taker.rank(left)[0] else 0.0
        wish = _through_clouds(taker, taker.wish(left), left, before, dark)
        wish = _least_on(taker, wish, left.now, before)
        pulsed = pulse(taker, wish, left, taken.kwh.get(key, 0.0), reserved_kw)
        turn = (pulsed.kw, pulsed.why) if pulsed else limited(taker, wish, left, reserved_kw)
        power_kw, reason = _calm(turn, taker, left, before, moved)
        given[key], mean[key] = power_kw, pulsed.mean_kw if pulsed else power_kw
        yield key, (power_kw, reason)
        left = left.less(taker, power_kw, mean[key])
        if power_kw > 0 and alone.over_kw <= 0 < left.over_kw:
            left = replace(left, helped=(*left.helped, key[1]))
    left = _untaken(left, given, mean, _idle(assets, before, left.now))
    if not left.rules.at_once:
        left = _overtaken(left, given, assets, _above(assets, before, left.now))
        left = replace(left, net_kw=alone.net_kw + sum(each.power_kw for each in assets.takers))
    for store in assets.stores:
        turn = limited(store, store.wish(left), left)
        yield store.key, turn
        left = left.less(store, turn[0])


def _coming_kw(taker: Asset, left: State, taken: Taken) -> float:
    """Mean power planned for it in the rest of the quarter."""
    kw = (left.planned(taker.key) or (0.0, 0.0))[0]
    if kw >= taker.least_kw:
        return kw
    return max(0.0, kw * QUARTER_H - taken.kwh.get(taker.key, 0.0)) / left.left_h


def _through_clouds(
    taker: Asset, wish: Wish, left: State, before: Shared, dark: dict[Key, datetime]
) -> Wish:
    """The request of an asset on solar surplus: its minimum power for a while without enough."""
    runs = taker.power_kw > SOME_KW and wish.on_sun and not left.rules.at_once
    if not runs or wish.kw >= taker.least_kw:
        return wish
    key = taker.key
    dark[key] = min(before.dark.get(key, left.now), left.now)
    if (left.now - dark[key]).total_seconds() >= CLOUD_S:
        return wish
    return Wish(taker.least_kw, phrase("at minimum power for some minutes without enough sun"))


def _least_on(taker: Asset, wish: Wish, now: datetime, before: Shared) -> Wish:
    """The request of an asset that was switched on recently: at least its minimum power."""
    on_s = (now - before.on.get(taker.key, now)).total_seconds()
    runs = taker.key in before.on and taker.power_kw > SOME_KW
    if not runs or wish.kw >= taker.least_kw or on_s >= taker.least_on_s:
        return wish
    return Wish(
        taker.least_kw,
        phrase("once on it stays on for {minutes:.0f} minutes", minutes=taker.least_on_s / 60),
    )


def _idle(assets: Assets, before: Shared, now: datetime) -> dict[Key, datetime]:
    """The takers that take nothing of their grant, with the time since which."""
    keys = [each.key for each in assets.takers if each.power_kw < SOME_KW]
    return {key: before.idle.get(key, now) for key in keys if before.kw.get(key, 0.0) > SOME_KW}


def _untaken(
    left: State,
    given: Mapping[Key, float],
    mean: Mapping[Key, float],
    idle: Mapping[Key, datetime],
) -> State:
    """The state for stores: an asset that sleeps or rests is not helped until it takes power.

    `given` is its power now, `mean` until the quarter ends, kW.
    """
    asleep = [key for key, at in idle.items() if (left.now - at).total_seconds() > ASLEEP_S]
    untaken_kw = sum(given[key] for key in asleep)
    if not untaken_kw:
        return left
    helped = tuple(name for name in left.helped if name not in {key[1] for key in asleep})
    return replace(
        left,
        net_kw=left.net_kw - untaken_kw,
        rest_kw=left.rest_kw - sum(mean[key] for key in asleep),
        helped=helped,
    )


def _above(assets: Assets, before: Shared, now: datetime) -> dict[Key, datetime]:
    """The takers that take more than their grant, with the time since which."""
    return {
        each.key: before.above.get(each.key, now)
        for each in assets.takers
        if each.power_kw > before.kw.get(each.key, each.power_kw) + SLACK_KW
    }


def _overtaken(
    left: State, given: Mapping[Key, float], assets: Assets, above: Mapping[Key, datetime]
) -> State:
    """The state for stores: an asset that does not decrease to its grant counts with its real
    power."""
    more_kw = sum(
        max(0.0, each.power_kw - given[each.key])
        for each in assets.takers
        if each.key in above and (left.now - above[each.key]).total_seconds() > FALLS_S
    )
    return replace(left, rest_kw=left.rest_kw + more_kw) if more_kw else left


def _calm(
    turn: Turn, asset: Asset, left: State, before: Shared, moved: dict[Key, datetime]
) -> Turn:
    """Decreases at once; increases only some time after the last change, longer after a stop. A
    running asset keeps at least its minimum power: a meter may show slightly less.
    """
    if asset.least_idle_s is None:
        return turn
    power_kw, reason = turn
    key = asset.key
    was_kw = before.kw.get(key, asset.power_kw)
    was_kw = max(was_kw, asset.least_kw) if was_kw > SOME_KW else 0.0
    since_s = (left.now - moved[key]).total_seconds() if key in moved else float("inf")
    if power_kw > was_kw + SAME_KW:
        wait_s = left.rules.rise_s if was_kw > 0 else asset.least_idle_s
        if since_s < wait_s:
            calm = phrase("increasing in steps") if was_kw > 0 else phrase("pausing after a stop")
            return was_kw, f"{reason}; {calm}"
        moved[key] = left.now
    elif power_kw <= 0 < was_kw:
        moved[key] = left.now
    return power_kw, reason


def _grant(
    peer: str, kw: Mapping[Key, float], said: Mapping[Key, Said], until: datetime
) -> messages.Grant:
    own = {name: power_kw for (owner, name), power_kw in kw.items() if owner == peer}
    reasons = {name: said[peer, name].reason for name in own}
    assets = {
        name: messages.GrantedAsset(kw=round(power_kw, 3), why=reasons[name])
        for name, power_kw in own.items()
    }
    total_kw = round(sum(own.values()), 3)
    return messages.Grant(kw=total_kw, until=until, why=_told(reasons), assets=assets)
