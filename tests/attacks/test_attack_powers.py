"""The meter has priority: an impossible power changes no grant, and its sender is named."""

from pathlib import Path

import pytest

from base import messages
from tests.attacks.attacker import Attacker, House, car, house, need

LIMITS = "main_fuse_a = 25.0\nmonth_peak_floor_kw = 2.5\n"
PUMP_KW = 2.0


async def grants(home: House, pump: Attacker, said_kw: float, count: int) -> list[float]:
    """Return the car's grants, one per telegram, while the heat pump reports this power."""
    kw = []
    async with home.attacker() as ev:
        for _ in range(count):
            assert isinstance(await ev.says(car()), messages.Reply)
            assert isinstance(await pump.says(heat(said_kw)), messages.Reply)
            told = await home.hears(1)
            kw.append(told.grants["ev"].kw)
    return kw


def heat(power_kw: float) -> dict[str, object]:
    return need("heatpump", most_kw=PUMP_KW) | {"power_kw": power_kw}


async def test_watts_for_kilowatts_grant_the_car_no_more(tmp_path: Path) -> None:
    """Impossible powers do not raise the car's grant; the heat pump is logged once, by name."""
    (tmp_path / "config.py").write_text(LIMITS, encoding="utf-8")
    options = ("--config", str(tmp_path / "config.py"))
    async with house(tmp_path, *options) as home, home.attacker() as pump:
        honest = await grants(home, pump, PUMP_KW, 5)
        for lies_kw in ([1e6], [1.7e308, 1.7e308], [2000.0] * 5):
            lied = [kw for lie in lies_kw for kw in await grants(home, pump, lie, 1)]
            after = await grants(home, pump, PUMP_KW, 1)
            assert max(lied) <= max(honest) + 0.05
            assert after[-1] == pytest.approx(honest[-1], abs=0.1)
        said = [line for line in home.dm.said if b"heatpump reports" in line]
    assert len(said) == 1
    assert b"more than its maximum: 2.00 kW is counted" in said[0]
