"""bs in daily use: beside a real dm, with typed commands, without dm, stopped and killed."""

import signal
from pathlib import Path

from base import messages
from tests.apps.dm.running import dm
from tests.bs.bs_running import bs, victron

SPEED = 8  # Speed of the simulated house, so that a message expires within seconds of real time.
CHARGE_1 = '{"type": "command", "word": "charge", "args": ["1"]}'
SOURCE = f"sim://?seed=7&solar_kwp=0&start=2026-01-13T03:00&speed={SPEED}"


async def test_the_owner_types_and_the_battery_does_it(tmp_path: Path) -> None:
    """Each command is answered and reaches the Modbus device; a stop releases the battery."""
    async with victron() as (device, port), dm(SOURCE, tmp_path / "dm") as meter:
        await meter.heard(3)
        async with bs(meter.url, tmp_path / "bs", port, "--speed", str(SPEED)) as running:
            (answer,) = await running.ask("discharge 2")
            assert isinstance(answer, messages.Reply)
            assert answer.text.startswith("discharge 2.00 kW until ")
            await device.until(-2.0)
            (answer,) = await running.ask("hold until 18:00")
            assert isinstance(answer, messages.Reply)
            assert answer.text == "hold until 18:00, or until you say auto"
            await device.until(0.0)
            (answer, need) = await running.ask(
                '{"type": "command", "word": "charge", "args": ["1"]}', "need"
            )
            assert isinstance(answer, messages.Reply)
            await device.until(1.0)
            assert isinstance(need, messages.Need)
            assert need.why.startswith("charge with 1.00 kW until ")
            wrong, more, often = await running.ask("charge 99", "charge", "chrage 3")
            for error, words in (
                (wrong, "above 0"),
                (more, "power in kW"),
                (often, "charge"),
            ):
                assert isinstance(error, messages.Error)
                assert words in error.text
            (answer,) = await running.ask("battery")
            assert isinstance(answer, messages.Reply)
            assert "as you said" in answer.text
            (state,) = await running.ask("batteries")
            assert isinstance(state, messages.Batteries)
            assert (state.mode, state.batteries[0].name) == ("charge", "home")
            assert state.batteries[0].told_kw == 1.0
            (answer,) = await running.ask("auto")
            assert isinstance(answer, messages.Reply)
            assert answer.text == "the battery follows the plan"
            assert await running.end() == 0
            assert device.own


async def test_without_dm_the_battery_looks_after_the_house_itself(tmp_path: Path) -> None:
    """Without dm the battery gets its owner's settings back; bs continues with a new dm."""
    async with victron() as (device, port):
        async with dm(SOURCE, tmp_path / "dm") as first:
            port_of_dm = str(first.port)
            async with bs(first.url, tmp_path / "bs", port, "--speed", str(SPEED)) as running:
                await running.ask("discharge 2")
                await device.until(-2.0)
                await first.end(signal.SIGKILL)
                await device.becomes(lambda: device.own)
                async with dm(SOURCE, tmp_path / "dm", "--port", port_of_dm):
                    await device.until(-2.0)
                    assert await running.end(signal.SIGINT) == 0
        assert device.own


async def test_a_killed_bs_leaves_no_charging_behind(tmp_path: Path) -> None:
    """A new bs takes over from a killed one, and its stop restores the owner's settings."""
    async with victron() as (device, port), dm(SOURCE, tmp_path / "dm") as meter:
        async with bs(meter.url, tmp_path / "bs", port, "--speed", str(SPEED)) as killed:
            await killed.ask("discharge 2")
            await device.until(-2.0)
            await killed.end(signal.SIGKILL)
        assert not device.own
        async with bs(meter.url, tmp_path / "bs", port, "--speed", str(SPEED)) as again:
            await again.ask("hold")
            await device.until(0.0)
            assert await again.end() == 0
        assert device.own
