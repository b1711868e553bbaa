"""Limits of the grid connection: main fuse, phase currents and the meter's own limiter.

One place, applied to every asset. A one-phase asset may be on any phase, so for all others its
power counts on the fullest phase.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Protocol

from base import messages
from base.limits import NOT_A_LIMIT_A, NOT_A_LIMIT_KW, VOLT

DELTA = "3x230"


class Connected(Protocol):
    """Anything that takes or gives power. kW, positive is offtake; `phases` it is spread over."""

    @property
    def power_kw(self) -> float: ...
    @property
    def phases(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """Remaining power and current for the next assets.

    `limiter_kw` is left under the meter's limiter, `phase_a` on the fullest phase; infinite
    without a limit. `lines` is the number of phases of the house, `delta` a 3x230 V grid.
    """

    limiter_kw: float = inf
    phase_a: float = inf
    lines: int = 1
    delta: bool = False

    def room_kw(self, asset: Connected) -> float:
        """The most this asset may take; negative when the limits are exceeded without it."""
        own_a = 0.0 if self._on_all(asset) else max(0.0, asset.power_kw) * self._a_kw(asset)
        return min(self.limiter_kw, (self.phase_a + own_a) / self._a_kw(asset))

    def less(self, asset: Connected, kw: float) -> "Connection":
        """After this asset was given `kw`."""
        more_kw = kw if self._on_all(asset) else max(0.0, kw - max(0.0, asset.power_kw))
        if self.delta:  # what is given there is at another angle than what others take
            more_kw = max(0.0, more_kw)
        return replace(
            self,
            limiter_kw=self.limiter_kw - kw,
            phase_a=self.phase_a - more_kw * self._a_kw(asset),
        )

    def without(self, asset: Connected) -> "Connection":
        """Power left when this asset takes nothing, as far as that is certain."""
        own_kw = asset.power_kw if self._on_all(asset) else min(0.0, asset.power_kw)
        return replace(self, phase_a=self.phase_a + own_kw * self._a_kw(asset))

    def _on_all(self, asset: Connected) -> bool:
        return asset.phases >= self.lines

    def _a_kw(self, asset: Connected) -> float:
        """A on each of its phases for each kW."""
        phases = min(asset.phases, self.lines)
        if self.delta:
            return 1000.0 / VOLT / (sqrt(3.0) if phases == 3 else 1.0)
        return 1000.0 / VOLT / phases


def connection(
    house: messages.House, assets: Iterable[Connected], base_kw: float, fuse_a: float | None
) -> Connection:
    """The connection before any asset had its turn; `base_kw` is the house without them."""
    limits_a = [a for a in (fuse_a, house.limit_a) if a and a < NOT_A_LIMIT_A]
    drawn_a = list(_drawn_a(house)) or [_net_kw(house) * 1000.0 / VOLT]
    found = Connection(
        limiter_kw=limit_kw(house) - base_kw,
        phase_a=min(limits_a, default=inf) - max(drawn_a),
        lines=max(1, len(house.phases)),
        delta=house.grid == DELTA,
    )
    for asset in assets:
        found = found.without(asset)
    return found


def limit_kw(house: messages.House) -> float:
    """The meter's limiter, kW; infinite without a real one."""
    return house.limit_kw if house.limit_kw and house.limit_kw < NOT_A_LIMIT_KW else inf


def _drawn_a(house: messages.House) -> Iterator[float]:
    """A from the grid on each phase that is measured, negative when it injects.

    On 3x230 V the powers of the phases are those of two wattmeters, or 0: there only the current
    counts, which has no sign.
    """
    for phase in house.phases:
        if phase.offtake_kw is None or (house.grid == DELTA and phase.current_a is not None):
            if phase.current_a is not None:
                yield phase.current_a
            continue
        net_kw = phase.offtake_kw - (phase.injection_kw or 0.0)
        active_a = net_kw * 1000.0 / (phase.voltage_v or VOLT)
        yield active_a if net_kw <= 0 else max(active_a, phase.current_a or 0.0)


def _net_kw(house: messages.House) -> float:
    return (house.offtake_kw or 0.0) - (house.injection_kw or 0.0)
