"""The tables and numbers as read by other programs: pandas, LibreOffice, Prometheus,
VictoriaMetrics.
"""

import asyncio
import csv
import io
import json
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from base.time import DAY
from bench.environment import environment
from bench.process import ROOT, free_port
from tests.apps.dm.running import Dm
from tests.prove.mqtt.house import House, house, installed
from tests.prove.mqtt.report import Report

PANDAS = "pandas==2.3.3"
PLACE = ROOT / ".prove" / "pandas"
READ = """
import sys, json, pandas
table = pandas.read_csv(sys.argv[1], parse_dates=[0])
numbers = table.select_dtypes("number")
at = pandas.to_datetime(table.iloc[:, 0], utc=True)
print(json.dumps({
    "rows": len(table), "columns": list(table.columns), "sums": numbers.sum().to_dict(),
    "rising": bool(at.is_monotonic_increasing), "steps": sorted({int(s) for s in at.diff().dt.total_seconds().dropna()}),
    "types": {name: str(kind) for name, kind in table.dtypes.items()},
}))
"""  # noqa: E501
OTHERS_S = 300.0
TEXTS = {"start", "from", "to", "charger", "car"}


async def tables(report: Report) -> None:
    """/history.csv and /sessions.csv are read without any options."""
    python = str(await asyncio.to_thread(environment, PLACE, PANDAS))
    office = await asyncio.to_thread(installed, "soffice", "libreoffice-calc-nogui")
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
        async with house(Path(name) / "x", past=True) as lived:
            await lived.start("dm", "ev")
            folder = Path(name)
            today = datetime.now(UTC).date()
            span = f"from={today - 7 * DAY}&to={today + DAY}"
            history = folder / "history.csv"
            history.write_text(await _page(lived, "dm", f"/history.csv?{span}"), encoding="utf-8")
            sessions = folder / "sessions.csv"
            sessions.write_text(await _page(lived, "ev", "/sessions.csv"), encoding="utf-8")
        await asyncio.to_thread(_pandas, report, python, history, sessions)
        await asyncio.to_thread(_calc, report, office, history)


async def _page(lived: House, program: str, path: str) -> str:
    status, text = await Dm(lived.running[program].process, lived.ports[program], []).get(path)
    assert status == 200, f"{path}: {status} {text}"
    return text


def _pandas(report: Report, python: str, history: Path, sessions: Path) -> None:
    found = {}
    for file in (history, sessions):
        told = subprocess.run(
            [python, "-c", READ, str(file)],
            check=True,
            capture_output=True,
            text=True,
            timeout=OTHERS_S,
        )
        found[file.stem] = json.loads(told.stdout)
    table = found["history"]
    texts = {name for name, kind in table["types"].items() if kind == "object"} - TEXTS
    report.check(table["rows"] > 96 and not texts, f"pandas: {table['rows']} quarters, all numbers")
    report.check(table["rising"] and table["steps"] == [900], "pandas: each 900 s, in order")
    mine = _sum(history, "offtake_day_kwh")
    theirs = table["sums"]["offtake_day_kwh"]
    report.check(abs(mine - theirs) < 1e-6, f"pandas: the same sum, {theirs:.3f} kWh of day tariff")
    report.check(found["sessions"]["columns"][:2] == ["from", "to"], "pandas reads the sessions")


def _calc(report: Report, office: str, history: Path) -> None:
    """LibreOffice opens the table, saves it as a workbook, and converts it back."""
    home = f"-env:UserInstallation=file://{history.parent}/office"
    for form in ("xlsx", "csv"):
        source = history if form == "xlsx" else history.with_suffix(".xlsx")
        into = history.parent / form
        words = [office, home, "--headless", "--convert-to", form, "--outdir", str(into)]
        subprocess.run([*words, str(source)], check=True, capture_output=True, timeout=OTHERS_S)
        if form == "xlsx":
            (into / "history.xlsx").rename(history.with_suffix(".xlsx"))
    back = history.parent / "csv" / "history.csv"
    mine, theirs = _sum(history, "offtake_day_kwh"), _sum(back, "offtake_day_kwh")
    report.check(abs(mine - theirs) < 1e-6, f"LibreOffice: the same sum, {theirs:.3f} kWh")


def _sum(file: Path, column: str) -> float:
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    return sum(float(row[column] or 0.0) for row in rows)


async def metrics(report: Report) -> None:
    """promtool accepts /metrics; VictoriaMetrics scrapes it and has the house."""
    promtool = installed("promtool", "prometheus")
    engine = installed("victoria-metrics", "victoria-metrics")
    with tempfile.TemporaryDirectory(prefix="dm-mqtt-") as name:
        folder = Path(name)
        async with house(folder / "x") as lived:
            await lived.start("dm", "ev", "bs")
            meter = Dm(lived.running["dm"].process, lived.ports["dm"], [])
            heard = await meter.heard(3)
            for program in ("dm", "ev", "bs"):
                text = await _page(lived, program, "/metrics")
                told = await asyncio.to_thread(_fed, [promtool, "check", "metrics"], text)
                report.check(told == "", f"promtool on {program}'s /metrics: {told or 'nothing'}")
            targets = ", ".join(f"'127.0.0.1:{lived.ports[each]}'" for each in ("dm", "ev", "bs"))
            scrape = folder / "scrape.yml"
            scrape.write_text(
                "global: {scrape_interval: 1s}\nscrape_configs: [{job_name: dm, "
                f"static_configs: [{{targets: [{targets}]}}]}}]\n",
                encoding="utf-8",
            )
            port = free_port()
            process = await asyncio.create_subprocess_exec(
                *(engine, f"-storageDataPath={folder}/data", f"-promscrape.config={scrape}"),
                *(f"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s"),
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                query = 'digital_meter_offtake_kwh_total{tariff="night"}'
                value = await _asked(port, query)
            finally:
                process.kill()
                await process.wait()
            (registers,) = await meter.ask("registers")
            mine = getattr(registers, "offtake_night_kwh", None)
            close = mine is not None and abs(float(value) - mine) < 1.0
            report.check(close, f"VictoriaMetrics knows the night register: {value} kWh")
            assert heard.health.good


def _fed(command: Sequence[str], text: str) -> str:
    done = subprocess.run([*command], input=text, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


async def _asked(port: int, query: str) -> str:
    """The value of a query, once one is stored."""
    url = f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}"

    def once() -> list[dict[str, list[str]]]:
        with urlopen(Request(url), timeout=5) as answer:
            return list(json.load(answer)["data"]["result"])

    async with asyncio.timeout(60.0):
        while True:
            try:
                if found := await asyncio.to_thread(once):
                    return found[0]["value"][1]
            except OSError:
                pass
            await asyncio.sleep(0.5)
