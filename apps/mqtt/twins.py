"""Loadpoints of evcc that move as a charger here does: one charger with two programs.

evcc publishes no address of its chargers. Two powers that are equal prove nothing: two cars that
charge at 16 A take the same. Two that follow the same levels, up and down, are one charger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from base import messages

LAG_S = 45.0
"""evcc reads its chargers each 10 to 30 s, one after the other: its values are this old."""
OWN_LAG_S = 15.0
"""Ours are read each few seconds."""
ALIKE, ALIKE_KW = 0.05, 0.1
STEP_KW = 0.4
LEVELS = 3
LEVELS_MOST = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A loadpoint of evcc: True if it has a car, and its power in kW (None: unknown)."""

    connected: bool
    power_kw: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A loadpoint and a charger: the levels that both had, kW, oldest first; when they last
    agreed."""

    levels: tuple[float, ...] = ()
    agreed_s: float = 0.0

    @property
    def one(self) -> bool:
        """True if they had enough levels in common and rose from one to another: two cars never
        do."""
        charging = [kw for kw in self.levels if kw >= STEP_KW]
        apart = [kw for n, kw in enumerate(charging) if all(_apart(kw, x) for x in charging[:n])]
        rose = any(0.0 < low < high for low, high in pairwise(self.levels) if low >= STEP_KW)
        return len(apart) >= LEVELS and rose


@dataclass(frozen=True, slots=True)
class Twins:
    """Pairs by number of the loadpoint and name of the charger; its powers in the last LAG_S."""

    pairs: Mapping[tuple[int, str], Pair] = field(default_factory=dict)
    powers: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def of(self, number: int) -> str:
        """Name of the charger that loadpoint `number` is; "" for none."""
        return next(
            (name for (n, name), pair in self.pairs.items() if n == number and pair.one), ""
        )


def watched(
    before: Twins,
    points: Sequence[Point],
    chargers: Mapping[str, messages.ChargerState],
    now_s: float,
) -> Twins:
    """The state after another reading of both; loadpoints are numbered from 1."""
    powers = {
        name: (*_recent(before.powers.get(name, ()), each, now_s),)
        for name, each in chargers.items()
    }
    pairs: dict[tuple[int, str], Pair] = {}
    for number, point in enumerate(points, 1):
        for name, charger in chargers.items():
            pair = before.pairs.get((number, name)) or Pair(agreed_s=now_s)
            pairs[number, name] = _seen(pair, point, charger, powers[name], now_s)
    return Twins(pairs, powers)


def _recent(
    before: Sequence[tuple[float, float]], charger: messages.ChargerState, now_s: float
) -> Iterator[tuple[float, float]]:
    yield from (each for each in before if now_s - each[0] <= LAG_S)
    if charger.power_kw is not None:
        yield now_s, charger.power_kw


def _seen(
    pair: Pair,
    point: Point,
    charger: messages.ChargerState,
    powers: Sequence[tuple[float, float]],
    now_s: float,
) -> Pair:
    """The pair after another reading; a longer disagreement starts it again."""
    kw = point.power_kw
    if kw is None or not powers or charger.plugged is None:
        return pair if now_s - pair.agreed_s <= OWN_LAG_S or pair.one else Pair(agreed_s=now_s)
    alike = any(abs(kw - its) <= max(ALIKE_KW, ALIKE * kw) for _, its in powers)
    if point.connected != charger.plugged or not alike:
        return pair if now_s - pair.agreed_s <= OWN_LAG_S else Pair(agreed_s=now_s)
    new = not pair.levels or _apart(kw, pair.levels[-1])
    levels = (*pair.levels, kw)[-LEVELS_MOST:] if new else pair.levels
    return Pair(levels, now_s)


def _apart(kw: float, other_kw: float) -> bool:
    return abs(kw - other_kw) >= STEP_KW
