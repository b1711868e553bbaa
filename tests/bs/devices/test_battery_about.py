"""Identity of a battery for a report, as its protocol provides it, without serial numbers."""

import pytest

from sim.battery import SimBattery
from tests.bs.devices.factories import BATTERY, rig
from tests.bs.devices.sim_marstek import SimMarstek


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("marstek", {"firmware": "EMS 147 VMS 111 BMS 215"}),
        ("victron", {"firmware": "Venus 3.50 or later"}),
        ("victron-old", {"firmware": "Venus before 3.50"}),
        ("victron-multi", {}),
        ("sunspec-124", {"maker": "Simulated", "model": "Storage", "firmware": "1.0"}),
        ("sunspec-704", {"maker": "Simulated", "model": "Storage", "firmware": "1.0"}),
        ("homewizard", {"model": "HWE-P1, HWE-BAT", "firmware": "6.0301, 2.0102"}),
    ],
)
async def test_its_firmware_is_reported_if_its_protocol_has_it(
    kind: str, about: dict[str, str]
) -> None:
    async with rig(kind) as it:
        said = it.device.about
        assert {key: said[key] for key in ("maker", "model", "firmware") if key in said} == about
        assert not any("SIM-1" in value or "5c2faf" in value for value in said.values())


@pytest.mark.parametrize("sim", [SimMarstek(old=True)], ids=["marstek-old"])
async def test_without_it_the_battery_is_read_as_ever(sim: SimBattery) -> None:
    async with rig(sim, BATTERY) as it:
        assert "firmware" not in it.device.about
        assert it.device.about["answers"] == "yes"
