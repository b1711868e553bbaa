"""Home Assistant shows the house: every entity, the energy dashboard, commands, pictures."""

import asyncio
import csv
import importlib
import io
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from base.time import DAY
from bench.process import ROOT
from tests.apps.dm.running import Dm
from tests.prove.mqtt.assistant import Assistant
from tests.prove.mqtt.house import House, house
from tests.prove.mqtt.report import Report

WAIT_S, RECORDED_S = 90.0, 120.0
QUIET = {"unknown", "unavailable"}
LIVE = "sensor.dm_offtake_kw"
DOCUMENT = ROOT / "docs" / "home-assistant.md"
MAY_BE_UNKNOWN = (
    "event",
    "leaves",
    "ready_at",
    "lacks_kwh",
    "charger",
    "stay_",
    "choice",
    "expected",
)
GRID: Mapping[str, Any] = {
    "type": "grid",
    "flow_from": [
        {"stat_energy_from": f"sensor.dm_offtake_{tariff}_kwh", "stat_cost": None,
         "entity_energy_price": "sensor.dm_price_offtake", "number_energy_price": None}
        for tariff in ("day", "night")
    ],
    "flow_to": [
        {"stat_energy_to": f"sensor.dm_injection_{tariff}_kwh", "stat_compensation": None,
         "entity_energy_price": "sensor.dm_price_injection", "number_energy_price": None}
        for tariff in ("day", "night")
    ],
    "cost_adjustment_day": 0.0,
}  # fmt: skip
OTHERS = [
    {"type": kind, "stat_energy_from": f"sensor.dm_{kind}_m3", "stat_cost": None,
     "entity_energy_price": None, "number_energy_price": price}
    for kind, price in (("gas", 0.8), ("water", 5.0))
]  # fmt: skip
REGISTERS = [
    *(f"{flow}_{tariff}_kwh" for flow in ("offtake", "injection") for tariff in ("day", "night")),
    "gas_m3",
    "water_m3",
]


@asynccontextmanager
async def shown(folder: Path, **more: Any) -> AsyncIterator[tuple[House, Assistant]]:
    """Run a house and Home Assistant on one broker inside the context, with the device
    discovered.
    """
    async with house(folder, **more) as lived:
        assistant = Assistant(folder / "assistant", lived.broker.port)
        try:
            await asyncio.gather(assistant.start(), lived.start())
            await assistant.until(lambda states: "select.dm_battery_mode" in states, WAIT_S)
            yield lived, assistant
        finally:
            await assistant.close()


async def announced(lived: House) -> dict[str, Any]:
    """The components of the discovery message."""
    async with lived.broker.ear("homeassistant/device/+/config") as ear:
        await ear.until(lambda ear: ear.heard)
        return dict(json.loads(ear.heard[-1][1])["cmps"])


async def entities(report: Report, lived: House, assistant: Assistant) -> None:
    """Each component is an entity with a state."""
    wanted = {f"{each['p']}.dm_{key}" for key, each in (await announced(lived)).items()}
    known = [name for name in wanted if not any(part in name for part in MAY_BE_UNKNOWN)]
    await assistant.until(
        lambda states: all(states.get(name, "unknown") not in QUIET for name in known), WAIT_S
    )
    states = await assistant.states()
    made = {f"sensor.dm_{key}_{what}" for key in REGISTERS for what in ("cost", "compensation")}
    strange = states.keys() - wanted - made
    report.check(wanted <= states.keys(), f"all {len(wanted)} components are entities")
    report.check(not strange, f"no entity that was not announced {sorted(strange) or ''}".rstrip())
    quiet = sorted(name for name in wanted if states[name] in QUIET)
    report.figure(f"without a value yet: {', '.join(quiet) or 'none'}")
    told = [line for line in assistant.log.splitlines() if "mqtt" in line.lower() and "dm_" in line]
    report.check(not told, f"Home Assistant's log has no complaint {told[:3] or ''}".rstrip())


async def energy(report: Report, lived: House, assistant: Assistant) -> None:
    """The dashboard accepts the registers, and its own validator finds nothing."""
    await _with_past(lived, assistant)
    sources = [GRID, *OTHERS]
    await assistant.ask("energy/save_prefs", energy_sources=sources, device_consumption=[])
    nothing: dict[str, list[object]] = {
        "energy_sources": [[] for _ in sources],
        "device_consumption": [],
    }
    found: Any = None
    for _ in range(400):  # Home Assistant computes statistics every five minutes
        found = await assistant.ask("energy/validate")
        if found == nothing:
            break
        await asyncio.sleep(1.0)
    report.check(found == nothing, f"the energy dashboard's validator is empty: {found}")


