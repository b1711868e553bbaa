"""`./do_py.sh demo --mqtt HOST` publishes the demo's house, car and battery on a broker."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from apps.demo.__main__ import demo
from tests.apps.mqtt.on_broker import Ear, mosquitto


def announced(ear: Ear) -> set[str]:
    """Components in the last discovery message that is not empty."""
    said = [text for _, text, _ in ear.heard if text]
    return set(json.loads(said[-1])["cmps"]) if said else set()


async def test_the_demo_is_announced_on_a_broker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with mosquitto(tmp_path) as broker, broker.ear("homeassistant/#") as ear:
        running = asyncio.create_task(demo(10.0, broker=f"127.0.0.1:{broker.port}"))
        wanted = {"car_q4_mode", "charger_main_power_kw", "offtake_day_kwh", "battery_mode"}
        await ear.until(lambda ear: wanted <= announced(ear), 90.0)
        assert await running == 0
        await ear.until(lambda ear: ear.heard[-1][1] == "", 10.0)  # Home Assistant forgets it
        async with broker.ear("digital_meter/#") as left:
            await asyncio.sleep(0.5)
            assert left.heard == []
    assert "mqtt ok" in capsys.readouterr().out


async def test_an_invalid_address_is_reported() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "apps.demo", "--mqtt", "a b"), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert b"not a name or address" in said
