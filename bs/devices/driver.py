"""Interface of a family of battery devices, so that a Device can set and watch it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from bs.facts import BatteryState, SetPoint


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


@runtime_checkable
class Describes(Protocol):
    """A Driver whose device reports its identity."""

    @property
    def about(self) -> Mapping[str, str]:
        """Maker, model and firmware, as far as reported; no name, address or serial number."""
