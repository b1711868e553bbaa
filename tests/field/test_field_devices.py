"""Readings of batteries, calendars and cars of real houses, and the correct reactions."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from base.address import host_port
from base.time import BRUSSELS
from bs.facts import Battery, Mode, SetPoint
from ev.calendars.expand import Expanded, expand
from ev.cars import dataset
from ev.cars.homeassistant import _plugged
from ev.cars.smartcar import _facts, _Signals
from ev.facts import CarStatus
from sim.battery import Pack
from sim.battery_sunspec import UNIT, SimSunSpec
from sim.battery_victron import (
    FLASH_POINT,
    MOST_CHARGE,
    MOST_DISCHARGE,
    POINT,
    SYSTEM,
    SimVictron,
)
from tests.bs.devices.factories import AUTO, BATTERY, HOLD, charge, discharge, rig
from tests.bs.devices.sim_homewizard import BOTH, SimHomeWizard
from tests.bs.devices.sim_marstek import SimMarstek


def read(name: str) -> str:
    """The text of a case. Skips the test, with instructions, where the cases are missing."""
    root = Path(os.environ.get("DM_SHARED", Path(__file__).parents[2].parent / "shared"))
    folder = root / "field/devices"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: set DM_SHARED to the folder of the cases")
    return (folder / name).read_text(encoding="utf-8")


def case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(name))
    return found


# batteries --------------------------------------------------------------------------------------


async def test_b01_the_state_of_charge_is_of_all_packs() -> None:
    """One full or empty pack is not the whole battery: it charges at 55 %, discharges at 30 %,
    not at 8 %.
    """
    its = case("b01_marstek_two_packs.json")
    battery = Battery(name="home", **its["battery"], charge_kw=2.5, discharge_kw=2.5)
    allowed = []
    for registers, wanted in zip(
        its["registers"], (charge(1.0), discharge(1.0), discharge(1.0)), strict=True
    ):
        packs = registers["34002"] / 10, registers["34102"] / 10
        sim = SimMarstek(
            pack=Pack(capacity_kwh=10.24, charge_kw=2.5, discharge_kw=2.5),
            soc=registers["32104"],
            packs_pct=packs,
        )
        async with rig(sim, battery) as it:
            assert it.device.state.soc_pct == pytest.approx(registers["32104"], abs=1)
            told = await it.device.set(wanted)
            allowed.append(told is not None and told.mode is wanted.mode)
    assert allowed == [True, True, False]


async def test_b01_a_venus_without_that_register_is_read_by_its_pack() -> None:
    async with rig(SimMarstek(soc=40.0, old=True)) as it:
        assert it.device.state.soc_pct == pytest.approx(40, abs=1)


async def test_b02_a_set_point_that_was_zeroed_is_written_again() -> None:
    its = case("b02_marstek_setpoint_zeroed.json")
    sim = SimMarstek()
    async with rig(sim) as it:
        await it.device.set(discharge(2.0))
        address, watts = next(
            (int(at), w) for at, w in its["registers_after_a_while"].items() if not w
        )
        sim.units[1][address] = watts
        await it.pass_s(6)
        assert sim.units[1][address] == pytest.approx(2000, abs=2)


async def test_b03_the_owners_point_holds_again_after_release() -> None:
    """2716 overrides 2700 while it is not 0, so a wanted 0 W is never written as 0."""
    its = case("b03_victron_2716.json")
    sim = SimVictron(house_kw=lambda: 1.0)
    sim.units[SYSTEM] |= {FLASH_POINT: its["start"]["2700"]}
    async with rig(sim) as it:
        await it.pass_s(6)
        await it.device.set(discharge(1.0))
        assert sim.number(SYSTEM, POINT, 2) != 0
        await it.device.release()
    assert sim.number(SYSTEM, POINT, 2) == its["start"]["2716"]
    assert sim.number(SYSTEM, FLASH_POINT) == its["start"]["2700"]
    assert sim.number(SYSTEM, MOST_DISCHARGE) == its["start"]["2704"]
    assert sim.number(SYSTEM, MOST_CHARGE) == its["start"]["2705"]


class Gen24(SimSunSpec):
    """A battery that refuses registers which are optional."""

    refused: Sequence[int] = ()

    def told(self, unit: int, address: int, values: Sequence[int], now_s: float) -> int:
        if address - self.at[124] in self.refused:
            return 4
        return super().told(unit, address, values, now_s)


@pytest.mark.parametrize("refused", [(17,), (15,), (15, 17)])
async def test_b04_a_refused_register_does_not_block_the_window(
    refused: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """The set-point is still sent; the refusal is reported once."""
    case("b04_gen24_refuses_optional_registers.json")
    sim = Gen24()
    sim.refused = refused
    async with rig(sim) as it:
        for kw in (1.0, 1.5, 2.0):
            told = await it.device.set(charge(kw))
            assert told is not None
            assert (told.mode, told.power_kw) == (Mode.CHARGE, pytest.approx(kw, abs=0.05))
            await it.pass_s(4)
        assert it.device.state.healthy
        assert (it.driver.watchdog_s is None) == (15 in refused)
    said = [record.getMessage() for record in caplog.records]
    assert len([text for text in said if "control continues without it" in text]) == len(refused)


async def test_b04_what_is_right_already_is_not_written() -> None:
    sim = Gen24()
    sim.units[UNIT][sim.at[124] + 17] = 1
    sim.refused = (17,)
    async with rig(sim) as it:
        told = await it.device.set(charge(1.0))
        assert told is not None
        assert told.mode is Mode.CHARGE


async def test_b06_firmware_without_permissions_follows_its_nearest_mode() -> None:
    """The owner is asked to update; the battery self-consumes or is filled, and does not hold
    forever.
    """
    case("b06_homewizard_api_2_1_0.json")
    sim = SimHomeWizard()
    sim.permits = False
    async with rig(sim) as it:
        assert "update it" in it.device.state.notice
        for wanted, mode in (
            (discharge(0.4), "zero"),
            (charge(0.4), "zero"),
            (charge(0.8), "to_full"),
            (HOLD, "standby"),
            (AUTO, "zero"),
        ):
            await it.device.set(wanted)
            await it.pass_s(30)
            assert sim.mode == mode
            assert it.device.state.healthy


async def test_b07_another_address_is_not_the_p1_meter() -> None:
    sim = SimHomeWizard()
    async with rig(sim) as it:
        sim.deaf = 404
        for _ in range(4):
            await it.pass_s(10)
        assert "host must be the P1 meter" in it.device.state.notice
        assert "JSON" not in it.device.state.notice


@pytest.mark.parametrize("mode", ["predictive", "to_full", "zero"])
async def test_b08_the_owners_own_mode_is_given_back(mode: str) -> None:
    sim = SimHomeWizard()
    sim.mode = mode
    async with rig(sim) as it:
        await it.device.set(discharge(0.4))
        assert (sim.mode, sim.permissions) == ("zero", ("discharge_allowed",))
        await it.device.release()
    assert sim.mode == mode
    if mode == "zero":
        assert set(sim.permissions) == set(BOTH)


async def test_b09_a_pause_between_packs_is_no_disobedience() -> None:
    """After 90 s without power the charger is switched on again, without a long pause."""
    case("b09_marstek_handover.json")
    sim = SimMarstek()
    async with rig(sim) as it:
        await it.device.set(discharge(0.8))
        await it.pass_s(120)
        assert it.device.state.healthy
        assert it.device.set_point == SetPoint(Mode.DISCHARGE, 0.8, "a test")


async def test_b10_no_content_is_success() -> None:
    case("b10_homewizard_204.json")
    sim = SimHomeWizard()
    sim.quiet = True
    async with rig(sim, BATTERY) as it:
        told = await it.device.set(HOLD)
        assert told is not None
        assert told.mode is Mode.HOLD
        assert it.device.state.healthy


# calendars --------------------------------------------------------------------------------------

SINCE = datetime(2026, 11, 30, 8, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=14)


def entries(name: str) -> Expanded:
    return expand(read(name), SINCE, UNTIL, BRUSSELS)


def days(name: str) -> list[str]:
    """The local dates on which whole-day entries start."""
    found = entries(name)
    assert found.unclear == ()
    assert all(event.all_day for event in found.events)
    return [f"{event.start.astimezone(BRUSSELS):%m-%d}" for event in found.events]


@pytest.mark.parametrize(
    "name",
    [
        "c03_outlook_allday_until_utc.ics",
        "d03_c03_with_home_zone.ics",
        "d04_c03_with_vtimezone.ics",
        "d05_c03_rfc_until_date.ics",
        "d06_c03_until_midnight_utc.ics",
    ],
)
def test_c03_a_series_that_ends_at_an_instant_has_its_last_day(name: str) -> None:
    """Both the trip of 5 December and the course of 9 December are found."""
    assert days(name) == ["12-02", "12-05", "12-09"]


@pytest.mark.parametrize(
    ("name", "last"),
    [("d01_c01_without_exdate.ics", 8), ("d02_c01_without_exdate_without_vtimezone.ics", 8)],
)
def test_d01_a_daily_series_has_each_of_its_days(name: str, last: int) -> None:
    assert days(name) == [f"12-{day:02}" for day in range(1, last + 1)]


def test_c01_a_day_taken_out_stays_out() -> None:
    assert days("c01_exchange_allday_exdate.ics") == [f"12-{d:02}" for d in (1, 2, 4, 5, 6, 7, 8)]


def test_c02_a_moved_day_stands_where_it_was_moved_to() -> None:
    assert days("c02_exchange_allday_moved.ics") == ["12-01", "12-03", "12-08", "12-11"]


def test_d07_a_series_of_three_days() -> None:
    assert days("d07_daily_c03.ics") == ["12-01", "12-02", "12-03", "12-04"]


def test_d09_two_midnights_are_a_day() -> None:
    assert days("d09_allday_as_midnights.ics") == ["12-04"]


def test_c05_names_of_zones_are_understood_or_the_house_s() -> None:
    """Each title contains its time in the house's zone."""
    found = entries("c05_windows_zone_names.ics")
    assert found.unclear == ()
    assert len(found.events) >= 6
    for event in found.events:
        at = event.start.astimezone(BRUSSELS)
        said = event.title.split()[1]
        hour, _, more = said.partition("+")
        assert f"{at - timedelta(hours=int(more or 0)):%H:%M}" == hour, event.title


