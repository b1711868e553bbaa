"""The EU Data Act portal, tested against a simulated one on real sockets."""

import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.http_client import (
    AbsentError,
    BusyError,
    NonsenseError,
    RefusedError,
    UnreachableError,
    WebError,
)
from ev.cars import dataset
from ev.cars.eudataact import EuDataAct, EuDataActSettings
from ev.cars.vwlogin import form, template
from ev.facts import CarStatus
from tests.ev.cars.factories import NOW, after
from tests.ev.cars.sim_clouds import Clouds, Shown, Trouble, clouds
from tests.ev.cars.sim_portal import Landing, zipped


class Street:
    """The simulated car and clock, which a test can change."""

    def __init__(self) -> None:
        self.now = NOW
        self.shown = Shown(
            at=NOW - timedelta(minutes=4), soc_pct=57.0, plugged=True, range_km=231.0
        )


class Bench:
    """A portal, a simulated car and a source that reads them."""

    def __init__(self, them: Clouds, street: Street) -> None:
        self.clouds, self.portal, self.street = them, them.portal, street
        self.source = self.asker()

    def asker(self, password: str = "") -> EuDataAct:
        its = EuDataActSettings(
            kind="eudataact",
            brand="audi",
            portal_url=self.portal.url,
            identity_url=self.portal.identity_url,
        )
        login = {"user": self.portal.user, "password": password or self.portal.password}
        return EuDataAct("q4", its, login, timeout_s=2.0)

    async def read(self) -> list[CarStatus]:
        return await self.source.read(self.street.now)

    async def soc(self) -> float | None:
        return next(one.soc_pct for one in await self.read() if one.soc_pct is not None)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    street = Street()
    async with clouds(lambda: street.shown, lambda: street.now) as them:
        ready = Bench(them, street)
        yield ready
        await ready.source.close()


async def test_a_delivery_becomes_a_status(bench: Bench) -> None:
    """One login gives SoC, range, plug, charging and target, dated by the car."""
    bench.portal.deliver(NOW)
    assert await bench.read() == [
        CarStatus(
            car="q4",
            source="the EU Data Act portal",
            at=bench.street.shown.at,
            soc_pct=57.0,
            range_km=231.0,
            plugged=True,
            charging=False,
            target_pct=80.0,
        )
    ]
    assert bench.portal.logins == 1


async def test_one_page_for_both_is_a_login_too(bench: Bench) -> None:
    bench.portal.one_form = True
    bench.portal.deliver(NOW)
    assert await bench.soc() == 57.0


async def test_an_offer_of_advertising_is_passed_by(bench: Bench) -> None:
    bench.portal.landing = Landing.MARKETING
    bench.portal.deliver(NOW)
    assert await bench.soc() == 57.0
    assert "/signin-service/v1/consent/marketing/1" in bench.clouds.asked


async def test_each_file_is_downloaded_once_and_the_newest_wins(bench: Bench) -> None:
    """The first reading takes the last eight files, later ones only new files, never empty ones."""
    for quarter in range(12):
        bench.street.shown = replace(bench.street.shown, soc_pct=40.0 + quarter)
        bench.portal.deliver(after(15 * quarter - 180))
    bench.street.shown = replace(bench.street.shown, asleep=True)
    bench.portal.deliver(NOW)
    assert await bench.soc() == 51.0
    assert len(bench.portal.downloads) == 8
    bench.street.now = after(5)
    bench.street.shown = replace(bench.street.shown, asleep=False, soc_pct=66.0)
    bench.portal.deliver(after(5))
    assert await bench.soc() == 66.0
    assert len(bench.portal.downloads) == 9
    assert bench.portal.logins == 1


async def test_a_session_that_ended_costs_one_login(bench: Bench) -> None:
    bench.portal.deliver(NOW)
    await bench.read()
    bench.clouds.expire()
    assert await bench.soc() == 57.0
    assert bench.portal.logins == 2


