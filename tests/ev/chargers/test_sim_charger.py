"""The simulated charger and its car behave as the vendor's charger and real cars do."""

from datetime import timedelta

import pytest

from p1.reading import Grid
from sim.car import SimCar, Stay
from sim.charger import SimNrgKick, Trouble
from sim.charger_json import Json, RefusedError, Unit
from sim.day import House
from sim.options import Options
from sim.stream import states
from tests.ev.chargers.factories import START, plugged_car


def started(car: SimCar, unit: Unit | None = None, *, forgets: bool = True) -> SimNrgKick:
    """A device that was just switched on."""
    device = SimNrgKick(car, unit, forgets=forgets)
    device.step(START)
    return device


def after(device: SimNrgKick, seconds: float) -> Json:
    """Its /values this number of seconds after the start, raw, one level deep."""
    device.step(START + timedelta(seconds=seconds))
    flat: Json = {}
    for part in device.values(raw=True).values():
        assert isinstance(part, dict)
        flat |= part
    return flat


def told(device: SimNrgKick, **asked: str) -> Json:
    return device.tell(asked)


def test_a_car_takes_eight_seconds_to_sixteen_amperes() -> None:
    device = started(plugged_car())
    watts = [after(device, second)["total_active_power"] for second in range(12)]
    assert watts == sorted(watts)  # type: ignore[type-var]
    assert watts[4] == 10 * 3 * 230
    assert watts[7] == watts[11] == 16 * 3 * 230


def test_its_control_is_two_seconds_late_and_its_pilot_is_not() -> None:
    device = started(plugged_car())
    assert told(device, current_set="8.5", charge_pause="0") == {
        "current_set": 8.5, "charge_pause": 0,
    }  # fmt: skip
    assert after(device, 1)["charging_current"] == 8.5
    assert device.control()["current_set"] == 16
    after(device, 2)
    assert device.control()["current_set"] == 8.5


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("current_set", "5.9", "Invalid current entered, allowed 6.0A - 32.0A"),
        ("current_set", "32.1", "Invalid current entered"),
        ("current_set", "10.04", "Invalid current entered"),
        ("current_set", "1e1", "Invalid current entered"),
        ("charge_pause", "2", "Invalid state entered, allowed 0 / 1"),
        ("energy_limit", "1000001", "value must be greater or equal than 0Wh"),
        ("phase_count", "0", "Invalid phases entered, allowed 1 - 3"),
    ],
)
def test_a_wrong_key_refuses_the_whole_write(key: str, text: str, why: str) -> None:
    device = started(plugged_car())
    with pytest.raises(RefusedError, match=why) as refused:
        device.tell({"energy_limit": "500", key: text})
    assert refused.value.status == 406
    assert device.settings.limit_wh == 0


def test_it_clamps_to_unit_and_connector() -> None:
    device = started(plugged_car(), Unit(rated_a=32, connector_a=16, phases=1))
    assert told(device, current_set="20", phase_count="3") == {"current_set": 16, "phase_count": 1}


def test_relays_and_phases_follow_a_switch() -> None:
    """It reports 0 phases while it switches, and the car starts again."""
    device = started(plugged_car())
    assert after(device, 20)["relay_state"] == 15
    told(device, phase_count="1")
    after(device, 22)
    assert device.control()["phase_count"] == 0
    assert after(device, 40)["relay_state"] == 3
    assert device.control()["phase_count"] == 1
    assert device.kw_at(START + timedelta(seconds=41)) == (16 * 0.23, 0.0, 0.0)


def test_a_pause_ramps_down_and_a_resume_closes_the_contactors_again() -> None:
    device = started(plugged_car())
    after(device, 20)
    told(device, charge_pause="1")
    assert after(device, 23)["status"] == 3
    assert after(device, 30)["status"] == 2
    assert after(device, 30)["total_active_power"] == 0.9
    told(device, charge_pause="0")
    assert after(device, 60)["status"] == 3
    assert device.closings == 2


def test_a_session_begins_at_the_plug_in() -> None:
    """The energy is reset at the plug-in, not at the plug-out."""
    stays = [
        Stay(START + timedelta(minutes=minute), START + timedelta(minutes=minute + 30), soc)
        for minute, soc in ((0, 40.0), (60, 30.0))
    ]
    device = started(SimCar(stays=stays))
    assert after(device, 29 * 60)["charged_energy"] == pytest.approx(5327, abs=30)
    unplugged = after(device, 45 * 60)
    assert unplugged["status"] == 1
    assert unplugged["charged_energy"] == pytest.approx(5511, abs=30)
    anew = after(device, 61 * 60)
    assert anew["charged_energy"] == pytest.approx(180, abs=20)
    assert anew["charge_count"] == 2
    assert device.car.soc_pct == pytest.approx(30.2, abs=0.1)


def test_a_car_takes_ever_less_above_80_percent_and_stops_when_full() -> None:
    car = plugged_car(soc_pct=79.0)
    device = started(car)
    full_w = after(device, 20)["total_active_power"]
    later_w = after(device, 3600)["total_active_power"]
    assert isinstance(full_w, float)
    assert isinstance(later_w, float)
    assert later_w < 0.9 * full_w
    car.target_pct = 92.0
    assert after(device, 5 * 3600)["status"] == 2
    assert car.soc_pct == pytest.approx(92.0, abs=0.1)


def test_a_car_that_sleeps_wakes_at_the_second_offer_or_when_called() -> None:
    for call in (True, False):
        car = plugged_car()
        device = started(car)
        told(device, charge_pause="1")
        after(device, 3600)
        told(device, charge_pause="0")
        assert after(device, 3700)["status"] == 7
        if call:
            car.wake()
        else:
            told(device, charge_pause="1")
            after(device, 3710)
            told(device, charge_pause="0")
        assert after(device, 3800)["status"] == 3


def test_an_energy_limit_ends_a_session() -> None:
    device = started(plugged_car())
    told(device, energy_limit="1000")
    ended = after(device, 3600)
    assert (ended["status"], ended["warning_code"]) == (2, 3)
    assert ended["charged_energy"] == pytest.approx(1010, abs=15)


@pytest.mark.parametrize("forgets", [True, False])
def test_a_restart_is_silent_for_20_seconds_and_may_forget(forgets: bool) -> None:
    device = started(plugged_car(), forgets=forgets)
    told(device, current_set="8")
    device.reboot()
    after(device, 19)
    assert device.booting
    after(device, 20)
    assert not device.booting
    assert device.settings.current_a == (32.0 if forgets else 8.0)


def test_solar_charging_of_the_app_lets_the_current_be_set() -> None:
    device = started(plugged_car())
    device.trouble.add(Trouble.SOLAR)
    with pytest.raises(RefusedError, match=r"^Charging pause is blocked by solar-charging$"):
        told(device, charge_pause="1")
    assert told(device, current_set="6") == {"current_set": 6}


def test_the_house_pays_for_the_car() -> None:
    """The simulated meter counts the same energy as the charger."""
    device = started(plugged_car())
    which = Options(start=START, grid=Grid.STAR, months=0, house=House(7, 0.0))
    without, *_, alone = states(which, 901)
    *_, both = states(which, 901, extra_kw=device.kw_at)
    more_wh = (both.offtake_day_wh + both.offtake_night_wh) - (
        alone.offtake_day_wh + alone.offtake_night_wh
    )
    counted = after(device, 899)["charged_energy"]
    assert without.offtake_day_wh <= alone.offtake_day_wh
    assert more_wh == pytest.approx(counted, abs=2)
