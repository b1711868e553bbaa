"""The phases of the house, and how it is connected to the grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from p1.values import real


class Grid(StrEnum):
    """Type of the grid connection. Source: 1-0:94.32.1, else inferred from the voltages."""

    ONE_PHASE = "1x230"
    DELTA = "3x230"
    STAR = "3x400"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase, L1 first. kW, V, A; None where the meter does not send it."""

    offtake_kw: float | None
    injection_kw: float | None
    voltage_v: float | None
    current_a: float | None


_GRIDS = {"230": Grid.DELTA, "400": Grid.STAR}
PHASE_CODES = (
    ("1-0:21.7.0", "1-0:22.7.0", "1-0:32.7.0", "1-0:31.7.0"),
    ("1-0:41.7.0", "1-0:42.7.0", "1-0:52.7.0", "1-0:51.7.0"),
    ("1-0:61.7.0", "1-0:62.7.0", "1-0:72.7.0", "1-0:71.7.0"),
)
PHASE_UNITS = ("*kW", "*kW", "*V", "*A")


def phases_of(values: Mapping[str, str]) -> tuple[Phase, ...]:
    """L1 alone, or L1 to L3 when the meter sends L2 or L3, or none."""
    absent, get = values.keys().isdisjoint, values.get
    three = not (absent(PHASE_CODES[1]) and absent(PHASE_CODES[2]))
    count = 3 if three else 0 if absent(PHASE_CODES[0]) else 1
    return tuple(
        [
            Phase(
                *[real(get(code, ""), unit) for code, unit in zip(codes, PHASE_UNITS, strict=True)]
            )
            for codes in PHASE_CODES[:count]
        ]
    )


def grid_of(sent: str, phases: tuple[Phase, ...]) -> Grid | None:
    """The grid as sent, or inferred from the voltages: firmware before 50221 does not send it.

    On 3x230 V a Sagemcom gives L2 as 0 V, an Iskra each phase to a neutral that is not there.
    """
    if len(phases) < 3:
        return Grid.ONE_PHASE if phases else None
    if sent in _GRIDS:
        return _GRIDS[sent]
    u1, u2, u3 = phases[0].voltage_v, phases[1].voltage_v, phases[2].voltage_v
    if u1 is None or u2 is None or u3 is None:
        return None
    if min(u1, u2, u3) > 180:
        return Grid.STAR
    if min(u1, u3) > 100 and (u2 == 0 or max(u1, u2, u3) < 160):
        return Grid.DELTA
    return None