ZONED = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:z
SUMMARY:x @q4@
DTSTART;TZID={zone}:20261203T123000
DTEND;TZID={zone}:20261203T133000
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ('"tzone://Microsoft/Utc"', "13:30"),
        ("tzone://Microsoft/Utc", "13:30"),
        ("/freeassociation.sourceforge.net/Olson/Europe/London", "13:30"),
        ('"/mozilla.org/20070129_1/America/Argentina/Buenos_Aires"', "16:30"),
        ("Europe/London", "13:30"),
        ("Turkey Standard Time", "10:30"),
    ],
)
def test_c05_other_names_of_the_kind(zone: str, at: str) -> None:
    found = expand(ZONED.format(zone=zone), SINCE, UNTIL, BRUSSELS)
    assert found.unclear == ()
    assert [f"{event.start.astimezone(BRUSSELS):%H:%M}" for event in found.events] == [at]


@pytest.mark.parametrize("zone", ["tzone://Microsoft/Mars", "Mars Standard Time"])
def test_c05_an_unknown_time_zone_is_reported(zone: str) -> None:
    """The entry is never shifted by an hour and never lost without a sentence."""
    found = expand(ZONED.format(zone=zone), SINCE, UNTIL, BRUSSELS)
    assert found.events == ()
    assert f"time zone {zone} is not known" in found.unclear[0]


