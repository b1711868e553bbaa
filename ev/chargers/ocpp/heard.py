"""Reports of a charging station as typed values: tolerant of everything, None is not known.

Pure. Source: OCPP 1.6, and additions of stations in the field.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ev.facts import ChargerPhase

Payload = Mapping[str, object]

PHASES = {
    "Available": ChargerPhase.STANDBY,
    "Unavailable": ChargerPhase.STANDBY,
    "Reserved": ChargerPhase.STANDBY,
    "Preparing": ChargerPhase.CONNECTED,
    "SuspendedEVSE": ChargerPhase.CONNECTED,
    "SuspendedEV": ChargerPhase.CONNECTED,
    "Finishing": ChargerPhase.CONNECTED,
    "Charging": ChargerPhase.CHARGING,
    "Faulted": ChargerPhase.ERROR,
}
_DRAWS_A = 1.0
_SCALES = {"W": 0.001, "kW": 1.0, "Wh": 0.001, "kWh": 1.0}
_MOST = 1e12
_TRUE = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One MeterValues: kW, A on L1 to L3, kWh on the register, %, A offered."""

    power_kw: float | None = None
    currents_a: tuple[float, ...] = ()
    register_kwh: float | None = None
    soc_pct: float | None = None
    offered_a: float | None = None

    @property
    def drawn_phases(self) -> int | None:
        """The number of phases on which current flows."""
        return sum(one > _DRAWS_A for one in self.currents_a) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """Abilities of a station by GetConfiguration.

    `watts`: it accepts set-points in W only. `stack_level` is the highest it allows. `wish` are the
    measurands it sends now, `interval_s` their interval.
    """

    switches_phases: bool = False
    watts: bool = False
    stack_level: int = 1
    interval_s: float | None = None
    wish: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()


def number(value: object) -> float | None:
    """A finite number, also from a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < _MOST else None


def whole(value: object) -> int | None:
    """A whole number, also from a text."""
    found = number(value)
    return None if found is None or found != int(found) else int(found)


def text(value: object, most: int = 64) -> str:
    """A printable text of at most this many characters; "" for anything else."""
    if not isinstance(value, str | int | float):
        return ""
    return "".join(each for each in str(value)[:most] if each.isprintable()).strip()


def stamp(value: object) -> datetime | None:
    """A time (UTC); one without a zone is taken as UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def meters(payload: Payload) -> Iterator[tuple[datetime | None, Meter]]:
    """Each sample of a MeterValues, with its time."""
    for entry in _objects(payload.get("meterValue")):
        yield stamp(entry.get("timestamp")), _meter(_objects(entry.get("sampledValue")))


def abilities(payload: Payload) -> Abilities:
    """Abilities in its answer to GetConfiguration, whatever the types of its values."""
    found = {
        text(entry.get("key")): text(entry.get("value"), 2000)
        for entry in _objects(payload.get("configurationKey"))
    }
    fixed = frozenset(
        text(entry.get("key"))
        for entry in _objects(payload.get("configurationKey"))
        if _TRUE.get(text(entry.get("readonly")).lower())
    )
    units = found.get("ChargingScheduleAllowedChargingRateUnit", "").lower()
    switches = ("ConnectorSwitch3to1PhaseSupported", "ACPhaseSwitchingSupported")
    stack = whole(found.get("ChargeProfileMaxStackLevel"))
    return Abilities(
        switches_phases=any(_TRUE.get(found.get(key, "").lower()) for key in switches),
        watts=("power" in units or "w" in units.split(",")) and not _amperes(units),
        stack_level=1 if stack is None else max(0, min(stack, 1)),
        interval_s=number(found.get("MeterValueSampleInterval")),
        wish=frozenset(
            part.strip() for part in found.get("MeterValuesSampledData", "").split(",") if part
        ),
        fixed=fixed,
    )


def _amperes(units: str) -> bool:
    return "current" in units or "a" in [part.strip() for part in units.split(",")]


def _meter(samples: Sequence[Payload]) -> Meter:
    """The values of one time; a total has priority over the sum of its phases."""
    total: dict[str, float] = {}
    lines: dict[str, dict[int, float]] = {}
    for sample in samples:
        value = number(sample.get("value"))
        what = text(sample.get("measurand")) or "Energy.Active.Import.Register"
        line = _line(sample.get("phase"))
        if value is None or line is None:
            continue
        value *= _SCALES.get(text(sample.get("unit")) or _usual(what), 1.0)
        if line:
            lines.setdefault(what, {})[line] = value
        else:
            total[what] = value
    currents = lines.get("Current.Import", {})
    power = "Power.Active.Import"
    return Meter(
        power_kw=total.get(power, sum(lines[power].values()) if power in lines else None),
        currents_a=tuple(currents.get(line, 0.0) for line in (1, 2, 3)) if currents else (),
        register_kwh=_register(total, lines),
        soc_pct=total.get("SoC"),
        offered_a=total.get("Current.Offered"),
    )


def _register(total: Mapping[str, float], lines: Mapping[str, Mapping[int, float]]) -> float | None:
    what = "Energy.Active.Import.Register"
    return total.get(what, sum(lines[what].values()) if what in lines else None)


def _usual(measurand: str) -> str:
    """The default unit."""
    return "Wh" if measurand.startswith("Energy") else "W" if "Power" in measurand else ""


def _line(phase: object) -> int | None:
    """1 to 3 for L1 to L3; 0 for the total; None for values between two phases, and N."""
    if phase is None or phase == "":
        return 0
    name = text(phase).upper().removesuffix("-N")
    return {"L1": 1, "L2": 2, "L3": 3}.get(name)


def _objects(value: object) -> list[Payload]:
    """The objects of a list; nothing for anything else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
