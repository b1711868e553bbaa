"""The promises of the whole house: dm, ev and bs as processes, beside simulated devices."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from base import messages
from bench.process import ended, free_port
from rates.files import EXAMPLES
from sim.stream import telegrams
from tests.apps.dm.running import dm
from tests.bs.bs_running import bs, victron
from tests.ev.ev_running import ev
from tests.faults.fault import CannotError, Fault, Outcome
from tests.faults.stage import kwh, made, milli, now_s, rows, stage
from tests.faults.transport import cost

LIVE = "sim://?seed=7&solar_kwp=0"
RATES = """{"Electricity": {"+": {"Day": %s, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}"""


async def _silence(folder: Path) -> Outcome:
    """The meter stops sending while ev charges and bs discharges."""
    source = f"{LIVE}&faults=silence@12+9999"
    async with (
        dm(source, folder / "dm") as meter,
        victron() as (battery, port),
        ev(meter.url, folder / "ev", lost_s=10.0) as charging,
        bs(meter.url, folder / "bs", port) as steering,
    ):
        await meter.heard(12)
        await charging.say("boost")
        await steering.ask("discharge 2")
        began = now_s()
        while True:
            (house,) = await meter.ask("house")
            assert isinstance(house, messages.House)
            if house.health.state == "stale":
                break
            await asyncio.sleep(0.2)
        stale_s = now_s() - began
        await battery.becomes(lambda: battery.own)
        await charging.until(6.0)
        safe_s = now_s() - began
    return Outcome(
        f"stale {stale_s:.0f} s after the last telegram; ev at 6 A, battery in its own mode", safe_s
    )


async def _dm_dies(folder: Path) -> Outcome:
    port_of_dm = str(free_port())
    async with victron() as (battery, port):  # noqa: SIM117
        async with dm(LIVE, folder / "dm", "--port", port_of_dm) as first:
            await first.heard(3)
            async with (
                ev(first.url, folder / "ev", lost_s=10.0) as charging,
                bs(first.url, folder / "bs", port) as steering,
            ):
                await charging.say("boost")
                await charging.until(16.0)
                await steering.ask("discharge 2")
                await battery.until(-2.0)
                began = now_s()
                await first.end(signal.SIGKILL)
                await charging.until(6.0)
                await battery.becomes(lambda: battery.own)
                safe_s = now_s() - began
                async with dm(LIVE, folder / "dm", "--port", port_of_dm):
                    began = now_s()
                    await charging.until(16.0)
                    await battery.until(-2.0)
    return Outcome(
        f"ev at 6 A and the battery in its own mode within {safe_s:.0f} s", now_s() - began
    )


async def _neighbour_dies(folder: Path) -> Outcome:
    async with dm(LIVE, folder / "dm") as meter, victron() as (battery, port):
        async with bs(meter.url, folder / "bs", port) as steering:
            await steering.ask("discharge 2")
            await battery.until(-2.0)
            await steering.end(signal.SIGKILL)
        (house,) = await meter.ask("house")
        assert isinstance(house, messages.House)
        assert house.health.state == "fresh"
        began = now_s()
        async with bs(meter.url, folder / "bs", port) as again:
            await again.ask("discharge 1")
            await battery.until(-1.0)
    return Outcome("dm went on; a new bs took the battery back", now_s() - began)


async def _written(folder: Path) -> Outcome:
    """Six hours at full speed, four quarters an hour; the result times four is a day."""
    async with stage(folder) as it:
        for hour in range(6):
            url = f"sim://?seed=7&start=2026-01-15T{14 + hour}:00"
            await it.good(*islice(telegrams(url), 3600))
        wrote = 4 * cost(it.dm.process.pid)[1]
        lines = it.log.count(" INFO ")
    assert wrote < 10e6, wrote
    assert lines <= 30, lines
    return Outcome(f"{wrote / 1e6:.1f} MB a day; {lines} INFO lines in six quiet hours")


async def _no_prices(folder: Path) -> Outcome:
    """A dynamic contract, with a day whose prices are unavailable."""
    rates = str(EXAMPLES / "ebem_dynamic.json")
    async with stage(folder, "--rates", rates) as it:
        await it.good(*(made(10 * n) for n in range(200)))
        assert milli(rows(folder)) > 0
        today = await it.period()
        assert kwh(today.offtake_day) == 1.99
    return Outcome("every Wh counted and booked; its cost waits for a price")


async def _new_rates(folder: Path) -> Outcome:
    rates = folder / "rates.json"
    rates.write_text(RATES % "0.4", encoding="utf-8")
    async with stage(folder, "--rates", str(rates)) as it:
        await it.good(made(0), made(400))
        booked = rows(folder)
        rates.write_text(RATES % "0.8", encoding="utf-8")
        await it.says("rates.json")
        await it.good(made(500), made(1300), made(2200))
        assert [row for row in rows(folder) if row in booked] == booked
        prices = [_price(row) for row in rows(folder) if row[1] == "offtake_day"]
        assert prices == [0.4, 0.4, 0.8], prices
    return Outcome("the running quarter kept 0.4, the next has 0.8; the bookings are unchanged")


def _price(row: tuple[object, ...]) -> float:
    """EUR per kWh of a booked row."""
    eur = sum(map(float, json.loads(str(row[3])).values()))
    return round(eur / (int(str(row[2])) / 1000), 3)


async def _days(folder: Path) -> Outcome:
    """A telegram each 10 minutes over the ends of February 2028 and of the year, and both clock
    changes.
    """
    for begin in ("2028-02-28T22", "2026-12-31T22", "2026-03-28T22", "2026-10-24T22"):
        start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
        data = folder / begin[:10]
        async with stage(data) as it:
            await it.good(*(made(600 * n, begin=start) for n in range(6 * 30 + 1)))
            booked = [row for row in rows(data) if row[1] == "offtake_day"]
        starts = [int(str(row[0])) for row in booked]
        assert starts == [int(start.timestamp()) + 900 * n for n in range(120)]
        assert milli(booked) == 600 * 180
    return Outcome(
        "29 February, New Year, both clock changes: every quarter is stored once, 108.000 kWh"
    )


async def _stranger(folder: Path) -> Outcome:
    async with dm(LIVE, folder) as running:
        try:
            async with connect(running.url, additional_headers={"Origin": "http://evil.example"}):
                raise ValueError("a foreign page was let in")
        except InvalidStatus as error:
            if error.response.status_code != 403:
                raise
        strangers = _own_address()
        refused = strangers is None or not _reaches(strangers, running.port)
        assert refused, "a stranger reached it"
        (answer,) = await running.ask("house")
        assert isinstance(answer, messages.House)
        assert "refused" in (folder / "log" / "log_info.log").read_text()
    return Outcome("a foreign page got 403 and a line in the log; other machines reach no port")


def _own_address() -> str | None:
    """This machine's network address, as another host would use it; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _reaches(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 1.0).close()
    except OSError:
        return False
    return True


async def _wrong(app: str, file: str, text: str, word: str, folder: Path) -> Outcome:
    (folder / file).write_text(text, encoding="utf-8")
    option = "--config" if file == "config.py" else "--rates"
    where = ("--data", str(folder / "data"), option, str(folder / file))
    code, said = await ended(app, "--headless", *where)
    assert code == 2, code
    assert word in said
    assert "Traceback" not in said
    assert not (folder / "data").exists()
    return Outcome(f'code 2, nothing begun: "{said.strip()[:90]}"')


def _preload() -> str:
    """The library that faketime preloads into a program."""
    shown = subprocess.run(["faketime", "now", "env"], capture_output=True, text=True, check=True)
    lines = (line.partition("=") for line in shown.stdout.splitlines())
    return next(value for name, _, value in lines if name == "LD_PRELOAD")


async def _clock_jumps(folder: Path) -> Outcome:
    """dm starts in 1970, as a Pi without a battery clock, and gets the right time a little
    later.
    """
    if shutil.which("faketime") is None:
        raise CannotError("it needs faketime (apt)")
    now = datetime.now(UTC)
    fake = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
    (folder / "clock").write_text("-20000d\n")
    fake |= {"LD_PRELOAD": _preload()}
    fake |= {"FAKETIME_TIMESTAMP_FILE": str(folder / "clock")}
    begin = now - timedelta(minutes=20)
    async with stage(folder, live=True, env=fake) as it:
        await it.good(*(made(10 * n, begin=begin) for n in range(60)))
        (folder / "clock").write_text("+1500d\n")
        await it.good(*(made(10 * n, begin=begin) for n in range(60, 100)))
        (folder / "clock").write_text("+0\n")
        await it.good(*(made(10 * n, begin=begin) for n in range(100, 121)))
        year = await it.period("year")
        assert kwh(year.offtake_day) == 1.2, year.offtake_day
    return Outcome("54 years back, 4 years ahead, then right: 1.200 kWh as used")


FAULTS = (
    Fault(
        source="promise 2",
        injected="no telegram while ev charges and bs discharges",
        promised="stale after 10 s; ev at its safe current, the battery in its own mode",
        play=_silence,
    ),
    Fault(
        source="promise 3",
        injected="kill -9 of dm",
        promised="ev and bs safe by themselves; all rejoin",
        play=_dm_dies,
    ),
    Fault(
        source="promise 3",
        injected="kill -9 of bs",
        promised="dm continues; a new bs takes over",
        play=_neighbour_dies,
    ),
    Fault(
        source="promise 5",
        injected="six hours of telegrams",
        promised="under 10 MB and some 30 lines a day",
        play=_written,
    ),
    Fault(
        source="promise 7",
        injected="no market price is available",
        promised="counting continues, costs wait",
        play=_no_prices,
    ),
    Fault(
        source="promise 8",
        injected="rates.json changes",
        promised="only from the next quarter",
        play=_new_rates,
    ),
    Fault(
        source="promise 10",
        injected="29 February, New Year, clock changes",
        promised="every quarter once",
        play=_days,
    ),
    Fault(
        source="promise 11",
        injected="a foreign web page, another machine",
        promised="refused, logged",
        play=_stranger,
    ),
    Fault(
        source="promise 12",
        injected="a wrong value in config.py",
        promised="key, value, range; code 2; nothing begun",
        play=partial(_wrong, "dm.py", "config.py", "glyphs = 'ascii'", "glyphs = 'ascii'"),
        quick=True,
    ),
    Fault(
        source="promise 12",
        injected="a wrong price in rates.json",
        promised="key, value, range; code 2; nothing begun",
        play=partial(_wrong, "dm.py", "rates.json", RATES % "32.1", "32.1"),
    ),
    Fault(
        source="field 22",
        injected="our own clock jumps by years and back",
        promised="no Wh is lost",
        play=_clock_jumps,
    ),
)
