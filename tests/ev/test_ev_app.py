"""ev as it runs at home: beside a real dm, killed, given commands, stopped."""

import asyncio
import signal
from pathlib import Path

from base import messages
from bench.process import free_port
from tests.apps.dm.running import Dm, dm
from tests.ev.ev_running import ev, plugged

SOURCE = "sim://?seed=7&start=2026-01-13T03:00"
METER = "no data from the meter"


async def test_a_killed_dm_makes_it_safe_and_a_new_one_brings_it_back(tmp_path: Path) -> None:
    """It charges at 16 A; after kill -9 at 6 A soon after the limit; at 16 A 15 s after a new
    dm."""
    port = str(free_port())
    async with (
        dm(SOURCE, tmp_path / "dm", "--port", port) as first,
        ev(first.url, tmp_path / "ev", lost_s=2.0) as running,
    ):
        await running.charger(without=METER)
        await running.say("boost")
        await running.until(16.0)
        await first.end(signal.SIGKILL)
        assert await running.until(6.0) < 2.0 + 5.0
        assert METER in await running.charger()
        async with dm(SOURCE, tmp_path / "dm", "--port", port) as second:
            assert await running.until(16.0) < 15.0
            assert await need(second, "q4")


async def need(running: Dm, why: str) -> messages.Need:
    """dm's record of ev, once its reason contains `text`."""
    for _ in range(100):
        (told,) = await running.ask("need")
        if isinstance(told, messages.Need) and why in told.why:
            return told
        await asyncio.sleep(0.1)
    raise AssertionError(told)


async def test_the_owner_types_and_is_obeyed_at_once(tmp_path: Path) -> None:
    """Words, JSON and mistakes each get an answer; a command reaches the charger at once."""
    async with dm(SOURCE, tmp_path / "dm") as meter, ev(meter.url, tmp_path / "ev") as running:
        await running.charger(without=METER)
        soc, cars, pushed, wrong, order = await running.say(
            "soc q4 62", "cars", '{"car": "q4", "soc": 63, "plugged": true}', "soc zoe 5",
            "charge q4 90 by 07:30",
        )  # fmt: skip
        assert isinstance(soc, messages.Reply)
        assert soc.text == "q4 is at 62 %"
        assert isinstance(cars, messages.Reply)
        assert cars.text == "q4: 62 %, read 0 s ago, on main"
        assert isinstance(pushed, messages.Reply)
        assert isinstance(wrong, messages.Error)
        assert "zoe is not one of the cars here: q4" in wrong.text
        assert isinstance(order, messages.Reply)
        assert order.text.startswith("q4 is charged to 90 % by ")
        (state,) = await running.say("charging")
        assert isinstance(state, messages.Charging)
        (car,), (charger,) = state.cars, state.chargers
        assert (car.name, car.charger, car.mode, car.soc_pct) == ("q4", "main", "charge", 63.0)
        assert (charger.name, charger.car, charger.plugged) == ("main", "q4", True)
        await running.say("boost")
        assert await running.until(16.0) < 4.0
        await running.say("pause")
        assert await running.until(0.0) < 1.0
        told = await need(meter, "pauses, as you said")
        assert told.cars[0].soc_pct is not None


async def test_a_stop_leaves_the_charger_paused_and_the_words_kept(tmp_path: Path) -> None:
    """A car that can wait is paused at the stop; its SoC is still known after a restart."""
    device = plugged()
    async with dm(SOURCE, tmp_path / "dm") as meter:
        async with ev(meter.url, tmp_path / "ev", device) as running:
            await running.charger(without=METER)
            await running.say("soc 70")
        assert device.settings.paused
        async with ev(meter.url, tmp_path / "ev", device) as again:
            await again.charger(without=METER)
            (cars,) = await again.say("cars")
            assert isinstance(cars, messages.Reply)
            assert cars.text.startswith("q4: 70 %")


async def test_a_car_that_is_nearly_empty_charges_without_any_dm(tmp_path: Path) -> None:
    """Without dm a car below 20 % charges at 6 A without delay."""
    device = plugged(12.0)
    nobody = f"ws://127.0.0.1:{free_port()}/ws"
    async with ev(nobody, tmp_path, device, lost_s=1.0) as running:
        assert METER in await running.charger()
        await running.say("soc 12")
        await running.until(6.0)
