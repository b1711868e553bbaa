"""A third-party client (nrgkick-api) and our driver see the same simulated charger."""

import aiohttp
import pytest
from nrgkick_api import (
    NRGkickAPI,
    NRGkickAPIDisabledError,
    NRGkickAuthenticationError,
    NRGkickCommandRejectedError,
)

from ev.chargers.charger import RefusedError
from ev.facts import ChargerPhase
from sim.car import SimCar
from sim.charger import Trouble
from sim.charger_json import Unit
from tests.ev.chargers.factories import plugged_car, point, rig


async def test_info_control_and_values_are_as_the_other_client_expects() -> None:
    async with rig() as it, aiohttp.ClientSession() as session:
        theirs = NRGkickAPI(it.host, session=session)
        info = await theirs.get_info(["general", "connector"])
        assert info["general"]["rated_current"] == 32
        assert set(info) == {"general", "connector"}
        assert set(await theirs.get_control()) == {
            "current_set", "charge_pause", "energy_limit", "phase_count",
        }  # fmt: skip
        values = await theirs.get_values(raw=True)
        assert values["general"]["status"] in (2, 3)
        assert (await theirs.get_values())["general"]["status"] in ("CONNECTED", "CHARGING")


async def test_our_driver_reads_the_same() -> None:
    async with rig() as it:
        state = await it.kick.read()
        assert state.plugged
        assert (state.rated_a, state.rated_phases) == (32.0, 3)
        assert (state.set_a, state.paused, state.phases) == (16.0, False, 3)
        assert state.can_switch_phases


async def test_no_car_is_standby_with_no_power() -> None:
    """The one watt that its meter shows without current is read as 0."""
    async with rig(SimCar()) as it:
        state = await it.kick.read()
        assert state.phase is ChargerPhase.STANDBY
        assert (state.power_kw, state.currents_a) == (0.0, (0.0, 0.0, 0.0))


async def test_the_other_client_sets_current_pause_limit_and_phases() -> None:
    async with rig() as it, aiohttp.ClientSession() as session:
        theirs = NRGkickAPI(it.host, session=session)
        assert await theirs.set_current(13.5) == 13.5
        assert await theirs.set_charge_pause(True) == 1
        assert await theirs.set_energy_limit(5000) == 5000
        assert await theirs.set_phase_count(1) == 1
        settings = it.device.settings
        assert (settings.current_a, settings.paused) == (13.5, True)
        assert (settings.limit_wh, settings.phases) == (5000, 1)


async def test_the_other_client_is_refused_what_is_out_of_range() -> None:
    async with rig() as it, aiohttp.ClientSession() as session:
        theirs = NRGkickAPI(it.host, session=session)
        with pytest.raises(NRGkickCommandRejectedError, match=r"allowed 6\.0A - 32\.0A"):
            await theirs.set_current(5.0)
        with pytest.raises(NRGkickCommandRejectedError, match="allowed 1 - 3"):
            await theirs.set_phase_count(4)
        assert it.device.settings.current_a == 16.0


async def test_a_unit_of_16_amperes_clamps() -> None:
    """The response contains the clamped value, and one write is enough."""
    async with rig(unit=Unit(rated_a=16)) as it, aiohttp.ClientSession() as session:
        async with session.get(f"{it.url}/control?current_set=20") as answer:
            assert await answer.json() == {"current_set": 16}
        await it.kick.read()
        await it.kick.write(point(20.0))
        assert it.device.settings.current_a == 16.0
        assert "current_set=20" in it.writes[0]
        assert len(it.writes) == 1


async def test_a_clamp_below_what_it_says_of_itself_is_learnt() -> None:
    """A domestic plug may allow less than connector and unit report: the response decides."""
    async with rig() as it:
        await it.until(lambda state: True)
        it.device.unit = Unit(rated_a=10)
        await it.until(lambda state: state.set_a == 10.0, point(20.0))
        state = await it.kick.read()
        assert (state.set_a, state.rated_a, state.notice) == (10.0, 10.0, "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # by the other client
async def test_a_password_opens_it_for_both() -> None:
    async with (
        rig(user="home", password="kick", known=("home", "kick")) as it,
        aiohttp.ClientSession() as session,
    ):
        theirs = NRGkickAPI(it.host, username="home", password="kick", session=session)
        assert (await theirs.get_control())["current_set"] == 16
        assert (await it.kick.read()).plugged


async def test_a_wrong_password_is_for_the_owner() -> None:
    async with (
        rig(user="home", password="kick", known=("home", "wrong")) as it,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(NRGkickAuthenticationError):
            await NRGkickAPI(it.host, session=session).get_control()
        with pytest.raises(RefusedError, match=r"Authentication \(JSON\)") as refused:
            await it.kick.read()
        assert "wrong" not in str(refused.value)


async def test_a_closed_api_is_for_the_owner() -> None:
    async with rig() as it, aiohttp.ClientSession() as session:
        it.device.trouble.add(Trouble.DISABLED)
        with pytest.raises(NRGkickAPIDisabledError):
            await NRGkickAPI(it.host, session=session).get_values()
        with pytest.raises(RefusedError, match="switch on Extended, Local API, JSON API"):
            await it.kick.read()


async def test_the_apps_own_solar_charging_is_for_the_owner() -> None:
    """A charger that refuses to pause is set to 6 A, and the log names the button for the owner."""
    async with rig() as it, aiohttp.ClientSession() as session:
        it.device.trouble.add(Trouble.SOLAR)
        with pytest.raises(NRGkickCommandRejectedError, match="blocked by solar-charging"):
            await NRGkickAPI(it.host, session=session).set_charge_pause(True)
        await it.kick.read()
        with pytest.raises(RefusedError, match="runs its own solar charging"):
            await it.kick.write(point(0.0))
        assert it.device.settings.current_a == 6.0
        assert "runs its own solar charging" in (await it.kick.read()).notice
        it.device.trouble.clear()
        state = await it.until(lambda state: state.paused is True, point(0.0))
        assert state.notice == ""


async def test_a_one_phase_car_is_seen_by_its_currents() -> None:
    async with rig(plugged_car(phases=1)) as it:
        state = await it.until(lambda state: (state.power_kw or 0) > 3.5, point(16.0, 3))
        assert state.phases == 1
        assert state.currents_a[1:] == (0.0, 0.0)
        assert it.writes == []
