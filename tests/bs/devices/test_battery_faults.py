"""After any fault the battery is on hold or in self-consumption, and the reason is logged."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from pymodbus.client import AsyncModbusTcpClient

from bs.devices.device import Device
from bs.facts import Mode, SetPoint
from sim.battery import Trouble
from tests.bs.devices.factories import HOLD, KINDS, Rig, charge, discharge, rig
from tests.bs.devices.sim_marstek import ACTION, SimMarstek

pytestmark = pytest.mark.long

SAFE = (Mode.HOLD, Mode.AUTO)
MODBUS = [kind for kind in KINDS if kind != "homewizard"]
EACH_FAMILY = ["marstek", "victron", "sunspec-124"]
WATCHED = ["marstek", "sunspec-124", "sunspec-704", "victron-multi"]
SETTLE_S = 6.0


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Warnings in the log; each of them must name the battery."""
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert all(line.startswith("Battery home ") for line in lines), lines
    return lines


def rests(it: Rig) -> bool:
    """True if the battery is idle or only covers the house's 0.5 kW."""
    return any(abs(it.sim.state.power_kw - safe_kw) < 0.1 for safe_kw in (0.0, -0.5))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long timeouts, so that a busy test machine is not taken for a fault of the battery."""
    monkeypatch.setattr("base.modbus.TIMEOUT_S", 20.0)
    monkeypatch.setattr("base.modbus.BUSY_S", 0.01)
    monkeypatch.setattr("bs.devices.homewizard_api.TIMEOUT_S", 20.0)


@asynccontextmanager
async def impatient(it: Rig) -> AsyncIterator[None]:
    """Inside the context, timeouts are short, so that a test of silence is fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("base.modbus.TIMEOUT_S", 0.1)
        patch.setattr("bs.devices.homewizard_api.TIMEOUT_S", 0.1)
        await it.driver.close()  # the next connection uses the new timeout
        yield
        await it.driver.close()


async def insist(it: Rig, wanted: SetPoint, rounds: int = 3) -> None:
    """Request the same set-point repeatedly, by default for a minute."""
    for _ in range(rounds):
        await it.device.set(wanted)
        await it.pass_s(20, step_s=5)


