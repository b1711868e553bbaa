"""Readings outside the limits of the device are dropped; a glitch is reported once."""

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bs.devices.device import Device as BatteryDevice
from bs.facts import Battery, BatteryState, Mode, SetPoint
from ev.chargers.command_steps import Told
from ev.chargers.device import Device
from ev.chargers.driver import Info, Values
from ev.facts import ChargerPhase

SOUND = Values(phase=ChargerPhase.CHARGING, power_kw=11.0, currents_a=(16.0,) * 3, session_kwh=5.0)


class Glitching:
    """A charger that reports scripted readings."""

    keep_s = None

    def __init__(self, readings: Iterator[Values]) -> None:
        self._readings = readings

    async def info(self) -> Info:
        return Info(32.0, 3)

    async def read(self) -> tuple[Values, Told]:
        return next(self._readings), Told(16.0, paused=False)

    async def tell(self, step: Told) -> Told:
        return step

    async def keep(self) -> None: ...

    async def aclose(self) -> None: ...


class GlitchingBattery:
    """A battery that reports scripted power readings."""

    watchdog_s: float | None = None
    refresh_s, poll_s, settle_s, step_kw = 10.0, 1.0, 1.0, 0.1

    def __init__(self, readings: Iterator[float]) -> None:
        self._readings = readings

    async def read(self) -> BatteryState:
        return BatteryState(
            battery="home", at=datetime.now(UTC), soc_pct=50.0, power_kw=next(self._readings)
        )

    async def told(self) -> SetPoint:
        return SetPoint(Mode.AUTO, 0.0, "")

    def nearest(self, set_point: SetPoint) -> SetPoint:
        return set_point

    async def write(self, set_point: SetPoint) -> None: ...
    async def keep(self) -> None: ...
    async def release(self) -> None: ...
    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("glitch", "seen"),
    [
        (replace(SOUND, power_kw=9e8), replace(SOUND, power_kw=None)),
        (replace(SOUND, power_kw=-math.inf), replace(SOUND, power_kw=None)),
        (replace(SOUND, currents_a=(16.0, 6553.5, 16.0)), replace(SOUND, currents_a=())),
        (replace(SOUND, session_kwh=1e9), replace(SOUND, session_kwh=None)),
    ],
)
async def test_a_charger_that_measures_what_cannot_be_is_not_believed(
    glitch: Values, seen: Values, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is reported once; the first plausible reading ends it."""
    device = Device("garage", Glitching(iter([SOUND, *[glitch] * 9, SOUND])))
    states = [await device.read() for _ in range(11)]
    told = [(each.power_kw, each.currents_a, each.session_kwh) for each in states]
    sound = (SOUND.power_kw, SOUND.currents_a, SOUND.session_kwh)
    assert told == [sound, *[(seen.power_kw, seen.currents_a, seen.session_kwh)] * 9, sound]
    assert sum("impossible" in said for said in caplog.messages) == 1


async def test_a_battery_that_measures_what_cannot_be_is_not_believed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    readings = [2.0, *[-6.5e8] * 5, math.nan, 2.0]
    home = Battery(name="home", capacity_kwh=10.0, reserve_pct=10.0)
    device, seen = BatteryDevice(GlitchingBattery(iter(readings)), home), []
    for _ in readings:
        await device.beat()
        seen.append(device.state.power_kw)
    assert seen == [2.0, *[None] * 6, 2.0]
    assert sum("impossible" in said for said in caplog.messages) == 1
