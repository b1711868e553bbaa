"""The physics of a home battery: contents, losses and reported state, second by second. Pure.

Power is positive when it charges, kW on the AC side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypedDict

STEP_S = 1.0
FULL_PCT = 99.5
TAPER_FULL_PCT, TAPER_EMPTY_PCT = 95.0, 5.0
TAPER_LEAST = 0.02
WARMS_C_KWH = 30.0  # 100 kg of cells and case: 0.033 kWh for each °C
COOLS_S = 3 * 3600.0
COLD_C, HOT_C, TOO_HOT_C = 0.0, 45.0, 55.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Battery model. `efficiency` is one way; `drift_pct_h` is the drift of its own SoC."""

    capacity_kwh: float = 10.0
    charge_kw: float = 5.0
    discharge_kw: float = 5.0
    phases: int = 1
    efficiency: float = 0.95
    standby_kw: float = 0.012
    ramp_kw_s: float = 2.5
    outside_c: float = 18.0
    drift_pct_h: float = 0.05


@dataclass(frozen=True, slots=True)
class PackState:
    """A battery at one moment. `drift_pct` is the error of its own SoC, positive when too high."""

    stored_kwh: float
    power_kw: float = 0.0
    cells_c: float = 20.0
    drift_pct: float = 0.0


def soc_pct(pack: Pack, state: PackState) -> float:
    """True state of charge, 0 to 100."""
    return 100 * state.stored_kwh / pack.capacity_kwh if pack.capacity_kwh else 0.0


def shown_pct(pack: Pack, state: PackState) -> float:
    """Reported state of charge, 0 to 100."""
    return min(100.0, max(0.0, soc_pct(pack, state) + state.drift_pct))


def step(pack: Pack, state: PackState, wanted_kw: float, for_s: float) -> PackState:
    """The battery `for_s` later, when it was to take `wanted_kw` all that time."""
    while for_s > 0:
        state = _second(pack, state, wanted_kw, min(for_s, STEP_S))
        for_s -= STEP_S
    return state


def allowed_kw(pack: Pack, state: PackState) -> tuple[float, float]:
    """The most it charges and discharges with now: less when nearly full, empty, cold or hot."""
    full = soc_pct(pack, state)
    cool = _share(TOO_HOT_C - state.cells_c, TOO_HOT_C - HOT_C)
    warm = 1.0 if state.cells_c >= COLD_C else 0.0
    charge = _share(100 - full, 100 - TAPER_FULL_PCT) * cool * warm
    return pack.charge_kw * charge, pack.discharge_kw * _share(full, TAPER_EMPTY_PCT) * cool


def _share(left: float, taper: float) -> float:
    """All of it, less within the taper, nothing at its end."""
    share = min(1.0, max(0.0, left / taper))
    return share if share > TAPER_LEAST else 0.0


def _second(pack: Pack, state: PackState, wanted_kw: float, for_s: float) -> PackState:
    charge_kw, discharge_kw = allowed_kw(pack, state)
    goal_kw = min(charge_kw, max(-discharge_kw, wanted_kw))
    ramp_kw = pack.ramp_kw_s * for_s
    power_kw = state.power_kw + min(ramp_kw, max(-ramp_kw, goal_kw - state.power_kw))
    share = pack.efficiency if power_kw > 0 else 1 / pack.efficiency
    gained_kwh = (power_kw * share - pack.standby_kw) * for_s / 3600
    stored_kwh = min(pack.capacity_kwh, max(0.0, state.stored_kwh + gained_kwh))
    lost_kwh = abs(power_kw) * abs(1 - share) * for_s / 3600
    cooled_c = (state.cells_c - pack.outside_c) * for_s / COOLS_S
    full = pack.capacity_kwh > 0 and 100 * stored_kwh / pack.capacity_kwh >= FULL_PCT
    return PackState(
        stored_kwh=stored_kwh,
        power_kw=power_kw,
        cells_c=state.cells_c + WARMS_C_KWH * lost_kwh - cooled_c,
        drift_pct=0.0 if full else state.drift_pct + pack.drift_pct_h * for_s / 3600,
    )


class Trouble(StrEnum):
    """Faults of a battery or its wire."""

    SILENT = "it takes every question and never answers"
    CUT = "its answers break off half-way"
    FORGETS = "it accepts what it is told and does not keep it"
    IDLE = "it keeps what it is told and does not follow"
    BACKWARD = "it charges when told to discharge, and the reverse"
    RUNAWAY = "it charges with all it can, whatever it is told"
    SOC_255 = "its state of charge reads 255, or not a number"
    NO_CAPACITY = "its capacity reads 0"
    STRANGER = "another program tells it otherwise after each of our writes"


class Given(TypedDict, total=False):
    """Keyword arguments of every simulated battery."""

    pack: Pack | None
    soc: float
    house_kw: Callable[[], float]
    speed: float


class SimBattery:
    """A battery with its own control; each kind of device defines its set-point.

    `trouble` may be set and cleared at any time; `refusal` is the error code of every write, and
    `deaf` of every read too, when not 0. `house_kw` gives the house without the battery. `now_s`
    is any steady clock; the physics run `speed` times as fast, its watchdog does not.
    """

    kind: ClassVar[str]
    usual: ClassVar[Pack] = Pack()
    """The pack of a device for which none is given."""

    def __init__(
        self,
        *,
        pack: Pack | None = None,
        soc: float = 50.0,
        house_kw: Callable[[], float] = lambda: 0.5,
        speed: float = 1.0,
    ) -> None:
        self.pack = pack or self.usual
        self.state = PackState(self.pack.capacity_kwh * soc / 100)
        self.house_kw, self.speed = house_kw, speed
        self.trouble: set[Trouble] = set()
        self.refusal = self.deaf = 0
        self.writes = 0
        self._at_s: float | None = None

    def step(self, now_s: float) -> None:
        """Advance to `now_s` with the present set-point."""
        for_s = 0.0 if self._at_s is None else (now_s - self._at_s) * self.speed
        self._at_s = now_s
        wanted_kw = self.wanted_kw(now_s)
        if Trouble.BACKWARD in self.trouble:
            wanted_kw = -wanted_kw
        if Trouble.IDLE in self.trouble:
            wanted_kw = 0.0
        if Trouble.RUNAWAY in self.trouble:
            wanted_kw = self.pack.charge_kw
        self.state = step(self.pack, self.state, wanted_kw, for_s)

    def wanted_kw(self, now_s: float) -> float:
        """Power that it aims at, by its set-point or its own self-use."""
        raise NotImplementedError

    def restart(self, now_s: float) -> None:
        """Restart: values that it does not store are lost."""
        self.state = replace(self.state, power_kw=0.0)

    @property
    def shown_pct(self) -> float:
        """Reported state of charge."""
        return shown_pct(self.pack, self.state)

    def self_use_kw(self) -> float:
        """Power that brings the grid to 0."""
        return -self.house_kw()

    def grid_kw(self) -> float:
        """Power of the house's grid connection; positive is import."""
        return self.house_kw() + self.state.power_kw

    def extra_kw(self, at: datetime) -> Sequence[float]:
        """Power on L1, L2, L3, for the simulated house."""
        share_kw = self.state.power_kw / self.pack.phases
        return [share_kw] * self.pack.phases + [0.0] * (3 - self.pack.phases)