@pytest.mark.parametrize(
    ("calendar", "owners", "trips"),
    [
        ("jan@example.com", (), 0),
        ("Werk", ("JAN@example.com",), 0),
        ("Werk", (), 1),
        ("Werk", ("boss@example.com",), 1),
    ],
)
def test_c09_a_declined_invitation_is_no_trip(
    calendar: str, owners: tuple[str, ...], trips: int
) -> None:
    """The owner is identified by the calendar's name, or by own_mail in config.py."""
    text = read("c09_declined_invitation.ics").replace("NAME:jan@example.com", f"NAME:{calendar}")
    found = expand(text, SINCE, UNTIL, BRUSSELS, owners)
    assert len(found.events) == trips


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("c04_date_exdate_on_timed_series.ics", 1),
        ("c06_orphan_override.ics", 0),
        ("c07_override_id_in_utc.ics", 2),
    ],
)
def test_other_files_of_exchange_are_read(name: str, count: int) -> None:
    found = entries(name)
    assert found.unclear == ()
    assert len(found.events) == count


# cars -------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 30, 17, 50, tzinfo=UTC)


def zipped(text: str, captured: datetime) -> bytes:
    """A file of the portal, captured by the car at `captured`."""
    for mark, at in (
        ("@CAPTURED_NEWER@", captured),
        ("@CAPTURED_NEW@", captured),
        ("@CAPTURED_OLD@", captured - timedelta(minutes=9)),
    ):
        text = text.replace(mark, at.isoformat())
    body = BytesIO()
    with ZipFile(body, "w") as file:
        file.writestr("data.json", text)
    return body.getvalue()


