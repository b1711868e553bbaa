"""Devices that disobey or send impossible readings, tested from their protocol to dm."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from base import messages
from bench.process import PATIENCE_S
from ev import obedience
from sim import battery
from sim.charger import Trouble
from tests.apps.dm.running import Dm, dm
from tests.bs.bs_running import bs, victron
from tests.ev.ev_running import Running, ev, plugged

SOURCE = "sim://?seed=7&start=2026-01-13T03:00"
SPEED = 8
RUNS_AWAY = "charges with 5.0 kW although its set-point is hold"


async def need(meter: Dm, least_kw: float) -> messages.Need:
    """Return the need of ev in dm once its car draws at least this power."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (told,) = await meter.ask("need")
            if isinstance(told, messages.Need) and (told.power_kw or 0.0) >= least_kw:
                return told
            await asyncio.sleep(0.1)


async def vitals(running: Running, why: str) -> messages.Vitals:
    """Return ev's health once its reason contains this text."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (told,) = await running.say("health")
            assert isinstance(told, messages.Vitals)
            if why in told.why:
                return told
            await asyncio.sleep(0.1)


Told = TypeVar("Told", messages.Vitals, messages.Need)


async def answer(program: Dm, word: str, kind: type[Told], why: str) -> Told:
    """Return the program's answer once its reason contains this text."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (told,) = await program.ask(word)
            if isinstance(told, kind) and why in told.why:
                return told
            await asyncio.sleep(0.1)


async def test_a_power_that_cannot_be_never_reaches_the_meter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A charger reads 9e11 W for a while: it is logged once and not passed on, then ev recovers."""
    device = plugged()
    async with dm(SOURCE, tmp_path / "dm") as meter, ev(meter.url, tmp_path, device) as running:
        await running.charger(without="nothing is heard")
        await running.say("boost")
        await need(meter, 1.0)
        device.trouble.add(Trouble.GLITCH)
        for _ in range(150):
            (told,) = await meter.ask("need")
            assert isinstance(told, messages.Need)
            assert (told.power_kw or 0.0) < 25.0
            if any("impossible values" in said for said in caplog.messages):
                break
            await asyncio.sleep(0.1)
        device.trouble.discard(Trouble.GLITCH)
        assert (await need(meter, 1.0)).healthy
    assert sum("impossible values" in said for said in caplog.messages) == 1


async def test_a_disobedient_charger_is_reported_with_its_power(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ev reports a charger that draws 3 x 32 A in a pause, and dm receives the measured power."""
    monkeypatch.setattr(obedience, "SETTLE", timedelta(seconds=2))
    monkeypatch.setattr(obedience, "LASTS", timedelta(seconds=2))
    device = plugged()
    async with dm(SOURCE, tmp_path / "dm") as meter, ev(meter.url, tmp_path, device) as running:
        await running.charger(without="nothing is heard")
        await running.say("pause")
        await running.until(0.0)
        device.trouble.add(Trouble.DEAF)
        told = await vitals(running, "draws 22.1 kW although it must pause")
        assert not told.healthy
        (heard,) = await meter.ask("need")
        assert isinstance(heard, messages.Need)
        assert not heard.healthy
        assert heard.power_kw is not None
        assert heard.power_kw > 10.0
    assert sum("although it must pause" in said for said in caplog.messages) == 1


async def test_a_disobedient_battery_is_reported_to_log_and_house(tmp_path: Path) -> None:
    """A battery that charges with 5 kW on hold is in bs's health and in its need at dm."""
    source = f"{SOURCE}&speed={SPEED}"
    async with victron() as (device, port), dm(source, tmp_path / "dm") as meter:
        await meter.heard(3)
        async with bs(meter.url, tmp_path / "bs", port, "--speed", str(SPEED)) as running:
            await running.ask("hold")
            await device.until(0.0)
            device.trouble.add(battery.Trouble.RUNAWAY)
            told = await answer(running, "health", messages.Vitals, RUNS_AWAY)
            assert not told.healthy
            heard = await answer(meter, "need", messages.Need, RUNS_AWAY)
            assert not heard.healthy
            assert heard.power_kw is not None
            assert heard.power_kw > 4.5