async def test_a_wrong_password_is_tried_once(bench: Bench) -> None:
    """The owner is notified, and no retry locks the account."""
    await bench.source.close()
    bench.source = bench.asker("wrong")
    with pytest.raises(RefusedError, match=r"refuses the e-mail address or password"):
        await bench.read()
    assert bench.portal.logins == 1


async def test_an_unknown_address_is_reported(bench: Bench) -> None:
    bench.portal.user, stranger = "somebody@else.be", bench.source
    with pytest.raises(RefusedError, match="does not know the e-mail address"):
        await stranger.read(NOW)


async def test_a_missing_consent_tells_the_owner_what_to_do(bench: Bench) -> None:
    bench.portal.landing = Landing.CONSENT
    with pytest.raises(RefusedError, match=r"asks for your consent first: log in once at http"):
        await bench.read()


async def test_a_missing_data_request_tells_the_owner_what_to_do(bench: Bench) -> None:
    bench.portal.requested = False
    with pytest.raises(RefusedError, match='create "All data, every 15 minutes"'):
        await bench.read()


async def test_no_file_yet_is_no_error_of_ours(bench: Bench) -> None:
    with pytest.raises(AbsentError, match="no file with data"):
        await bench.read()


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.HTML, WebError),
        (Trouble.HALF, WebError),
        (Trouble.SILENT, UnreachableError),
        (Trouble.OUT_OF_ORDER, UnreachableError),
        (Trouble.BUSY, BusyError),
    ],
)
async def test_a_portal_in_trouble_costs_an_error_and_nothing_else(
    bench: Bench, trouble: Trouble, error: type[WebError]
) -> None:
    """This holds at the login and afterwards; reading then resumes."""
    bench.source._asker._timeout_s = 0.3
    bench.portal.deliver(NOW)
    bench.clouds.trouble = trouble
    with pytest.raises(error):
        await bench.read()
    bench.clouds.trouble = None
    assert await bench.soc() == 57.0
    bench.clouds.trouble = trouble
    with pytest.raises(error):
        await bench.read()
    bench.clouds.trouble = None
    assert await bench.soc() == 57.0


async def test_a_broken_file_is_skipped_for_good(bench: Bench) -> None:
    """A bad file is reported once; the files before and after it are used."""
    bench.portal.deliver(after(-15), b"PK\x03\x04 and then nothing")
    bench.portal.deliver(NOW)
    with pytest.raises(NonsenseError, match="cannot be read"):
        await bench.read()
    assert await bench.soc() == 57.0
    assert len(bench.portal.downloads) == 2


