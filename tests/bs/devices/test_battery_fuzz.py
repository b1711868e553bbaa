"""No answer of a device raises an exception, and impossible values are rejected."""

import json
from random import Random
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bs.devices.device import Device
from bs.devices.homewizard import HomeWizard
from bs.devices.homewizard_api import Address
from sim.battery_modbus import SimRegisters
from tests.bs.devices.factories import BATTERY, KINDS, charge, discharge, rig

EDGES = (0, 1, 255, 0x7FFF, 0x8000, 0xFFFF)
ROUNDS = 60


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "homewizard"])
async def test_random_registers(kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any register may hold any value at any time."""
    chance = Random(f"{kind} {seed}")
    async with rig(kind) as it:
        sim = it.sim
        assert isinstance(sim, SimRegisters)

        def scramble(now_s: float) -> None:
            for registers in sim.units.values():
                for address in chance.sample(sorted(registers), k=len(registers) // 3):
                    registers[address] = chance.choice((*EDGES, chance.randrange(0x10000)))

        monkeypatch.setattr(sim, "measure", scramble)
        monkeypatch.setattr(sim, "step", lambda now_s: None)
        for _ in range(ROUNDS):
            it.clock.now_s += chance.choice((1, 30, 700))
            await it.device.beat()
            await it.device.set(chance.choice((charge, discharge))(chance.uniform(0, 9)))
            state = it.device.state
            assert state.soc_pct is None or 0 <= state.soc_pct <= 100
            assert it.device.set_point is None or 0 <= it.device.set_point.power_kw <= 5


def chances(chance: Random) -> Any:
    """Random JSON, sometimes of the right form."""
    values: list[Any] = [
        None,
        True,
        -1,
        255,
        1e308,
        float("inf"),
        "zero",
        [],
        ["charge_allowed", 3],
        {},
    ]
    keys = ("mode", "permissions", "power_w", "max_consumption_w", "state_of_charge_pct")
    return chance.choice((*values, {key: chance.choice(values) for key in keys}))


async def test_random_json() -> None:
    """The device answers with any value, any status, and text that is not JSON."""
    chance = Random(1)

    async def answer(request: web.Request) -> web.Response:
        text = chance.choice(("", "<html>", "{", json.dumps(chances(chance))))
        return web.Response(text=text, status=chance.choice((200, 200, 200, 400, 401, 403, 500)))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        address = Address(str(server.make_url("")).rstrip("/"), "token")
        driver = HomeWizard(BATTERY, address, [address])
        device = Device(driver, BATTERY)
        for _ in range(ROUNDS):
            await device.beat()
            await device.set(charge(0.5))
            assert device.state.soc_pct is None or 0 <= device.state.soc_pct <= 100
        await driver.close()
