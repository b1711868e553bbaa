"""/metrics and /history.csv over plain HTTP, with the access rules of /health."""

import asyncio
import csv
import io
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from apps.dm import quarters_table
from apps.dm.house import Rules
from apps.dm.meter import Meter
from apps.shared import metrics
from base import messages
from bench.process import PATIENCE_S
from rates.files import load
from rates.in_force import Prices
from rates.seed_form import SeedRates
from sim.stream import telegrams
from store.books import Books
from tests.apps.dm.running import dm

FOUR_LINES = Path(__file__).parents[3] / "rates.json"
SOURCE = "sim://?seed=3&start=2026-01-15T17:10Z"
DAY = "from=2026-01-15&to=2026-01-16"


def booked(folder: Path) -> None:
    """Books with the simulated telegrams of about 20 minutes."""
    rates = load(FOUR_LINES.read_text(encoding="utf-8"))
    assert isinstance(rates, SeedRates)
    with Books(folder) as books:
        meter = Meter(Rules(2.5), Prices(rates, rates.gas_kwh_m3), books, live=False)
        for number, telegram in enumerate(islice(telegrams(SOURCE), 1300)):
            meter.feed(telegram, float(number))


async def test_the_quarters_are_rows_with_amounts_and_money(tmp_path: Path) -> None:
    booked(tmp_path)
    page = await quarters_table.page(tmp_path / "history" / "quarters.db", DAY)
    rows = list(csv.DictReader(io.StringIO(page.text)))
    assert page.status == 200
    assert tuple(rows[0]) == quarters_table.HEAD
    whole = next(row for row in rows if row["start"] == "2026-01-15T18:15:00+01:00")
    used = Decimal(whole["offtake_day_kwh"]) + Decimal(whole["offtake_night_kwh"] or 0)
    assert used > 0
    assert Decimal(whole["offtake_eur"]) == (Decimal("0.4") * used).quantize(Decimal("0.0001"))
    assert abs(Decimal(whole["offtake_kw"]) - 4 * used) < Decimal("0.02")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("from=yesterday", "'yesterday' is not a date such as 2026-01-31"),
        ("from=2026-02-30", "is not a date"),
        ("from=2026-01-02&to=2026-01-02", "is not before"),
        ("from=2025-01-01&to=2026-01-01", "more than 31 days"),
        ("to=0001-01-01", "is not from 2000 to 2099"),
        ("from=%1b[2J", "is not a date"),
        ("form=2026-01-01", "'form' is not a known argument; allowed: from, to"),
        ("&".join(["from=1"] * 50), "fields"),
    ],
)
async def test_a_wrong_date_is_explained(tmp_path: Path, query: str, why: str) -> None:
    page = await quarters_table.page(tmp_path / "quarters.db", query)
    assert page.status == 400
    assert why in page.text
    assert page.text.isprintable() or page.text.count("\n") == 1


async def test_books_that_are_not_there_yet_are_an_empty_table(tmp_path: Path) -> None:
    page = await quarters_table.page(tmp_path / "quarters.db", "")
    assert page.text == ",".join(quarters_table.HEAD) + "\n"


async def test_a_running_meter_answers_both(tmp_path: Path) -> None:
    """The values are those of the house; a request with a foreign host name is refused."""
    async with dm("sim://?seed=7", tmp_path) as meter:
        house = await meter.heard(2)
        status, text = await meter.get("/metrics")
        assert status == 200
        found = {each.name: each for each in text_string_to_metric_families(text)}
        (registers,) = await meter.ask("registers")
        assert isinstance(registers, messages.Registers)
        offtake = found["digital_meter_offtake_kwh"].samples
        told = {sample.labels["tariff"]: sample.value for sample in offtake}
        assert told["night"] == pytest.approx(registers.offtake_night_kwh, abs=0.1)
        assert found["digital_meter_telegrams"].samples[0].value >= house.health.good
        assert found["digital_meter_healthy"].samples[0].labels == {"program": "dm"}
        assert (await meter.get("/history.csv?from=x"))[0] == 400
        assert (await meter.get("/history.csv"))[0] == 200
        for path in ("/metrics", "/history.csv"):
            assert await _foreign(meter.port, path) == 421


async def test_what_is_not_known_is_left_out() -> None:
    page = metrics.served(lambda: [metrics.Metric("a", "A.", None), metrics.Metric("b", "B.", 2.0)])
    assert "digital_meter_a" not in (await page("")).text


async def _foreign(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    writer.close()
    return int(head.split()[1])