async def test_no_error_or_log_line_holds_a_secret(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither password, address nor cookie is in the message, its causes or the log."""
    caplog.set_level(logging.DEBUG)
    password = "s3cret-and-wrong"
    await bench.source.close()
    bench.source = bench.asker(password)
    bench.source._asker._timeout_s = 0.3
    texts = [repr(vars(bench.source))]
    for trouble in (None, *Trouble):
        bench.clouds.trouble = trouble
        with pytest.raises(WebError) as caught:
            await bench.read()
        texts.append("".join(traceback.format_exception(caught.value)))
    for text in (*texts, caplog.text):
        for secret in (password, bench.portal.user, "hmac-2", "code-1"):
            assert secret not in text


async def test_the_password_goes_to_no_other_site(bench: Bench) -> None:
    """A login page whose form posts to another site is refused."""
    bench.portal.form_host = "https://127.0.0.2:9"
    with pytest.raises(NonsenseError, match="on another site; it was not sent"):
        await bench.read()
    assert bench.portal.logins == 0


# Contents of the files ----------------------------------------------------------------------------


def points(values: dict[str, object], delivered: datetime = NOW) -> dict[str, dataset.Point]:
    """The points of a file; a value may be (value, time)."""
    data = []
    for number, (name, value) in enumerate(values.items()):
        said, time = value if isinstance(value, tuple) else (value, None)
        data.append(
            {"key": f"k{number}", "dataFieldName": name, "value": said, "timestampUtc": time}
        )
    return dataset.points(zipped({"vin": "WAU1", "Data": data}), "wau1", delivered)


def facts(known: dict[str, dataset.Point], now: datetime = NOW) -> dict[str, object]:
    """Every reported field, whatever its age."""
    names = ("soc_pct", "range_km", "plugged", "charging", "target_pct")
    found: dict[str, object] = {}
    for status in dataset.read("q4", "portal", known, now):
        found |= {name: v for name in names if (v := getattr(status, name)) is not None}
    return found


def test_the_newest_delivery_wins_over_the_newest_time() -> None:
    """The cars' clocks are often wrong, so the time of delivery decides which file is newer."""
    old = points({"hv_soc": ("21", "2026-11-20T17:44:00Z")}, after(-15))
    new = points({"hv_soc": ("39", "2026-11-20T17:20:00Z")})
    assert facts(dataset.merged(old, new))["soc_pct"] == 39.0


def test_of_several_names_the_freshest_is_used() -> None:
    """One name for the SoC is stuck at 21 %, another continues to 39 %."""
    old = points({"battery_state_report.soc": "21", "battery_level_HV.value": "22"}, after(-60))
    new = points({"battery_level_HV.value": "39"})
    assert facts(dataset.merged(old, new))["soc_pct"] == 39.0
    newer = points({"battery_state_report.soc": "40"}, after(15))
    assert facts(dataset.merged(dataset.merged(old, new), newer), after(15))["soc_pct"] == 40.0


def test_files_are_merged() -> None:
    """A file holds only changes: the range comes from an earlier file and keeps its age."""
    known = dataset.merged(
        points({"cruising_range_primary_engine": "231"}, after(-30)), points({"hv_soc": "57"})
    )
    found = dataset.read("q4", "portal", known, NOW)
    assert [(one.at, one.range_km, one.soc_pct) for one in found] == [
        (after(-45), 231.0, None),
        (after(-15), None, 57.0),
    ]


def test_a_value_without_a_sane_time_is_as_old_as_its_slot() -> None:
    """Without a plausible time a value dates from the start of its slot, 15 minutes before
    delivery.
    """
    for time in ("0001-01-01T00:00:00Z", None, "2026-11-22T00:00:00Z", "2026-11-10T00:00:00Z"):
        assert points({"hv_soc": ("57", time)})["hv_soc"].at == after(-15)


def test_a_report_that_says_when_the_car_was_heard_dates_the_rest() -> None:
    found = points({"hv_soc": "57", "car_captured_time": "2026-11-20T17:51:00Z"})
    assert found["hv_soc"].at == after(-9)


def test_a_stale_plug_state_keeps_its_age() -> None:
    """A plug state merged from a file that is hours old is not used after a later plug-in."""
    known = dataset.merged(points({"plug_state": "connected"}, after(-300)), points({"hv_soc": 57}))
    assert [(one.at, one.plugged) for one in dataset.read("q4", "portal", known, NOW)] == [
        (after(-315), True),
        (after(-15), None),
    ]


def test_what_is_a_day_old_is_left_out() -> None:
    assert facts(points({"plug_state": "connected"}, after(-60 * 24))) == {}


@pytest.mark.parametrize(
    ("values", "plugged", "charging"),
    [
        ({"plug_state": "connected", "charging_state": "readyForCharging"}, True, False),
        ({"plug_state": "disconnected", "charging_state": "notReadyForCharging"}, False, False),
        ({"charging_state": "charging"}, True, True),
        (
            {
                "charging_state_report.current_charge_state": "CHARGE_STATE_CHARGING_HV_BATTERY",
            },
            True,
            True,
        ),
        (
            {"charging_state_report.charging_scenario": "CHARGING_SCENARIO_IMMEDIATE_ACTIVE"},
            True,
            True,
        ),
        (
            {"charging_state_report.charging_scenario": "CHARGING_SCENARIO_TIMER_FINISHED"},
            True,
            None,
        ),
        ({"charging_state_report.charging_scenario": "ERROR_CHARGING_SYSTEM"}, True, None),
        ({"charging_plug1_connectionstate": "connected"}, True, None),
        ({"plug_state": "who knows"}, None, None),
    ],
)
def test_plug_and_charging(
    values: dict[str, object], plugged: bool | None, charging: bool | None
) -> None:
    found = facts(points(values))
    assert (found.get("plugged"), found.get("charging")) == (plugged, charging)


def test_a_dated_report_outweighs_an_undated_one() -> None:
    """An old charging scenario stays in the files without a time."""
    found = facts(
        points(
            {
                "charging_state": ("readyForCharging", "2026-11-20T17:28:40Z"),
                "plug_state": ("connected", "2026-11-20T17:28:40Z"),
                "charging_state_report.charging_scenario": "CHARGING_SCENARIO_ACTIVE",
            }
        )
    )
    assert (found["plugged"], found["charging"]) == (True, False)


def test_a_soc_the_car_calls_invalid_is_not_used() -> None:
    known = points({"battery_level_HV.value": "12", "battery_level_HV.state": "INIT"})
    assert facts(known) == {}


def test_a_value_without_a_name_is_found_by_its_key() -> None:
    document = {"Data": [{"key": dataset.RANGE[-1], "dataFieldName": "value", "value": "320"}]}
    assert facts(dataset.points(zipped(document), "WAU1", NOW)) == {"range_km": 320.0}


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"<!DOCTYPE html>",
        zipped({"vin": "WAU2", "Data": []}),
        zipped({"Data": {"a": 1}}),
        zipped([1, 2]),
        zipped({"vin": "WAU1", "Data": []})[:-30],
    ],
)
def test_an_invalid_file_is_nonsense(archive: bytes) -> None:
    """HTML, half a file, another car's file or another format gives an error, never an
    exception."""
    with pytest.raises(NonsenseError):
        dataset.points(archive, "WAU1", NOW)