def statuses(text: str, *delivered: datetime) -> list[CarStatus]:
    """The merged content of deliveries with the same text."""
    known: dict[str, dataset.Point] = {}
    for at in delivered:
        archive = zipped(text, at - timedelta(minutes=4))
        known = dataset.merged(known, dataset.points(archive, json.loads(text)["vin"], at))
    return dataset.read("q4", "portal", known, delivered[-1])


def test_v01_states_that_contradict_each_other_are_not_known() -> None:
    """Not charging, ready and charging in one file: the SoC counts, the state is unknown."""
    (said,) = statuses(read("v01_cupra_three_charge_states.json"), NOW)
    assert (said.soc_pct, said.charging) == (62.0, None)


def test_v02_an_unchanged_value_is_as_old_as_when_it_was_first_seen() -> None:
    """The portal repeats 30 % with new times for an hour."""
    text = read("v02_born_stale_soc.json")
    quarters = [NOW + timedelta(minutes=15 * place) for place in range(5)]
    (first,) = statuses(text, NOW)
    (last,) = statuses(text, *quarters)
    assert (last.soc_pct, last.at) == (30.0, first.at)
    changed = text.replace('"30"', '"44"').replace('"30.0"', '"44.0"')
    known = dataset.points(zipped(text, NOW), json.loads(text)["vin"], NOW)
    later = NOW + timedelta(minutes=15)
    newer = dataset.points(zipped(changed, later), json.loads(text)["vin"], later)
    (said,) = dataset.read("q4", "portal", dataset.merged(known, newer), later)
    assert (said.soc_pct, said.at) == (44.0, later)


def test_v03a_the_order_in_a_file_is_no_age() -> None:
    text = read("v03a_two_socs_with_hv.json")
    assert [one.soc_pct for one in statuses(text, NOW)] == [60.0]
    its = json.loads(text)
    its["Data"].reverse()
    assert [one.soc_pct for one in statuses(json.dumps(its), NOW)] == [60.0]
    its["Data"] = [one for one in its["Data"] if one["key"] != "HV"]
    assert [one.soc_pct for one in statuses(json.dumps(its), NOW)] == []


def test_v03a_an_odd_entry_costs_only_itself() -> None:
    its = json.loads(read("v03a_two_socs_with_hv.json"))
    its["Data"] += [7, {"key": 5}, {"dataFieldName": [], "value": {}}, None]
    assert [one.soc_pct for one in statuses(json.dumps(its), NOW)] == [60.0]


def test_v04_plug_words_are_read_by_the_part_that_counts() -> None:
    """An unknown word gives an unknown state and affects nothing else."""
    words = [word for kind in case("v04_ha_plug_words.json").values() for word in kind]
    found = {word: _plugged(word.casefold()) for word in words}
    for word, plugged in found.items():
        if "disconnected" in word.casefold():
            assert plugged is False, word
        elif any(part in word.casefold() for part in ("unspecified", "fault", "no_power")):
            assert plugged is None, word
        else:
            assert plugged is True, word
    assert [_plugged(word) for word in ("not_connected", "no car", "not plugged in")] == [False] * 3


def test_v06_signals_of_smartcar_are_read() -> None:
    """The active limit is the target; an invalid signal affects only itself."""
    its = case("v06_smartcar_signals.json")
    its["data"] += [{"attributes": {}}, 5, {"attributes": {"code": "x", "body": []}}]
    found = {
        fact.field: fact.value for fact in _facts(_Signals.model_validate_json(json.dumps(its)))
    }
    assert found == {"soc_pct": 56, "target_pct": 100, "plugged": True}


# chargers ---------------------------------------------------------------------------------------


def test_e02_an_address_is_taken_in_any_usual_form() -> None:
    """Each form is accepted; invalid ones are refused at start (tests/base/test_settings.py)."""
    assert {host_port(host) for host in case("e02_hosts.json")["host"]} == {"192.0.2.5", "[::1]"}
