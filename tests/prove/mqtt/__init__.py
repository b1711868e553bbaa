"""Tests the MQTT program with independent parties, each part selectable by its name.

It installs what it needs: Home Assistant and pandas into .prove, playwright into .venv for the
pictures, and Debian's prometheus, victoria-metrics and LibreOffice where this user may.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.prove.mqtt import evcc_rule, figures, fleet, shown, tables, wills
from tests.prove.mqtt.assistant import Assistant
from tests.prove.mqtt.house import House
from tests.prove.mqtt.report import Report

HELP = "MQTT beside Home Assistant, Prometheus, pandas and others; try --help"
IN_ASSISTANT: Mapping[str, tuple[str, Callable[[Report, House, Assistant], Awaitable[None]]]] = {
    "entities": ("every component is an entity with a state", shown.entities),
    "commands": ("a dashboard's select and number reach the car", shown.commands),
    "recorder": ("rows that the recorder writes because of us", shown.recorded),
    "energy": ("the energy dashboard's validator is empty", shown.energy),
    "wills": ("killed and frozen programs become unavailable in time", wills.wills),
    "restarts": ("broker, Home Assistant and dm in every order", wills.restarts),
    "statistics": ("kills: Home Assistant counts each kWh once", wills.statistics),
}
"""Parts that share one house and one Home Assistant."""
ALONE: Mapping[str, tuple[str, Callable[[Report], Awaitable[None]]]] = {
    "way": ("a command in Home Assistant to the charger's request, p99", figures.way),
    "size": ("CPU and memory, alone and of all four programs", figures.size),
    "frozen": ("dm's set-points beside a broker that hangs", figures.frozen),
    "beside": ("ev2 beside ev: entities and commands of each", figures.beside),
    "registers": ("200 kills: no register falls", figures.registers),
    "metrics": ("promtool and VictoriaMetrics on /metrics", tables.metrics),
    "tables": ("pandas and LibreOffice on /history.csv", tables.tables),
    "evcc": ("evcc's rule on the real minutes of a house", evcc_rule.evcc),
    "fleet": ("a day of 1,000 homes with a killed broker", fleet.fleet_day),
}
PICTURES = "pictures"


async def prove(parts: Sequence[str], pictures: Path) -> int:
    """The number of failed sentences."""
    wrong = 0
    together = [name for name in IN_ASSISTANT if name in parts]
    if together or PICTURES in parts:
        with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as folder:
            async with shown.shown(Path(folder) / "x", past=True) as (lived, assistant):
                for name in together:
                    wrong += await _part(name, IN_ASSISTANT[name][1], lived, assistant)
                if PICTURES in parts:
                    await shown.pictures(assistant, pictures)
    for name, (_, part) in ALONE.items():
        if name in parts:
            wrong += await _part(name, part)
    return wrong


async def _part(name: str, part: Callable[..., Awaitable[None]], *given: object) -> int:
    """Run one part; an exception is a finding, and the next part follows."""
    report = Report(name)
    try:
        await part(report, *given)
    except (AssertionError, OSError, TimeoutError, subprocess.SubprocessError) as error:
        report.check(False, f"it continues to its end: {type(error).__name__} {error}")
    return len(report.wrong)


def main(argv: Sequence[str]) -> int:
    """The exit code of `./do_py.sh prove mqtt`."""
    every = {**IN_ASSISTANT, **ALONE}
    parser = argparse.ArgumentParser(
        prog="./do_py.sh prove mqtt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:<12}{line}" for name, (line, _) in every.items()),
    )
    parser.add_argument("part", nargs="*", help=f"only these, or {PICTURES}; else all but pictures")
    where = Path(tempfile.gettempdir()) / "dm-mqtt"
    parser.add_argument("--pictures", type=Path, default=where, help=f"a folder, else {where}")
    options = parser.parse_args(argv)
    if unknown := set(options.part) - every.keys() - {PICTURES}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    wrong = asyncio.run(prove(options.part or [*every], options.pictures))
    print(f"mqtt: {wrong} found", file=sys.stderr)
    return 1 if wrong else 0
