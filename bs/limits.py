"""Limits of a set-point: law, battery settings, device, cells. Pure.

The program optimises inside these limits; the inverter's own protection stays on and has priority.
A Belgian grid operator does not accept a program on the P1 port as the limiter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from base.language import phrase
from bs.facts import Battery, BatteryState, Mode, SetPoint

LEAST_KW = 0.01
"""A power below this is a hold."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `kw`, and the origin of the limit."""

    kw: float
    source: str


ONE_PHASE = Limit(5.0, phrase("Synergrid C10/11 and Fluvius: storage on one phase, at most 5 kVA"))
MORE_PHASES = Limit(
    10.0, phrase("Synergrid C10/11 and Fluvius: storage on more phases, at most 10 kVA")
)


@dataclass(frozen=True, slots=True)
class Cells:
    """Temperatures between which cells may be used, °C."""

    charge_c: tuple[float, float]
    discharge_c: tuple[float, float]
    source: str


CELLS = Cells((0.0, 50.0), (-10.0, 55.0), phrase("typical LFP data sheets with a margin of 5 °C"))


def legal(phases: int) -> Limit:
    """Legal limit of an inverter by its number of phases."""
    return ONE_PHASE if phases == 1 else MORE_PHASES


def within(asked: SetPoint, battery: Battery, state: BatteryState) -> SetPoint:
    """The set-point that the limits allow: the same, less power, or a hold. `why` says which."""
    if asked.mode not in (Mode.CHARGE, Mode.DISCHARGE):
        return SetPoint(asked.mode, 0.0, asked.why)
    if forbidden := _forbidden(asked, battery, state):
        return SetPoint(
            Mode.HOLD,
            0.0,
            phrase("{reason}; holding, because {text}", reason=asked.why, text=forbidden),
        )
    least = min(_limits(asked.mode, battery, state), key=lambda limit: limit.kw)
    if asked.power_kw <= least.kw:
        return asked
    if least.kw < LEAST_KW:
        return SetPoint(
            Mode.HOLD,
            0.0,
            phrase("{reason}; but the limit is 0 kW ({text})", reason=asked.why, text=least.source),
        )
    return SetPoint(
        asked.mode,
        least.kw,
        phrase(
            "{reason}; at most {kw:.2f} kW: {text}",
            reason=asked.why,
            kw=least.kw,
            text=least.source,
        ),
    )


def _limits(mode: Mode, battery: Battery, state: BatteryState) -> Iterator[Limit]:
    """Every limit on the power in that direction."""
    charging = mode is Mode.CHARGE
    yield legal(battery.phases)
    yield Limit(
        battery.charge_kw if charging else battery.discharge_kw, phrase("this battery's setting")
    )
    device_kw = state.charge_kw if charging else state.discharge_kw
    if device_kw is not None:
        yield Limit(device_kw, phrase("the device's own limit"))


def _forbidden(asked: SetPoint, battery: Battery, state: BatteryState) -> str:
    """Reason why no power may flow as asked; empty when it may."""
    if not isfinite(asked.power_kw) or asked.power_kw < LEAST_KW:
        return phrase("{kw:.2f} kW is not a valid power", kw=asked.power_kw)
    if battery.capacity_kwh <= 0:
        return phrase("its capacity is 0 kWh")
    if not state.healthy:
        return phrase("it reports a fault")
    return _soc_forbids(asked.mode, battery, state.soc_pct) or _cold_or_hot(
        asked.mode, state.temperature_c
    )


def _soc_forbids(mode: Mode, battery: Battery, soc_pct: float | None) -> str:
    if soc_pct is None or not isfinite(soc_pct):
        return phrase("its state of charge is not known")
    if mode is Mode.CHARGE and soc_pct >= battery.most_pct:
        return phrase(
            "at {soc:.0f} % it has reached its maximum ({most:.0f} %)",
            soc=soc_pct,
            most=battery.most_pct,
        )
    if mode is Mode.DISCHARGE and soc_pct <= battery.reserve_pct:
        return phrase(
            "at {soc:.0f} % only its reserve of {reserve:.0f} % is left",
            soc=soc_pct,
            reserve=battery.reserve_pct,
        )
    return ""


def _cold_or_hot(mode: Mode, temperature_c: float | None) -> str:
    least, most = CELLS.charge_c if mode is Mode.CHARGE else CELLS.discharge_c
    if temperature_c is None or least <= temperature_c <= most:
        return ""
    return phrase("its cells are at {c:.0f} °C", c=temperature_c)
