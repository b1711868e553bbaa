"""The report on a charger and its cars: abilities, writes, learned values."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.ev.fleet import Fleet, Kept
from apps.ev.state import devices
from ev.chargers.command_steps import Pace
from ev.chargers.device import Device
from ev.chargers.nrgkick import FAMILY
from ev.chargers.registry import driver_of
from ev.facts import Car, SetPoint
from ev.garage import Garage
from ev.inputs import Rules
from ev.vehicle import Vehicle
from sim.car import SimCar
from sim.charger import SimNrgKick
from sim.charger_alfen import SimAlfen
from sim.charger_heidelberg import SimHeidelberg
from sim.charger_http import clock, simulated_charger
from sim.charger_keba import SimKeba
from sim.charger_web import SimPeblar
from tests.ev.chargers.rigs import rig


async def test_the_report_has_firmware_writes_and_learned_phases() -> None:
    async with simulated_charger(SimNrgKick(SimCar(name="q4")), now=clock(50.0)) as url:
        its = FAMILY.settings.model_validate({"host": url.removeprefix("http://")})
        device = Device("main", driver_of("main", its, {}), pace=Pace().faster(50.0), speed=50.0)
        await device.read()
        await device.write(SetPoint(0.0, 3, "a test"))
        await device.aclose()
    kept = Kept(
        Garage(
            vehicles={"q4": Vehicle(car=Car(name="q4", capacity_kwh=77.0), phases=2, least_a=8.0)}
        )
    )
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], kept)
    charger, car = devices(fleet, [device]).devices
    assert charger.about["firmware"] == "4.0.0.33"
    assert (charger.about["answers"], charger.about["pause taken"]) == ("yes", "1")
    assert (car.kind, car.about) == ("car", {"phases": "2", "least_a": "8"})


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("kind", "made", "firmware"),
    [
        ("alfen", SimAlfen, "7.3.0-SIM"),
        ("keba", SimKeba, "3.10.51"),
        ("heidelberg", SimHeidelberg, "layout 1.0.8"),
        ("peblar", SimPeblar, "1.8.0+sim"),
    ],
)
async def test_each_family_that_can_tells_its_firmware(
    kind: str, made: Callable[[SimCar], Any], firmware: str
) -> None:
    """doctor --report and the silence test read it from the same place."""
    async with rig(kind, made) as it:
        await it.live(2.0, None)
        assert it.device.about["firmware"] == firmware
