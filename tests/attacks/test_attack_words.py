"""No message stops the program: a neighbour's values are bounded, and dm continues."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from base import messages
from tests.attacks.attacker import BATTERY, CAR, House, car, house, need

NAIVE = "2026-12-01T07:00:00"
TRIP = {"leaves": "2026-12-01T07:00:00Z", "returns": "2026-12-01T17:00:00Z"}
REFUSED = {
    "cars.0.deadline": [
        car(deadline=NAIVE), car(deadline="0001-01-01T00:00:00Z"),
        car(deadline="9999-12-31T23:00:00-01:00"),
    ],
    "cars.0.trips.0.leaves": [car(trips=[{**TRIP, "leaves": NAIVE}])],
    "heard": [need("ev", heard=NAIVE)],
    "cars.0.energy_kwh": [car(energy_kwh=1e300, urgency="now")],
    "cars.0.room_kwh": [car(room_kwh=1e308)],
    "cars.0.efficiency": [car(efficiency=1e-300)],
    "cars.0.least_idle_s": [car(least_idle_s=1e300)],
    "batteries.0.capacity_kwh": [need("bs", batteries=[{**BATTERY, "capacity_kwh": 1e308}])],
    "batteries": [need("bs", batteries=[{**BATTERY, "name": f"b{n}"} for n in range(700)])],
    "cars": [need("ev", cars=[{**CAR, "name": f"c{n}"} for n in range(13)])],
    "most_kw": [need("pump", most_kw=2000.0)],
    "name": [need("\u202e\x1b\n")],
}  # fmt: skip
TAKEN = [
    car(most_kw=1e-300, least_kw=0.0), car(most_kw=1e-300, urgency="now", least_kw=0.0),
    car(energy_kwh=1000.0, most_kw=0.001, least_kw=0.0, urgency="now"),
    car(deadline="2099-12-31T23:59:59Z"), car(trips=[{**TRIP, "returns": TRIP["leaves"]}]),
    car(trips=[{"leaves": TRIP["returns"], "returns": TRIP["leaves"]}]),
    need("ev", cars=[CAR, CAR, {**CAR, "name": "q4 2"}]),
    need("bs", batteries=[{**BATTERY, "name": "n" * 40, "efficiency": 0.2}] * 12),
]  # fmt: skip


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as here:
        yield here


async def test_an_impossible_message_is_refused_and_its_field_named(home: House) -> None:
    async with home.attacker() as attacker:
        for field, said in REFUSED.items():
            for each in said:
                answer = await attacker.says(each)
                assert isinstance(answer, messages.Error), each
                assert f"{field}: " in answer.text.replace("need.", ""), each
        await home.hears(2)
    assert (await home.vitals()).restarts == {}


async def test_odd_messages_within_the_bounds_are_harmless(home: House) -> None:
    """Each message comes from its own neighbour; dm plans for all, and no part of it restarts."""
    async with AsyncExitStack() as lines:
        for number, each in enumerate(TAKEN):
            attacker = await lines.enter_async_context(home.attacker())
            answer = await attacker.says({**each, "name": f"{each['name']}{number}"})
            assert isinstance(answer, messages.Reply), each
        told = await home.hears(1)
        assert len(told.grants) == len(TAKEN) - 2  # almost no power: no grant
        await home.planned()
    assert (await home.vitals()).restarts == {}


async def test_a_name_and_a_sentence_are_one_printable_line(home: House) -> None:
    """Control characters and bidirectional marks are removed on arrival."""
    async with home.attacker() as attacker:
        await attacker.says(
            need("heat\u202e \x1b[31mpump\n", most_kw=1.0, why="hot\r\nWARNING all")
        )
        told = await home.hears(2)
        last = await attacker.says("need")
    assert "heat [31mpump" in told.grants
    assert isinstance(last, messages.Need)
    assert last.why == "hot WARNING all"
    assert not any(b"\x1b" in line for line in home.dm.said)


async def test_no_connection_grows_the_house_beyond_what_clients_accept(tmp_path: Path) -> None:
    """Many names with the most batteries allowed, over one connection and over many."""
    async with house(tmp_path) as home:
        for each in range(18):
            async with home.attacker() as attacker:
                for more in range(6):
                    name = f"{each}-{more} ".ljust(40, "\u2248")
                    twelve = [{**BATTERY, "name": f"{n}".ljust(40, "\u2248")} for n in range(12)]
                    await attacker.says(need(name, batteries=twelve))
                told = await home.hears(1)
            assert len(messages.encode(told).encode()) < 64 * 1024
        async with home.attacker() as attacker:
            assert isinstance(await attacker.says(car()), messages.Reply)
            told = await home.hears(1)
        assert "ev" in told.grants
        assert len(told.grants) > 2
