"""HomeWizard batteries are paired by a button, use TLS, and are set by modes and permissions."""

import asyncio
import hashlib
import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from base.device_errors import RefusedError, TransientError
from bs.devices.device import Device
from bs.devices.homewizard import HomeWizard
from bs.devices.homewizard_api import Address, pair
from tests.bs.devices.factories import AUTO, BATTERY, HOLD, discharge, rig
from tests.bs.devices.sim_homewizard import METER_TOKEN, PACK_TOKEN, SimHomeWizard, served_http

ROOT = Path(__file__).parents[3]


async def test_modes_and_permissions() -> None:
    """Each set-point has its mode and permissions in the HomeWizard API."""
    sim = SimHomeWizard()
    async with rig(sim) as it:
        for wanted, mode, permissions in (
            (HOLD, "standby", ()),
            (discharge(0.5), "zero", ("discharge_allowed",)),
            (AUTO, "zero", ("charge_allowed", "discharge_allowed")),
        ):
            await it.device.set(wanted)
            assert (sim.mode, sim.permissions) == (mode, permissions)


async def test_pairing_wants_the_button_and_then_gives_the_token() -> None:
    """Before the button is pressed, the error mentions it."""
    sim = SimHomeWizard()
    async with served_http(sim) as url:
        with pytest.raises(RefusedError, match="button"):
            await pair(url)
        sim.button = True
        assert await pair(url) == METER_TOKEN


async def test_the_owner_pairs_with_one_command() -> None:
    """The command requests a press of the button, then prints the line for secrets.json."""
    sim = SimHomeWizard()
    async with served_http(sim) as url:
        code, _, says = await _pairs(url)
        assert code == 1
        assert "needs the button" in says
        sim.button = True
        code, prints, _ = await _pairs(url)
    assert code == 0
    assert json.loads("{" + prints + "}") == {url: METER_TOKEN}


async def _pairs(host: str) -> tuple[int | None, str, str]:
    """Exit code, output and errors of `./do_py.sh bs.devices HOST`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bs.devices", host),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    prints, says = await process.communicate()
    return process.returncode, prints.decode(), says.decode()


async def test_a_wrong_token_says_to_pair_again() -> None:
    """The notice says what the owner must do and does not contain the token."""
    async with served_http(SimHomeWizard()) as url:
        driver = HomeWizard(BATTERY, Address(url, "0" * 32), [])
        state = await Device(driver, BATTERY).read()
        await driver.close()
    assert "pair it again" in state.notice
    assert "0000" not in state.notice


async def test_without_a_battery_token_its_soc_is_not_known() -> None:
    """Without a state of charge a request to discharge gives its reason."""
    async with served_http(SimHomeWizard()) as url:
        driver = HomeWizard(BATTERY, Address(url, METER_TOKEN), [])
        device = Device(driver, BATTERY)
        told = await device.set(discharge(0.5))
        await driver.close()
    assert device.state.healthy
    assert told is not None
    assert "not known" in told.why


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A self-signed certificate like that of the device, and its SHA-256."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", "/CN=p1dongle", "-keyout", str(key), "-out", str(made)]
    try:
        subprocess.run([*command.split(), *subject], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    der = ssl.PEM_cert_to_DER_cert(made.read_text())
    return context, hashlib.sha256(der).hexdigest()


async def test_the_certificate_is_the_one_its_owner_noted(tmp_path: Path) -> None:
    """A certificate must match the noted fingerprint; without one any certificate is accepted."""
    context, fingerprint = certificate(tmp_path)
    sim = SimHomeWizard()
    async with served_http(sim, certificate=context) as url:
        for noted, accepted in ((fingerprint, True), ("", True), ("00" * 32, False)):
            packs = [Address(url, PACK_TOKEN, noted)]
            driver = HomeWizard(BATTERY, Address(url, METER_TOKEN, noted), packs)
            if accepted:
                assert (await driver.read()).soc_pct == pytest.approx(50, abs=1)
            else:
                with pytest.raises(TransientError):
                    await driver.read()
            await driver.close()
