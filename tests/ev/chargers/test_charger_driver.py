"""Driver and device together: fast decreases, safe phase switching, writes only on change."""

import asyncio
from contextlib import suppress

from ev.chargers.charger import ChargerError
from ev.facts import ChargerPhase
from sim.charger import Trouble
from tests.ev.chargers.factories import plugged_car, point, rig


async def test_it_gets_only_the_changes() -> None:
    async with rig() as it:
        for _ in range(5):
            await it.kick.read()
            await it.kick.write(point(10.0))
        assert it.writes == ["/control?current_set=10.0"]


async def test_before_the_first_read_only_a_pause_is_sent() -> None:
    async with rig() as it:
        await it.kick.write(point(10.0))
        assert it.writes == []
        await it.kick.write(point(0.0))
        assert it.writes == ["/control?charge_pause=1"]


async def test_the_car_follows_within_seconds() -> None:
    async with rig(plugged_car()) as it:
        await it.until(lambda state: (state.power_kw or 0) > 11.0, point(16.0))
        state = await it.until(lambda state: (state.power_kw or 9) < 4.3, point(6.0))
        assert state.phase is ChargerPhase.CHARGING
        assert state.phases == 3


async def test_a_fall_does_not_wait_for_a_slow_read() -> None:
    """While a read hangs, the decrease reaches the charger at once over a second connection."""
    async with rig() as it:
        await it.kick.read()
        it.device.trouble.add(Trouble.SLOW)
        reading = asyncio.create_task(it.kick.read())
        await it.log.until("/values")
        async with asyncio.timeout(4.0):  # the read would hang for five seconds
            await it.kick.write(point(0.0))
        assert it.device.settings.paused
        assert not reading.done()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def test_a_fall_is_at_the_charger_within_milliseconds() -> None:
    """Time from the call to the request at the device, over an open loopback connection."""
    loop, took_ms = asyncio.get_running_loop(), list[float]()
    async with rig(speed=1.0) as it:
        await it.kick.read()
        for half_amps in range(31, 11, -1):
            began = loop.time()
            await it.kick.write(point(half_amps / 2))
            took_ms.append(1000 * (it.log.asked[-1][1] - began))
        assert len(it.writes) == len(took_ms) == 20
        assert sorted(took_ms)[10] < 20, took_ms


async def test_the_newest_of_many_set_points_wins() -> None:
    async with rig() as it:
        await it.kick.read()
        await asyncio.gather(*(it.kick.write(point(float(amps))) for amps in (15, 12, 9, 7)))
        assert it.device.settings.current_a == 7.0


async def test_phases_are_switched_in_a_pause_and_the_car_goes_on() -> None:
    async with rig(plugged_car()) as it:
        await it.until(lambda state: state.phase is ChargerPhase.CHARGING, point(16.0))
        state = await it.until(
            lambda state: state.phases == 1 and state.phase is ChargerPhase.CHARGING, point(13.0, 1)
        )
        assert it.writes == [
            "/control?charge_pause=1",
            "/control?phase_count=1",
            "/control?current_set=13.0&charge_pause=0",
        ]
        assert state.currents_a[1:] == (0.0, 0.0)


async def test_a_second_switch_waits_ten_minutes() -> None:
    """With a set-point for more phases it stays on one, at the same current."""
    async with rig(plugged_car()) as it:
        await it.until(lambda state: state.phases == 1 and not state.paused, point(13.0, 1))
        for _ in range(3):
            with suppress(ChargerError):
                await it.kick.write(point(13.0, 3))
            await it.kick.read()
            await it.kick.rest()
        assert it.device.settings.phases == 1
        assert len([path for path in it.writes if "phase" in path]) == 1


async def test_an_owner_who_wants_no_switching_is_not_asked_to_allow_it() -> None:
    async with rig(plugged_car(phases=1), switches_phases=False) as it:
        state = await it.until(lambda state: state.phases == 1, point(10.0, 1))
        assert it.device.settings.phases == 3
        assert (state.notice, state.can_switch_phases) == ("", False)


async def test_the_circuit_of_the_house_is_a_limit_too() -> None:
    async with rig(most_a=20.0) as it:
        assert (await it.kick.read()).rated_a == 20.0
        await it.until(lambda state: state.set_a == 20.0, point(32.0))


async def test_a_write_wakes_the_reader() -> None:
    """It reads again two seconds after a write, not ten."""
    async with rig(speed=4.0) as it:
        await it.kick.read()
        resting = asyncio.create_task(it.kick.rest())
        await asyncio.sleep(0)
        await it.kick.write(point(6.0))
        async with asyncio.timeout(2.0):  # two seconds are 0.5 at this speed, ten would be 2.5
            await resting
