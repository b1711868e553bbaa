"""Time of whatif.py, from the command to its page: an export of a year, prices, contracts.

A made export of mijn.fluvius.be with 35,040 quarters of offtake and injection, and a market price
for each of them in a file of their own; each run is a new process, starting Python included.
"""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from base.time import BRUSSELS, QUARTER
from bench.bill import FIRST, QUARTERS
from bench.result import Result
from rates.calendar import Hours

ROOT = Path(__file__).parents[1]
HEADER = (
    "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;"
    "Volume;Eenheid;Validatiestatus;Omschrijving"
)
BACK = timedelta(days=364)  # a year that is over


def export() -> str:
    """A year as mijn.fluvius.be exports it."""
    rows = [HEADER]
    for count in range(QUARTERS):
        quarter = FIRST - BACK + count * QUARTER
        local, until = quarter.astimezone(BRUSSELS), (quarter + QUARTER).astimezone(BRUSSELS)
        hours = "Dag" if Hours().tariff_at(quarter) == "day" else "Nacht"
        stamps = f"{local:%d-%m-%Y;%H:%M:%S};{until:%d-%m-%Y;%H:%M:%S}"
        head = f'{stamps};="541448800000000000";1SAG0000000000;Digitale meter'
        rows.append(f"{head};Afname {hours};0,{count % 997:03};kWh;Gevalideerd;")
        rows.append(f"{head};Injectie {hours};0,{count % 613:03};kWh;Gevalideerd;")
    return "\r\n".join(rows)


def market() -> str:
    """A price for each quarter of that year."""
    rows = ["start_utc,price_eur_per_mwh"]
    for count in range(QUARTERS):
        quarter = FIRST - BACK + count * QUARTER
        rows.append(f"{quarter:%Y-%m-%dT%H:%M:%SZ},{count % 20_011 / 100 - 20:.2f}")
    return "\n".join(rows)


def run() -> list[Result]:
    """Seconds for one contract and for ten, the page included."""
    with TemporaryDirectory() as folder:
        past, prices = Path(folder, "export.csv"), Path(folder, "prices.csv")
        past.write_text(export(), encoding="utf-8-sig")
        prices.write_text(market(), encoding="utf-8")
        words = [str(past), "--as-of", "2026-09-01", "--prices", str(prices), "--contract"]
        one = _seconds(*words, "engie_dynamic")
        ten = _seconds(*words, str(ROOT / "rates.json"), "all")
    return [
        Result(name="whatif.py, an export of a year, one contract", value=one, unit="s"),
        Result(
            name="whatif.py, an export of a year, ten contracts",
            value=ten,
            unit="s",
            target="at most 3",
        ),
    ]


def _seconds(*words: str) -> float:
    begun = perf_counter()
    command = [sys.executable, "whatif.py", *words]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begun
