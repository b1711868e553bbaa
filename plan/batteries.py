"""A home battery: its contents, and its turn this second."""

from dataclasses import dataclass
from typing import ClassVar

from base.language import phrase
from base.time import HOUR_S
from plan.asset import SOME_KW, Wish
from plan.state import SAME_EUR, Key, State

ONE_PHASE_KW = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Energy in kWh inside the battery; `stored_kwh` may be below `reserve_kwh`."""

    peer: str
    name: str
    power_kw: float
    stored_kwh: float
    reserve_kwh: float
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    efficiency: float
    wear_eur_kwh: float
    pulses: ClassVar[bool] = False
    calm_s: ClassVar[float] = 0.0
    planned: ClassVar[bool] = True
    least_on_s: ClassVar[float] = 0.0
    least_kw: ClassVar[float] = 0.0
    least_idle_s: ClassVar[float | None] = None
    """It answers each telegram."""

    @property
    def key(self) -> Key:
        return self.peer, self.name

    @property
    def phases(self) -> int:
        """The phases by its power: above 5 kW three are required by law."""
        return 1 if max(self.charge_kw, self.discharge_kw) <= ONE_PHASE_KW else 3

    @property
    def most_kw(self) -> float:
        return self.charge_kw

    @property
    def yields_kw(self) -> float:
        """All that it charges with."""
        return max(0.0, self.power_kw)

    @property
    def material(self) -> object:
        return self.capacity_kwh, self.charge_kw, self.discharge_kw

    def spare_kw(self, left_h: float) -> float:
        inside_kwh = max(0.0, self.stored_kwh - self.reserve_kwh) * self.efficiency
        return min(self.discharge_kw, inside_kwh / left_h)

    def soak_kw(self, left_h: float) -> float:
        space_kwh = max(0.0, self.capacity_kwh - self.stored_kwh) / self.efficiency
        return min(self.charge_kw, space_kwh / left_h)

    def gives_eur(self, worth_eur: float) -> float:
        return worth_eur / self.efficiency + self.wear_eur_kwh

    def takes_eur(self, worth_eur: float) -> float:
        return worth_eur * self.efficiency - self.wear_eur_kwh

    def wish(self, state: State) -> Wish:
        """Its value in the plan compared with the current prices, and the quarter's need of it."""
        power_kw, reason = self._by_price(state)
        free_kwh = self.stored_kwh - state.kept_kwh(self.key)
        free_kw = max(0.0, free_kwh) * self.efficiency / state.left_h
        if power_kw < -free_kw:
            power_kw, reason = -free_kw, phrase("the rest is kept in reserve")
        if state.over_kw > 0 and power_kw > -state.over_kw:
            power_kw, reason = -state.over_kw, _under_target(state)
        able_kw = min(max(power_kw, -self.spare_kw(1.0 / HOUR_S)), self.soak_kw(1.0 / HOUR_S))
        if abs(able_kw) < SOME_KW <= abs(power_kw):
            reason = _unable(power_kw)
        return Wish(able_kw, reason)

    def cut(self, kw: float, left: str) -> str:
        if kw < SOME_KW:
            return phrase("holding: the quarter and the fuse leave no room to charge")
        return phrase("charging within the limits of the quarter and the fuse")

    def _by_price(self, state: State) -> tuple[float, str]:
        planned = state.planned(self.key)
        if planned is None:
            return -state.net_kw, phrase("no plan: it stores solar surplus and discharges it later")
        kw, worth = planned
        gives, takes = self.gives_eur(worth), self.takes_eur(worth)
        if state.sell > gives + SAME_EUR:
            return -self.discharge_kw, phrase(
                "injecting earns {sell:.3f} EUR/kWh now", sell=state.sell
            )
        if state.buy < takes - SAME_EUR:
            return self.charge_kw, phrase(
                "a kWh costs {buy:.3f} EUR now, worth {takes:.3f} later", buy=state.buy, takes=takes
            )
        if state.net_kw > 0:
            return _importing(state, kw, gives, takes)
        if state.sell < takes - SAME_EUR:
            return state.sun_kw, phrase("storing solar surplus")
        if state.sell < takes + SAME_EUR:
            return min(state.sun_kw, max(kw, 0.0)), phrase("storing solar surplus as planned")
        return 0.0, phrase("injecting earns {sell:.3f} EUR/kWh now", sell=state.sell)


def _unable(power_kw: float) -> str:
    if power_kw > 0:
        return phrase("holding: it can take no more now")
    return phrase("holding: it can give nothing now")


def _importing(state: State, kw: float, gives: float, takes: float) -> tuple[float, str]:
    """While the house takes from the grid."""
    if state.buy > gives + SAME_EUR:
        return -state.net_kw, phrase(
            "a kWh costs {buy:.3f} EUR now, {gives:.3f} from the battery",
            buy=state.buy,
            gives=gives,
        )
    if state.buy > gives - SAME_EUR and kw < 0:
        grid_kw = state.plan.grid_kw[state.index] if state.plan else 0.0
        covers = grid_kw < SOME_KW
        return -state.net_kw if covers else max(kw, -state.net_kw), phrase("discharging as planned")
    if abs(state.buy - takes) <= SAME_EUR and kw > 0:
        return kw, phrase("charging as planned")
    return (
        0.0,
        phrase(
            "holding: a kWh from it costs {gives:.3f} EUR, the grid {buy:.3f}",
            gives=gives,
            buy=state.buy,
        ),
    )


def _under_target(state: State) -> str:
    """The reason for a battery's power that keeps the quarter below its target."""
    if not state.helped:
        return phrase("discharging to keep the quarter under its target")
    return phrase(
        "discharging so that {cars} can charge under the target", cars=" and ".join(state.helped)
    )
