"""The report on a charger and its cars: abilities, writes, learned values."""

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
from sim.charger_http import clock, simulated_charger


async def test_firmware_writes_and_what_was_learned_are_told() -> None:
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
