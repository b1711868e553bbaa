"""Interface of a family of battery devices, so that a Device can set and watch it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from base.device_errors import NonsenseError
from base.language import clause
from base.modbus import Line
from bs.facts import Battery, BatteryState, SetPoint


class Driver(Protocol):
    """One device in our signs: charging is positive, kW on its AC side. Raises DeviceError.

    `watchdog_s` is the time without `keep` after which the device returns to its own mode (None: it
    keeps its last set-point); `refresh_s` is the interval of `keep`, under half of that; `poll_s`
    the interval of reads; `settle_s` the time from a write to its read-back; `step_kw` the
    resolution of its set-point.
    """

    watchdog_s: float | None
    refresh_s: float
    poll_s: float
    settle_s: float
    step_kw: float

    def nearest(self, set_point: SetPoint) -> SetPoint:
        """The closest set-point that this device accepts, never more than the one asked."""

    async def read(self) -> BatteryState:
        """Read the measurements."""

    async def told(self) -> SetPoint:
        """The set-point in its registers."""

    async def write(self, set_point: SetPoint) -> None:
        """Write this set-point."""

    async def keep(self) -> None:
        """Refresh its set-point."""

    async def release(self) -> None:
        """Restore self-consumption mode and the owner's settings."""

    async def close(self) -> None:
        """Close the connection."""


class ModbusDriver:
    """The part of a Driver that all on one Modbus line share: they take any set-point."""

    def __init__(self, battery: Battery, line: Line) -> None:
        self._battery, self._line = battery, line

    def nearest(self, set_point: SetPoint) -> SetPoint:
        """The set-point itself: any is accepted."""
        return set_point

    async def close(self) -> None:
        """Close the connection."""
        self._line.close()


def possible_pct(soc_pct: float) -> float:
    """The state of charge. NonsenseError for an impossible one."""
    if not 0 <= soc_pct <= 100:
        raise NonsenseError(clause("reports a state of charge of {soc_pct:.0f} %", soc_pct=soc_pct))
    return soc_pct


@runtime_checkable
class Describes(Protocol):
    """A Driver whose device reports its identity."""

    @property
    def about(self) -> Mapping[str, str]:
        """Maker, model and firmware, as far as reported; no name, address or serial number."""