@pytest.mark.parametrize("packed", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_a_damaged_file_is_nonsense_however_it_is_packed(packed: int) -> None:
    """Each byte is damaged in turn: the file is read normally or gives an error, never an
    exception.
    """
    file = BytesIO()
    with ZipFile(file, "w", packed) as archive:
        archive.writestr("data.json", '{"vin": "WAU1", "Data": []}')
    whole = file.getvalue()
    for place in range(len(whole)):
        with suppress(NonsenseError):
            damaged = whole[:place] + bytes([whole[place] ^ 0x2D]) + whole[place + 1 :]
            assert dataset.points(damaged, "WAU1", NOW) == {}


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "LARGEST_BYTES", 1000)
    with pytest.raises(NonsenseError, match="more than"):
        dataset.points(zipped({"Data": ["x" * 5000]}), "WAU1", NOW)


@given(
    entries=st.lists(
        st.fixed_dictionaries(
            {
                "dataFieldName": st.sampled_from(
                    (*dataset.SOC[:4], *dataset.PLUG, *dataset.CHARGING, dataset.SCENARIO, "value")
                ),
                "value": st.none()
                | st.integers(-1, 300)
                | st.text(max_size=5)
                | st.lists(st.none()),
                "timestampUtc": st.none() | st.text(max_size=12) | st.just("2026-11-20T17:50:00Z"),
            }
        ),
        max_size=12,
    )
)
def test_no_file_breaks_the_reader(entries: list[dict[str, object]]) -> None:
    """Any values give statuses, none of them dated after the delivery."""
    text = json.loads(json.dumps({"vin": "WAU1", "Data": entries}))
    for status in dataset.read("q4", "portal", dataset.points(zipped(text), "WAU1", NOW), NOW):
        assert status.at <= NOW


def test_a_page_without_a_form_is_nothing() -> None:
    assert form("<html>") == ({}, "")
    assert template("templateModel: {broken") == {}
    assert template("nothing here") == {}