async def _with_past(lived: House, assistant: Assistant) -> None:
    """Its statistics have the hours of the last two days up to now, as in /history.csv."""
    today = datetime.now(UTC).date()
    query = f"from={today - 2 * DAY}&to={today + DAY}"
    meter = Dm(lived.running["dm"].process, lived.ports["dm"], [])
    _, text = await meter.get(f"/history.csv?{query}")
    rows = list(csv.DictReader(io.StringIO(text)))
    hour_now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for key in REGISTERS:
        hours: dict[datetime, float] = {}
        for row in rows:
            at = datetime.fromisoformat(row["start"]).astimezone(UTC).replace(minute=0)
            if at < hour_now:
                hours[at] = hours.get(at, 0.0) + float(row[key] or 0.0)
        total = -sum(hours.values())  # so that counting starts at 0
        stats = []
        for at, amount in sorted(hours.items()):
            total += amount
            stats.append({"start": at.isoformat(), "state": total, "sum": total})
        await assistant.ask(
            "recorder/import_statistics",
            metadata={
                "has_mean": False,
                "has_sum": True,
                "name": None,
                "source": "recorder",
                "statistic_id": f"sensor.dm_{key}",
                "unit_of_measurement": "m³" if key.endswith("m3") else "kWh",
            },
            stats=stats,
        )


async def commands(report: Report, lived: House, assistant: Assistant) -> None:
    """A select and a number of a dashboard reach the car, and show the active value."""
    await assistant.until(lambda states: "select.dm_car_q4_mode" in states, WAIT_S)
    for option in ("boost", "pause", "auto"):
        await assistant.call("select.dm_car_q4_mode", "select_option", option=option)
        took_s = await assistant.until(partial(_is, "select.dm_car_q4_mode", option), 10.0)
        report.check(took_s < 5.0, f"mode {option} is shown {took_s:.2f} s after it was set")
    await assistant.call("number.dm_car_q4_target", "set_value", value=90)
    await assistant.until(lambda states: states["number.dm_car_q4_target"] in ("90", "90.0"), 10.0)
    report.check(True, "a target is taken")
    await assistant.call("select.dm_car_q4_mode", "select_option", option="auto")


def _is(entity: str, state: str, states: Mapping[str, str]) -> bool:
    return states[entity] == state


async def recorded(report: Report, lived: House, assistant: Assistant) -> None:
    """Recorder rows caused by us: all, and without those excluded in docs/."""
    every = await _rows(assistant)
    report.figure(_rate(every))
    advice = re.findall(r"```yaml\n(recorder:\n.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    assistant.configure("recorder: {commit_interval: 1}\n", f"{advice[0]}  commit_interval: 1\n")
    await assistant.stop()
    await assistant.start()
    await assistant.until(lambda states: states.get(LIVE, "unknown") not in QUIET, WAIT_S)
    fewer = await _rows(assistant)
    left_out = set(re.findall(r"sensor\.dm_\w+", advice[0]))
    told = [name for name in fewer if name.startswith((*left_out,))]
    report.check(not told, f"with the exclude of docs/: {_rate(fewer)} {told or ''}".rstrip())


async def _rows(assistant: Assistant) -> Counter[str]:
    """Rows of each of our entities in RECORDED_S."""

    def count() -> Counter[str]:
        with closing(sqlite3.connect(f"file:{assistant.database}?mode=ro", uri=True)) as db:
            query = (
                "SELECT m.entity_id, COUNT(*) FROM states s JOIN states_meta m USING (metadata_id)"
                " WHERE m.entity_id LIKE '%.dm_%' GROUP BY m.entity_id"
            )
            return Counter(dict(db.execute(query).fetchall()))

    before = await asyncio.to_thread(count)
    await asyncio.sleep(RECORDED_S)
    return await asyncio.to_thread(count) - before


def _rate(rows: Counter[str]) -> str:
    rate = rows.total() / RECORDED_S
    return f"{rate:.2f} rows a second, {rate * 86400:,.0f} a day, of {len(rows)} entities"


async def pictures(assistant: Assistant, where: Path) -> None:
    """The device's page and the energy dashboard, as a browser shows them."""
    playwright = importlib.import_module("playwright.async_api")
    devices = await assistant.ask("config/device_registry/list")
    (ours,) = [each["id"] for each in devices if each["name"] == "Digital meter"]
    tokens = {
        **assistant.tokens,
        "hassUrl": assistant.url,
        "clientId": f"{assistant.url}/",
        "expires": int(1000 * time.time()) + 1_800_000,
    }
    await asyncio.to_thread(partial(where.mkdir, parents=True, exist_ok=True))
    async with playwright.async_playwright() as player:
        browser = await player.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = await browser.new_context(viewport={"width": 1280, "height": 1000})
        await context.add_init_script(
            f"localStorage.setItem('hassTokens', JSON.stringify({json.dumps(tokens)}))"
        )
        page = await context.new_page()
        for name, path in (("device", f"config/devices/device/{ours}"), ("energy", "energy")):
            await page.goto(f"{assistant.url}/{path}")
            await page.wait_for_timeout(20_000)
            await page.screenshot(path=where / f"ha-{name}.png")
        await browser.close()
