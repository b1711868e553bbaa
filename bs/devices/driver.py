"""What a family of devices must offer, so that a Device can tell and watch it."""

from typing import Protocol

from bs.facts import BatteryState, SetPoint


class Driver(Protocol):
    """One device in our signs: charging is positive, kW on its AC side. Raises DeviceError.

    `watchdog_s` is after how long without `keep` the device goes back to its own ways (None: it
    goes on as it was told); `refresh_s` how often it is kept, under half of that; `poll_s` how
    often it likes to be read; `settle_s` how long after a write it may be read back; `step_kw` how
    exactly it says what it was told.
    """

    watchdog_s: float | None
    refresh_s: float
    poll_s: float
    settle_s: float
    step_kw: float

    def nearest(self, set_point: SetPoint) -> SetPoint:
        """What this device is told in place of a set-point, never more than it."""

    async def read(self) -> BatteryState:
        """What it measures now."""

    async def told(self) -> SetPoint:
        """What its registers say it is told."""

    async def write(self, set_point: SetPoint) -> None:
        """Write this, whatever was written before."""

    async def keep(self) -> None:
        """It does not forget what it was told."""

    async def release(self) -> None:
        """Restore self-consumption mode and the owner's settings."""

    async def close(self) -> None:
        """Close the connection."""
