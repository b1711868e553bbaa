"""Interface of a family of battery devices, so that a Device can set and watch it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from bs.facts import BatteryState, SetPoint


class Driver(Protocol):
    """One device in our signs: charging is positive, kW on its AC side. Raises DeviceError.

    `watchdog_s` is after how long without `keep` the device goes back to its own ways (None: it
    keeps its last set-point); `refresh_s` how often it is kept, under half of that; `poll_s` how
    often it likes to be read; `settle_s` how long after a write it may be read back; `step_kw` how
    exactly it says its set-point.
    """

    watchdog_s: float | None
    refresh_s: float
    poll_s: float
    settle_s: float
    step_kw: float

    def nearest(self, set_point: SetPoint) -> SetPoint:
        """The closest set-point that this device can be given, never more than the one asked."""

    async def read(self) -> BatteryState:
        """Read the measurements."""

    async def told(self) -> SetPoint:
        """The set-point in its registers."""

    async def write(self, set_point: SetPoint) -> None:
        """Write this, whatever was written before."""

    async def keep(self) -> None:
        """It does not forget its set-point."""

    async def release(self) -> None:
        """Restore self-consumption mode and the owner's settings."""

    async def close(self) -> None:
        """Close the connection."""


@runtime_checkable
class Describes(Protocol):
    """A Driver whose device says what it is."""

    @property
    def about(self) -> Mapping[str, str]:
        """Maker, model and firmware, as far as it reported; no name, address or serial number."""
