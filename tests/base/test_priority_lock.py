"""A set-point is sent at once: it does not wait for a read or for the timeout of a read."""

import asyncio
import statistics
from collections.abc import Sequence

import pytest

from base.priority_lock import OvertakenError, PriorityLock
from sim.battery import Trouble
from sim.battery_modbus import SimRegisters
from tests.bs.devices.factories import HOLD, charge, rig


async def test_who_is_urgent_goes_before_what_is_being_read() -> None:
    """An urgent request cancels a read that would never end."""
    lock, ended = PriorityLock(), asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def read() -> None:
        async with lock.patient():
            await lock.unless_urgent(slow())

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    async with lock.urgent():
        assert ended.is_set()
    with pytest.raises(OvertakenError):
        await reading


async def test_nobody_waiting_any_more_is_not_urgent() -> None:
    """An urgent request that timed out does not stop later reads."""
    lock = PriorityLock()
    async with lock.patient():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), lock.urgent():
                pass
    async with lock.patient():
        assert await lock.unless_urgent(asyncio.sleep(0.01, "read")) == "read"


def writes_of(sim: SimRegisters, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Times at which each write reached the device, on the loop's clock."""
    times, told = [], sim.told

    def noted(unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        times.append(asyncio.get_running_loop().time())
        return told(unit, address, values, now_s)

    monkeypatch.setattr(sim, "told", noted)
    return times


@pytest.mark.parametrize("kind", ["victron", "sunspec-124", "marstek"])
async def test_a_set_point_reaches_a_warm_wire_within_milliseconds(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The median of forty set-points reaches the device within milliseconds, during reads."""
    clock, took_s = asyncio.get_running_loop().time, []
    async with rig(kind) as it:
        assert isinstance(it.sim, SimRegisters)
        await it.device.set(charge(1.0))
        times = writes_of(it.sim, monkeypatch)
        for step in range(40):
            reading = asyncio.create_task(it.device.read())
            await asyncio.sleep(0)
            began = clock()
            times.clear()
            await it.device.set(charge(1.0 + 0.03 * (step + 1)))
            took_s.append(times[0] - began)
            await reading
    assert statistics.median(took_s) < 0.025  # 1 to 3 ms on an idle machine


async def test_a_set_point_does_not_wait_for_the_time_out_of_a_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While a read gets no answer, a set-point reaches the device before the timeout of 1 s."""
    clock = asyncio.get_running_loop().time
    async with rig("victron") as it:
        assert isinstance(it.sim, SimRegisters)
        await it.device.set(charge(1.0))
        times = writes_of(it.sim, monkeypatch)
        it.sim.trouble.add(Trouble.SILENT)
        reading = asyncio.create_task(it.device.read())
        await asyncio.sleep(0.02)
        began = clock()
        await it.device.set(charge(2.0))
        await reading
    assert times[0] - began < 0.8  # the timeout of the read would delay it by a second


async def test_the_newest_of_many_set_points_wins() -> None:
    async with rig("marstek") as it:
        asked = [charge(0.1 * step) for step in range(1, 10)]
        await asyncio.gather(*(it.device.set(point) for point in [*asked, HOLD]))
        assert it.device.set_point == HOLD
        assert it.device.counts["writes"] <= 2


async def test_set_points_in_every_read_leave_the_battery_known() -> None:
    """Set-points interrupt every read of a slow device: one read still completes within 10 s."""
    async with rig("marstek") as it:
        known = it.device.state
        for step in range(30):
            it.clock.now_s += 1.0
            awake = asyncio.create_task(it.device.beat())
            await asyncio.sleep(0)
            await it.device.set(charge(1.0 + 0.05 * step))
            await awake
        assert it.device.set_point == charge(1.0 + 0.05 * 29)
        assert it.device.state.at > known.at
