"""Conversion of measurements, shared by the drivers of several families."""

from collections.abc import Sequence

from ev.facts import ChargerPhase

_DRAWS_A = 1.0


def drawn_phases(currents_a: Sequence[float]) -> int | None:
    """The number of phases on which current flows; None for none."""
    return sum(one > _DRAWS_A for one in currents_a) or None


class SessionMeter:
    """Energy of a session, from a register that only counts up.

    The chargers' own session counters restart in the middle of one.
    """

    def __init__(self) -> None:
        self._base_kwh: float | None = None

    def session_kwh(self, register_kwh: float | None, phase: ChargerPhase) -> float | None:
        """kWh since the car was plugged in, or was first seen; None if unknown."""
        if register_kwh is None:
            return None
        base_kwh = self._base_kwh
        if phase is ChargerPhase.STANDBY or base_kwh is None or register_kwh < base_kwh:
            self._base_kwh = base_kwh = register_kwh
        return register_kwh - base_kwh
