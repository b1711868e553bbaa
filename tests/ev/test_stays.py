"""Each stay of a car is stored once and exported as CSV, even if programs were killed meanwhile."""

import csv
import io
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from apps.ev import stays
from apps.ev.fleet import Fleet, Kept
from ev.facts import Car, ChargerPhase, ChargerState
from ev.inputs import Rules
from tests.ev.factories import Bench

NOW = datetime(2026, 1, 15, 17, 0, tzinfo=UTC)


def state(minutes: float, phase: ChargerPhase, kwh: float) -> ChargerState:
    at = NOW + timedelta(minutes=minutes)
    power_kw = 8.0 if phase is ChargerPhase.CHARGING else 0.0
    return ChargerState(
        charger="main",
        at=at,
        phase=phase,
        session_kwh=kwh,
        register_kwh=1000.0 + kwh,
        power_kw=power_kw,
    )


async def rows(file: Path, query: str = "from=2026-01-01&to=2027-01-01") -> list[dict[str, str]]:
    page = await stays.page(file, query)
    assert page.status == 200
    return list(csv.DictReader(io.StringIO(page.text)))


async def test_a_stay_is_a_row_with_its_times_energy_and_money(tmp_path: Path) -> None:
    """A stay that ended while the program was down is included once."""
    file = tmp_path / "history" / "stays.jsonl"
    assert await rows(file) == []
    keep = partial(stays.append, file)
    house = Bench(house_kw=9.0).house().model_copy(update={"price_offtake_eur_kwh": 0.30})
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], Kept(), keep=keep)
    fleet.look(state(0, ChargerPhase.STANDBY, 0.0))
    fleet.look(state(1, ChargerPhase.CHARGING, 0.0))
    fleet.decide(NOW, house, None)
    fleet.look(state(31, ChargerPhase.CHARGING, 4.0))
    killed = fleet.kept
    fleet.look(state(50, ChargerPhase.STANDBY, 4.0))
    again = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], killed, keep=keep)
    again.look(state(60, ChargerPhase.STANDBY, 4.0))
    (row,) = await rows(file)
    assert (row["charger"], row["car"], row["kwh"], row["eur"]) == ("main", "q4", "4.000", "1.2000")
    assert (row["register_from_kwh"], row["register_to_kwh"]) == ("1000.000", "1004.000")
    assert row["sun_kwh"] == "0.000"
    assert row["from"] == "2026-01-15T18:01:00+01:00"
    assert await rows(file, "from=2026-01-16&to=2026-01-17") == []


async def test_what_neither_grid_nor_battery_gave_is_of_the_sun(tmp_path: Path) -> None:
    """8 kW into the car, 2 of them from the grid and 2 from the battery: half is solar."""
    file = tmp_path / "stays.jsonl"
    more = {"offtake_kw": 2.0, "discharging_kw": 2.0, "price_offtake_eur_kwh": 0.30}
    house = Bench(house_kw=9.0).house().model_copy(update=more)
    keep = partial(stays.append, file)
    fleet = Fleet(Rules(), [Car(name="q4", capacity_kwh=77.0)], ["main"], Kept(), keep=keep)
    fleet.look(state(0, ChargerPhase.STANDBY, 0.0))
    fleet.look(state(1, ChargerPhase.CHARGING, 0.0))
    fleet.decide(NOW, house, None)
    fleet.look(state(31, ChargerPhase.CHARGING, 4.0))
    fleet.look(state(50, ChargerPhase.STANDBY, 4.0))
    (row,) = await rows(file)
    assert (row["kwh"], row["battery_kwh"], row["sun_kwh"]) == ("4.000", "1.000", "2.000")


async def test_a_line_that_a_power_cut_tore_costs_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "stays.jsonl"
    for number in range(3):
        since = NOW + number * timedelta(days=1)
        stays.append(
            file, stays.Stay(since=since, until=since, charger="=1+1", car="zoë", kwh=number)
        )
        if number == 1:
            file.write_bytes(file.read_bytes()[:-20])
    assert [row["kwh"] for row in await rows(file)] == ["0.000", "2.000"]
    assert {row["charger"] for row in await rows(file)} == {"'=1+1"}


def test_the_last_stays_are_sent_once_each(tmp_path: Path) -> None:
    """This holds across a restart that wrote the last row twice; an older file has no solar
    column.
    """
    file = tmp_path / "history" / "stays.jsonl"
    log = stays.StayLog(file)
    for number in range(70):
        since = NOW + number * timedelta(days=1)
        log.append(stays.Stay(since=since, until=since, charger="main", car="q4", kwh=number))
    stays.append(file, log.message.stays[-1])
    again = stays.StayLog(file).message.stays
    assert [stay.kwh for stay in log.message.stays] == list(range(10, 70))
    assert [stay.kwh for stay in again] == list(range(11, 70))
    assert again[-1].sun_kwh is None


@pytest.mark.parametrize("query", ["from=x", "from=2020-01-01&to=2026-01-01"])
async def test_a_wrong_date_is_explained(tmp_path: Path, query: str) -> None:
    page = await stays.page(tmp_path / "stays.jsonl", query)
    assert page.status == 400