@pytest.mark.parametrize("kind", EACH_FAMILY)
@pytest.mark.parametrize("code", [2, 3, 4, 6, 11])
async def test_a_write_that_is_refused(
    kind: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A Modbus error on each write leaves the battery unchanged and is logged once."""
    async with rig(kind) as it:
        it.sim.refusal = code
        await insist(it, charge(1.0))
        assert rests(it)
        assert not it.device.state.healthy
        assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("kind", EACH_FAMILY)
@pytest.mark.parametrize("code", [2, 3, 4, 6, 11])
async def test_a_device_that_refuses_everything(
    kind: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """With errors on reading too, nothing is known; it is logged once, and the device recovers."""
    async with rig(kind) as it:
        it.sim.deaf = code
        await insist(it, charge(1.0))
        assert rests(it)
        assert not it.device.state.healthy
        assert it.device.state.soc_pct is None
        assert len(warnings(caplog)) == 1
        it.sim.deaf = 0
        await insist(it, charge(1.0), rounds=15)
        assert it.device.state.healthy, it.device.state.notice
        assert it.sim.state.power_kw == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("what", ["refusal", "deaf"])
@pytest.mark.parametrize(
    ("kind", "code"),
    [*((kind, code) for kind in WATCHED for code in (2, 6)), *(("marstek", n) for n in (3, 4, 11))],
)
async def test_a_device_that_refuses_while_it_charges(
    kind: str, what: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A battery that refuses a hold gets no message until its own watchdog ends the charging.

    Families differ in their handling of errors 2 and 6; one of them stands for all with the others.
    """
    async with rig(kind) as it:
        await it.live_s(20, charge(1.0))
        assert it.sim.state.power_kw == pytest.approx(1.0, abs=0.1)
        setattr(it.sim, what, code)
        await it.live_s(240, HOLD)
        assert rests(it)
        assert len(warnings(caplog)) == 1, warnings(caplog)
        setattr(it.sim, what, 0)
        await it.live_s(600, HOLD)
        assert it.device.state.healthy, it.device.state.notice
        assert it.device.state.mode is Mode.HOLD


@pytest.mark.parametrize("kind", MODBUS)
async def test_a_state_of_charge_lost_while_it_charges_is_a_hold(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The battery is put on hold when its state of charge can no longer be read."""
    async with rig(kind) as it:
        await insist(it, charge(1.0), rounds=1)
        it.sim.trouble.add(Trouble.SOC_255)
        await insist(it, charge(1.0))
        assert rests(it)
        assert it.device.set_point is not None
        assert it.device.set_point.mode is Mode.HOLD
        assert "state of charge is not known" in it.device.set_point.why
        assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_state_of_charge_that_cannot_be(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An impossible state of charge from the start is logged once and keeps the battery on hold."""
    async with rig(kind) as it:
        it.sim.trouble.add(Trouble.SOC_255)
        await insist(it, discharge(0.8))
        assert rests(it)
        assert it.device.state.soc_pct is None
        assert len(warnings(caplog)) == 1
        assert "state of charge" in warnings(caplog)[0]


async def test_one_glitch_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A single impossible reading is counted and dropped."""
    async with rig("marstek") as it:
        await insist(it, charge(1.0), rounds=1)
        it.sim.trouble.add(Trouble.SOC_255)
        await it.pass_s(2)
        it.sim.trouble.clear()
        await it.pass_s(2)
        assert it.device.state.healthy
        assert it.device.state.mode is Mode.CHARGE
        assert it.device.counts["NonsenseError"] == 1
        assert not warnings(caplog)


@pytest.mark.parametrize("kind", ["marstek", "sunspec-124", "sunspec-704", "homewizard"])
async def test_a_capacity_of_0(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """A device that reports a power limit of 0 gets only holds."""
    sim = KINDS[kind]()
    sim.trouble.add(Trouble.NO_CAPACITY)
    async with rig(sim) as it:
        await insist(it, charge(1.0))
        assert rests(it)
        assert it.sim.state.power_kw <= 0.0
        assert len(warnings(caplog)) == 1, warnings(caplog)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_device_that_accepts_and_does_not_keep(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A set-point that reads back differently is logged once and retried with back-off."""
    async with rig(kind) as it:
        it.sim.house_kw = lambda: 0.5
        it.sim.trouble.add(Trouble.FORGETS)
        await insist(it, charge(0.8), rounds=6)
        assert rests(it)
        assert it.device.counts["IgnoredError"] == 1
        assert len(warnings(caplog)) == 1
        assert "accepted charge 0.80 kW" in warnings(caplog)[0]
        it.sim.trouble.clear()
        await insist(it, charge(0.8), rounds=15)
        assert it.device.state.healthy
        assert it.device.state.mode is Mode.CHARGE


@pytest.mark.parametrize("kind", MODBUS)
@pytest.mark.parametrize("trouble", [Trouble.IDLE, Trouble.BACKWARD])
async def test_a_device_that_ignores_its_set_point_is_reported(
    kind: str, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """No power or the wrong sign for 20 s: the battery is put on hold, and its power is logged."""
    async with rig(kind) as it:
        it.sim.trouble.add(trouble)
        await insist(it, charge(1.0))
        assert rests(it)
        assert it.device.set_point is not None
        assert it.device.set_point.mode is Mode.HOLD
        (line,) = warnings(caplog)
        assert ("discharges" in line) is (trouble is Trouble.BACKWARD)
        assert "1.00 kW" in line


@pytest.mark.parametrize("kind", KINDS)
async def test_another_program_that_steers_it_too(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """After three overwritten set-points the battery is left to the other program."""
    async with rig(kind) as it:
        await it.device.set(charge(0.8))
        it.sim.trouble.add(Trouble.STRANGER)
        await insist(it, charge(0.8), rounds=3)
        writes = it.device.counts["writes"]
        await insist(it, charge(0.8), rounds=10)
        assert it.device.counts["writes"] == writes
        assert it.device.set_point is None or it.device.set_point.mode in SAFE
        assert len(warnings(caplog)) == 1


async def test_a_real_second_master() -> None:
    """Another client overwrites our register: bs counts that and writes it again."""
    async with rig("marstek") as it:
        assert it.wire is not None
        await it.device.set(charge(1.0))
        async with AsyncModbusTcpClient("127.0.0.1", port=it.wire.port) as other:
            await other.write_register(ACTION, 2, device_id=1)
        await it.pass_s(2)
        assert it.device.counts["lapses"] == 1
        assert it.device.state.healthy
        await it.pass_s(2)
        assert it.device.state.mode is Mode.CHARGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trouble", [Trouble.SILENT, Trouble.CUT])
async def test_no_answer_or_half_of_one(
    kind: str, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    """A silent device is retried with back-off and logged once; later it is set again."""
    async with rig(kind) as it:
        await it.device.set(charge(0.8))
        it.sim.trouble.add(trouble)
        async with impatient(it):
            pauses = [await it.device.beat() for _ in range(8)]
        assert pauses == sorted(pauses)
        assert pauses[-1] >= 60.0
        assert not it.device.state.healthy
        assert it.device.state.soc_pct is None
        assert len(warnings(caplog)) == 1
        it.sim.trouble.clear()
        await insist(it, charge(0.8), rounds=4)
        assert it.device.state.healthy, it.device.state.notice
        assert it.device.state.mode is Mode.CHARGE


async def test_a_device_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing listens at the port: set and read raise no exception and report the fault."""
    async with rig("marstek") as it:
        driver, battery = it.driver, it.device.battery
    gone = Device(driver, battery)
    assert await gone.set(charge(1.0)) is None
    assert "cannot be reached" in (await gone.read()).notice
    assert len(warnings(caplog)) == 1


async def test_nobody_renews_the_set_point(caplog: pytest.LogCaptureFixture) -> None:
    """A set-point that is not renewed expires after a minute, and self-use begins."""
    async with rig("marstek", expires_s=60.0) as it:
        await it.device.set(charge(1.0))
        await it.pass_s(120)
        assert it.device.state.mode is Mode.AUTO
        assert it.sim.state.power_kw == pytest.approx(-0.5, abs=0.05)
        assert len(warnings(caplog)) == 1


async def test_given_back_when_its_task_ends() -> None:
    """A cancelled task returns the battery to self-use."""
    async with rig("marstek") as it:
        await it.device.set(charge(1.0))
        task = asyncio.create_task(it.device.run())
        await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert isinstance(it.sim, SimMarstek)
        it.stand_s(SETTLE_S)
        assert it.sim.state.power_kw == pytest.approx(-0.5, abs=0.05)


async def test_a_battery_without_a_command_is_left_unchanged() -> None:
    """Releasing a battery that was only read writes nothing."""
    async with rig("marstek") as it:
        await it.pass_s(10)
        await it.device.release()
        assert it.sim.writes == 0
