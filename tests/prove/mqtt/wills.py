"""States in Home Assistant after the program is killed or frozen, or something restarts."""

import asyncio
import itertools
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from tests.prove.mqtt.assistant import Assistant
from tests.prove.mqtt.house import House
from tests.prove.mqtt.report import Report
from tests.prove.mqtt.shown import LIVE, MAY_BE_UNKNOWN, QUIET, REGISTERS

KILLED_S, FROZEN_S, BACK_S = 2.0, 25.0, 60.0
KILLS, STATISTICS_S, ROUNDED = 20, 720.0, 1e-3
"""Home Assistant makes its statistics each five minutes."""


async def wills(report: Report, lived: House, assistant: Assistant) -> None:
    """After SIGKILL or SIGSTOP the entities are unavailable in time; later they return."""
    await lived.stop("mqtt", signal.SIGKILL)
    took_s = await assistant.until(lambda states: states[LIVE] == "unavailable")
    report.check(took_s <= KILLED_S, f"killed: unavailable after {took_s:.1f} s")
    await lived.start("mqtt")
    took_s = await assistant.until(lambda states: states[LIVE] not in QUIET)
    report.check(took_s <= BACK_S, f"started again: back after {took_s:.1f} s")
    process = lived.running["mqtt"].process
    process.send_signal(signal.SIGSTOP)
    took_s = await assistant.until(lambda states: states[LIVE] == "unavailable")
    report.check(took_s <= FROZEN_S, f"frozen: unavailable after {took_s:.1f} s")
    process.send_signal(signal.SIGCONT)
    took_s = await assistant.until(lambda states: states[LIVE] not in QUIET, 2 * BACK_S)
    report.check(took_s <= BACK_S, f"thawed: back after {took_s:.1f} s")


async def restarts(report: Report, lived: House, assistant: Assistant) -> None:
    """The broker, which stores nothing, Home Assistant and dm are started in every order."""

    async def dm() -> None:
        await lived.stop("dm")
        await lived.start("dm")

    async def broker() -> None:
        await lived.broker.stop()
        await lived.broker.start()

    async def home_assistant() -> None:
        await assistant.stop()
        await assistant.start()

    again: Mapping[str, Callable[[], Awaitable[None]]] = {
        "broker": broker,
        "Home Assistant": home_assistant,
        "dm": dm,
    }
    before = {
        name
        for name, state in (await assistant.states()).items()
        if state not in QUIET and not any(part in name for part in MAY_BE_UNKNOWN)
    }
    everything = set(await assistant.states())
    for order in itertools.permutations(again):
        for name in order:
            await again[name]()
        try:
            took_s = await assistant.until(lambda states: not _missing(before, states), 2 * BACK_S)
        except AssertionError:
            late = sorted(_missing(before, await assistant.states()))
            report.check(False, f"restart of {', '.join(order)}: not back are {late}")
            continue
        await asyncio.sleep(2.0)
        ghosts = set(await assistant.states()) ^ everything
        report.check(
            took_s <= BACK_S and not ghosts,
            f"restart of {', '.join(order)}: all back {took_s:.0f} s later, "
            f"{len(ghosts)} ghosts {sorted(ghosts)[:3] or ''}".rstrip(),
        )


async def statistics(report: Report, lived: House, assistant: Assistant) -> None:
    """The program is killed at random moments: Home Assistant counts each kWh and m³ once.

    A register that fell, were it once, would count as a whole meter.
    """
    chance, began = Random(17), datetime.now(UTC)
    for _ in range(KILLS):
        await lived.stop("mqtt", signal.SIGKILL)
        await lived.start("mqtt")
        await asyncio.sleep(chance.uniform(0.0, 2.0))
    rows: dict[str, list[dict[str, float]]] = {}
    async with asyncio.timeout(STATISTICS_S):
        while len(rows) < len(REGISTERS) or min(map(len, rows.values())) < 2:
            await asyncio.sleep(5.0)
            rows = await assistant.ask(
                "recorder/statistics_during_period",
                start_time=(began - timedelta(minutes=5)).isoformat(),
                statistic_ids=[f"sensor.dm_{key}" for key in REGISTERS],
                period="5minute",
                types=["state", "sum"],
            )
    grown = {name: each[-1]["state"] - each[0]["state"] for name, each in rows.items()}
    counted = {name: each[-1]["sum"] - each[0]["sum"] for name, each in rows.items()}
    wrong = [name for name in rows if abs(counted[name] - grown[name]) > ROUNDED]
    report.check(
        not wrong,
        f"{KILLS} kills: the statistics of {len(rows)} registers grew as the registers did, "
        f"by at most {max(grown.values()):.3f} {wrong or ''}".rstrip(),
    )


def _missing(wanted: set[str], states: Mapping[str, str]) -> set[str]:
    """Entities that had a value before and have none now."""
    return {name for name in wanted if states.get(name, "unknown") in QUIET}
