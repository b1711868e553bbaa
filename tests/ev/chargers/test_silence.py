"""The owner's silence test, against simulated chargers."""

from collections.abc import Callable

import pytest

from apps.ev import silence
from ev.chargers import registry
from ev.chargers.charger import LineError
from sim.car import SimCar, Stay
from sim.charger_ocpp_quirks import Quirk
from sim.chargers import SIMULATED, SimCharger, SimOcppCharger
from tests.ev.chargers.factories import START, plugged_car

pytestmark = pytest.mark.virtual_time
Made = Callable[[SimCar], SimCharger]


def endless(car: SimCar) -> SimCharger:
    """A station that accepts no end of a set-point."""
    return SimOcppCharger(car, [Quirk.ONE_PERIOD])


async def tried(kind: str, made: Made, car: SimCar) -> silence.Result:
    """The result for a simulated charger."""
    said: list[str] = []
    async with SIMULATED[kind].served(made(car), 1.0) as found:
        its = registry.FAMILIES[kind].settings.model_validate({"kind": kind, **found})
        driver = registry.driver_of("main", its, {})
        try:
            return await silence.silence_test("main", driver, said.append)
        finally:
            await driver.aclose()


async def test_a_charger_that_reduces_power_passes_the_test() -> None:
    result = await tried("ocpp", SimOcppCharger, plugged_car())
    assert result.after_s is not None
    assert 100 <= result.after_s <= 160
    assert "drops to 0.0 kW" in result.sentence
    assert result.firmware == "Simulated OCPP 1.0"


@pytest.mark.parametrize(
    ("kind", "made"), [("ocpp", endless), ("nrgkick", SIMULATED["nrgkick"].made)]
)
async def test_a_charger_that_continues_fails_the_test(kind: str, made: Made) -> None:
    result = await tried(kind, made, plugged_car())
    assert result.after_s is None
    assert "continues at 5.5 kW" in result.sentence


@pytest.mark.parametrize(
    ("kind", "left_kw", "within_s"),
    [("alfen", 4.1, 70), ("keba", 0.0, 70), ("heidelberg", 0.0, 180)],
)
async def test_a_watchdog_of_its_own_is_seen_to_end(
    kind: str, left_kw: float, within_s: float
) -> None:
    """This includes a watchdog that every request resets: no request is sent meanwhile."""
    result = await tried(kind, SIMULATED[kind].made, plugged_car())
    assert result.after_s is not None
    assert result.after_s <= within_s
    assert result.left_kw == pytest.approx(left_kw, abs=0.1)


async def test_without_a_car_it_cannot_be_tried() -> None:
    with pytest.raises(LineError, match="plug in a car"):
        await tried("nrgkick", SIMULATED["nrgkick"].made, SimCar(stays=[Stay(START, START)]))
