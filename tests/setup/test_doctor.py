"""doctor: each part is ok or has a helpful sentence, in limited time, also while dm runs."""

import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as http

from apps.ev import silence
from apps.shared.settings import Settings
from base import catalogue, messages
from base.time import local_day
from bs.devices import registry as batteries
from ev.chargers import registry as chargers
from ev.chargers.driver import ALONE, FALLS, KEEPS
from my_socket import Server
from setup import doctor, findings
from setup.answers import Given, rates_text
from setup.device_checks import LIMIT_S, silences
from setup.doctor import examine
from setup.findings import Finding, State
from sim.stream import telegrams
from store.kept import KeptFile
from tests.apps.dm.running import Feed, dm
from tests.rates.prices.factories import chart, serving

WIRE = messages.Wire(good=990, rejected={"crc": 10}, error_pct=1.0, clock_ahead_s=1.0)
VITALS = messages.Vitals(
    name="dm", version="1", uptime_s=7200.0, healthy=True, heard_s={"meter": 1.0}, wire=WIRE
)


def folder(path: Path, config: str, secrets: dict[str, object] | None = None) -> Path:
    """A project folder with these settings; gives its secrets file."""
    (path / "config.py").write_text(config, encoding="utf-8")
    (path / "rates.json").write_text('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
    own = path / "secrets.json"
    own.touch(mode=0o600)
    own.write_text(json.dumps(secrets or {}), encoding="utf-8")
    return own


def by_name(found: list[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in found}


async def test_missing_devices_are_reported_in_limited_time(tmp_path: Path) -> None:
    """The cable is unplugged, the charger never answers, the battery and the calendar are off."""
    silent = socket.create_server(("127.0.0.1", 0))  # accepts connections, never answers
    port = silent.getsockname()[1]
    config = (
        'serial_port = "/dev/ttyNONE"\n'
        f'cable_info = {{"main": {{"host": "127.0.0.1:{port}"}}}}\n'
        'battery_info = {"home": {"family": "victron", "host": "127.0.0.1", "port": 1,'
        ' "capacity_kwh": 10.0}}\n'
        'socket_info = {"dm": {"host": "127.0.0.1", "port": 1}}\n'
    )
    own = folder(tmp_path, config, {"ical_addresses": {"home": "http://127.0.0.1:1/x.ics"}})
    began = time.monotonic()
    found = by_name(await examine(tmp_path, own))
    assert time.monotonic() - began < 3 * LIMIT_S
    silent.close()
    for name in ("serial port", "dm :1", "charger", "battery", "calendar"):
        assert found[name].state is State.WRONG, name
    assert "/dev/ttyNONE does not exist" in found["serial port"].text
    assert found["telegrams"].state is State.NONE, "one cause is said once"
    assert "start it with ./startup_cron.sh" in found["dm :1"].text
    assert "does not answer within" in found["charger"].text
    assert found["prices"].state is State.OK
    assert found["disk"].state is State.OK or "MB are left" in found["disk"].text


async def test_while_dm_holds_the_line_dm_is_asked(tmp_path: Path) -> None:
    """A reader serves one program at a time, so doctor asks dm instead of taking its telegrams."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path / "data") as meter:
        stream = telegrams("sim://?seed=7&start=2026-01-15T17:20")
        await feed.send([next(stream) for _ in range(3)])
        await meter.heard(3)
        port = meter.url.split(":")[2].split("/")[0]
        address = f'socket_info = {{"dm": {{"host": "127.0.0.1", "port": {port}}}}}\n'
        own = folder(tmp_path, f'serial_port = "{source}"\n{address}')
        found = by_name(await examine(tmp_path, own))
    assert "3 read, 0 damaged" in found["telegrams"].text
    assert found[f"dm :{port}"].text.startswith("version")
    assert found["charger"].state is State.NONE


async def test_a_wrong_setting_is_the_first_line(tmp_path: Path) -> None:
    own = folder(tmp_path, 'glyphs = "pretty"\n')
    found = await examine(tmp_path, own)
    assert found[0] == findings.wrong(
        "settings", 'config.py: glyphs = \'pretty\'; allowed: "unicode" or "console"'
    )


@pytest.mark.parametrize(
    ("mark", "state", "says"),
    [
        (b"\xef\xbb\xbf", State.OK, "rates.json has four lines"),  # an editor on Windows
        (b"\xff", State.WRONG, "rates.json: is not text in UTF-8"),
    ],
)
async def test_rates_json_is_read_as_dm_reads_it(
    tmp_path: Path, mark: bytes, state: State, says: str
) -> None:
    secrets = folder(tmp_path, 'serial_port = "/dev/ttyNONE"\n')
    rates = tmp_path / "rates.json"
    rates.write_bytes(mark + rates.read_bytes())
    prices = by_name(await examine(tmp_path, secrets))["prices"]
    assert prices.state is state
    assert says in prices.text


async def test_late_market_prices_are_asked_of_each_service(tmp_path: Path) -> None:
    """doctor shows the service that has today's prices and the one that refuses; one without its
    token is not asked.
    """
    today = local_day(datetime.now(UTC))

    def answer(request: http.Request) -> http.Response:
        return (
            http.Response(body=chart(today))
            if "price" in request.path
            else http.Response(status=401)
        )

    async with serving(answer) as service:
        secrets = folder(
            tmp_path,
            'serial_port = "/dev/ttyNONE"\n'
            f'price_services = [{{"kind": each, "url": "{service.base}"}}'
            ' for each in ("energy_charts", "entsoe", "elia")]\n',
        )
        rates = rates_text(tmp_path, Given(contract="engie dynamic", postcode="8500"))
        (tmp_path / "rates.json").write_text(rates, encoding="utf-8")
        found = [one for one in await examine(tmp_path, secrets) if one.name == "price service"]
    assert [(one.state, one.text.split(" has")[0]) for one in found] == [
        (State.OK, "Energy-Charts"),
        (State.WRONG, "Elia: refuses our key (HTTP 401)"),
    ]


async def test_the_source_of_a_car_is_asked(tmp_path: Path) -> None:
    """The line has its state of charge, the keys missing in secrets.json, or that no source is
    configured.
    """
    program = ["/bin/echo", '{"soc": 61}']
    cars = {
        "q4": {"capacity_kwh": 77, "source": {"kind": "command", "command": program}},
        "zoe": {"capacity_kwh": 41},
        "e208": {"capacity_kwh": 46, "source": {"kind": "smartcar"}},
    }
    secrets = folder(tmp_path, f'serial_port = "/dev/ttyNONE"\ncars = {cars}\n')
    found = [one for one in await examine(tmp_path, secrets) if one.name == "car"]
    assert [one.state for one in found] == [State.OK, State.OK, State.WRONG]
    assert "q4: is read from" in found[0].text
    assert "61 %" in found[0].text
    assert "zoe: is not polled" in found[1].text
    assert "secrets.json has no client_id" in found[2].text


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
async def test_a_port_without_rights_names_the_group(tmp_path: Path) -> None:
    (tmp_path / "tty").touch(mode=0o000)
    own = folder(tmp_path, f'serial_port = "{tmp_path}/tty"\n')
    assert "adduser" in by_name(await examine(tmp_path, own))["serial port"].text


@pytest.mark.parametrize(
    ("vitals", "state", "says"),
    [
        (VITALS, State.OK, "990 read, 10 damaged; the last one 1 s ago"),
        (VITALS.model_copy(update={"heard_s": {"meter": 60.0}}), State.WRONG, "60 s ago"),
        (
            VITALS.model_copy(update={"wire": WIRE.model_copy(update={"error_pct": 9.0})}),
            State.WRONG,
            "shielded cable",
        ),
        (VITALS.model_copy(update={"wire": None, "why": "no cable"}), State.WRONG, "no cable"),
    ],
)
def test_telegrams_are_judged(vitals: messages.Vitals, state: State, says: str) -> None:
    found = findings.telegrams(vitals)
    assert (found.state, says in found.text) == (state, True)


@pytest.mark.parametrize(
    ("ahead_s", "synchronised", "state"),
    [
        (1.0, True, State.OK),
        (1.0, None, State.OK),
        (None, None, State.NONE),
        (-300.0, True, State.WRONG),
        (300.0, None, State.WRONG),
        (None, False, State.WRONG),
    ],
)
def test_the_clock_is_judged(ahead_s: float, synchronised: bool | None, state: State) -> None:
    assert findings.clock(ahead_s, synchronised).state is state


def test_the_page_is_in_the_language_of_the_household() -> None:
    """Names, states and sentences are translated; columns are as wide as the language needs."""
    silent = findings.telegrams(
        VITALS.model_copy(update={"wire": None, "why": "no telegram for 12 s"})
    )
    found = [findings.disk(8_200, writable=True), silent]
    text = findings.page(found, catalogue.language("fr", setup=True))
    assert text.splitlines() == [
        "disque          ok      8,2 Go libres",
        "télégrammes     ERREUR  le programme du compteur tourne mais n'en a encore lu aucun : pas"
        " de télégramme depuis 12 s",
        "",
        "1 point à vérifier.",
    ]
    assert findings.page(found[:1], catalogue.language("nl", setup=True)).endswith("in orde.")


def test_one_cause_is_notified_once() -> None:
    """A daemon is ok if its only fault is a device with a line of its own."""
    charger = findings.wrong("charger", "main: cannot be reached.")
    ev = findings.wrong("ev :8081", "main: main cannot be reached. (up 9 s)")
    assert findings.once(ev, [charger]).state is State.OK
    more = findings.wrong(
        "ev :8081", "no message from the meter for 9 s; main: main cannot be reached. (up 9 s)"
    )
    assert findings.once(more, [charger]) == more
    assert findings.once(ev, [findings.ok("charger", "main answers")]) == ev


@pytest.mark.parametrize(
    ("uptime_s", "says"),
    [(9.0, "9 s"), (720.0, "12 min"), (7200.0, "2.0 h"), (864000.0, "10 days")],
)
def test_a_time_is_shown_in_the_unit_that_fits(uptime_s: float, says: str) -> None:
    vitals = VITALS.model_copy(update={"uptime_s": uptime_s})
    assert findings.daemon("dm", 8080, vitals, "").text == f"version 1, up {says}"


def test_packages_without_hashes_are_named() -> None:
    assert "hashes not checked" in findings.packages(32).text
    assert findings.packages(64).state is State.OK


def test_the_page_counts_what_is_wrong() -> None:
    text = findings.page([findings.ok("disk", "5.0 GB free"), findings.wrong("clock", "late")])
    assert text.splitlines() == [
        "disk           ok     5.0 GB free",
        "clock          WRONG  late",
        "",
        "1 to look at.",
    ]
    assert findings.page([]).endswith("All is well.")


def test_the_silence_test_of_an_ocpp_charger_is_reported(tmp_path: Path) -> None:
    """It is red where the charger continues; where untested, the line names the command."""
    stations = ("falls", "goes", "new")
    cable_info = {name: {"kind": "ocpp", "id": name} for name in stations}
    settings = Settings.model_validate({"cable_info": cable_info})
    at = datetime(2026, 1, 15, tzinfo=UTC)
    results = {
        "falls": silence.Result(firmware="Alfen 6.5", at=at, after_s=120.0, left_kw=0.0),
        "goes": silence.Result(firmware="go-e 56.2", at=at, after_s=None, left_kw=5.5),
    }
    KeptFile(tmp_path / silence.FILE, silence.Results).save(silence.Results(results))
    fell, went, new = silences(settings, tmp_path)
    assert (fell.state, fell.text) == (
        State.OK,
        "falls (Alfen 6.5): drops to 0.0 kW within 120 s without this program",
    )
    assert (went.state, went.text) == (
        State.WRONG,
        "goes (go-e 56.2): continues at 5.5 kW when this program stops",
    )
    assert new.state is State.SOON
    assert new.text.endswith("./do_py.sh ev_app.py --charger new --silence-test")


async def test_a_connected_station_is_read_from_the_running_program(tmp_path: Path) -> None:
    """The program reports it: doctor takes neither its port nor its place."""
    ages_s = {"main": 4.0, "gate": None, "plain": 4.0}
    heard = VITALS.model_copy(update={"name": "ev", "heard_s": ages_s})
    about = {"main": {ALONE: FALLS}, "plain": {ALONE: KEEPS}}
    devices = messages.Devices(
        devices=tuple(
            messages.DeviceAbout(kind="charger", name=name, about=facts)
            for name, facts in about.items()
        )
    )

    async def answer(peer: object, text: str) -> list[str]:
        return [messages.encode(devices if text == "devices" else heard)]

    async with Server(answer, port=0) as server:
        config = (
            'serial_port = "sim://"\n'
            'cable_info = {"main": {"kind": "ocpp", "id": "A"},'
            ' "gate": {"kind": "ocpp", "id": "B"}, "plain": {"kind": "ocpp", "id": "C"}}\n'
            f'socket_info = {{"ev": {{"host": "127.0.0.1", "port": {server.port}}}}}\n'
        )
        found = await examine(tmp_path, folder(tmp_path, config))
    main, gate, plain = (
        one for one in found if one.name == "charger" and "silence test" not in one.text
    )
    assert main.state is State.OK
    assert main.text.startswith("main was read 4 s ago; without this program it pauses, or drops")
    assert gate.state is State.WRONG
    assert "gate has not connected yet; see docs/chargers.md" in gate.text
    assert plain.state is State.WRONG
    assert plain.text.endswith("without this program it keeps its last set-point")


async def test_the_panels_that_the_meter_program_found_are_shown() -> None:
    """The line is absent if the program does not look for panels."""
    told = "The meter data shows solar panels of 4.0 kWp (give or take 0.3)"
    with_sun = VITALS.model_copy(update={"sun": told})
    for vitals, expected in ((with_sun, [told]), (VITALS, [])):
        found = await doctor._meter(Settings(), {"dm": vitals})
        assert [one.text for one in found if one.name == "solar panels"] == expected


@pytest.mark.parametrize(
    "family", [*batteries.FAMILIES.values(), *chargers.FAMILIES.values()], ids=lambda its: its.kind
)
def test_what_a_device_does_alone_goes_on_with_a_sentence(family: Any) -> None:
    """It is read behind "without this program it"."""
    assert "without this program" not in family.silence
    assert family.silence[0].islower()
