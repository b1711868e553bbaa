"""The command `quarters` returns closed and settled quarters in pages, in order of change."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from apps.dm import closed_quarters
from base import messages
from base.time import QUARTER
from peak.clock import Source
from peak.months import Row
from rates.amounts import Booking, Register
from rates.ledger import Key, Stand
from rates.settlement import Settlement
from store.quarters import Quarters
from tests.apps.dm.running import dm
from tests.rates.factories import NOON

DAY = Register.OFFTAKE_DAY
BASE: dict[Key, Stand] = {("1SAG", DAY): Stand(1_000_000, NOON)}
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
LATER = NOON + timedelta(days=40)


def booking(number: int, kwh: str, *, priced: bool = True) -> Booking:
    amount = Decimal(kwh)
    lines = {"energy": amount / 4, "grid": Decimal(0)}
    missing = {} if priced else {"energy": amount}
    eur = {line: money for line, money in lines.items() if line not in missing}
    return Booking(
        quarter=NOON + number * QUARTER, register=DAY, amount=amount, eur=eur, missing=missing
    )


async def asked(
    file: Path, changed: datetime, start: datetime = NEVER
) -> tuple[messages.ClosedQuarter, ...]:
    args = changed.isoformat(), start.isoformat()
    return (await closed_quarters.answer(file, args, LATER)).quarters


async def test_a_quarter_comes_when_it_closed_and_again_when_it_was_settled(
    tmp_path: Path,
) -> None:
    file = tmp_path / "quarters.db"
    books = Quarters(file)
    books.commit([booking(0, "0.5"), booking(1, "0.7", priced=False)], BASE)
    first, second = await asked(file, NOON)
    assert (first.start, first.changed, first.final) == (NOON, NOON + QUARTER, True)
    assert (first.offtake_day_kwh, first.offtake_eur, first.mean_kw) == (0.5, 0.125, 2.0)
    assert (second.offtake_eur, second.final, second.month_peak_kw) == (0.0, False, 2.8)
    at = NOON + timedelta(days=30)
    assert await asked(file, second.changed, second.start) == ()
    (missing,) = books.open()
    books.settle([Settlement(at, missing, {"energy": Decimal("0.21")})], BASE)
    books.close()
    (again,) = await asked(file, second.changed, second.start)
    assert (again.start, again.changed, again.final) == (second.start, at, True)
    assert (again.offtake_eur, again.mean_kw) == (0.21, 2.8)


async def test_the_month_peak_is_the_highest_up_to_the_quarter(tmp_path: Path) -> None:
    """The meter's month peak counts from its own time on; each month starts at 0."""
    books = Quarters(tmp_path / "quarters.db")
    across = (LATER - NOON) // QUARTER - 1
    told = Row(NOON.date().replace(day=1), Decimal("4.5"), NOON + 3 * QUARTER, Source.METER)
    amounts = {0: "0.5", 1: "0.25", 2: "0.5", 3: "0.1", across: "0.2"}
    demand = {NOON: Decimal("2.2")}
    books.commit([booking(n, kwh) for n, kwh in amounts.items()], BASE, demand, [told])
    books.close()
    found = await asked(tmp_path / "quarters.db", NOON)
    assert [each.mean_kw for each in found] == [2.2, 1.0, 2.0, 0.4, 0.8]
    assert [each.month_peak_kw for each in found] == [2.2, 2.2, 4.5, 4.5, 0.8]


async def test_pages_end_to_end_hold_every_quarter_once(tmp_path: Path) -> None:
    """One settlement may change more quarters than a page holds."""
    file, count = tmp_path / "quarters.db", 250
    books = Quarters(file)
    books.commit([booking(n, "0.1", priced=False) for n in range(count)], BASE)
    made = [Settlement(LATER, each, {"energy": Decimal("0.1")}) for each in books.open()]
    books.settle(made, BASE)
    books.close()
    seen, place = [], (NOON, NEVER)
    while page := await asked(file, *place):
        assert len(page) <= closed_quarters.MOST
        seen += [each.start for each in page]
        place = page[-1].changed, page[-1].start
    assert seen == [NOON + n * QUARTER for n in range(count)]


async def test_a_running_meter_answers_and_says_what_is_no_time(tmp_path: Path) -> None:
    async with dm("sim://?speed=60&start=2026-01-15T17:43Z", tmp_path) as meter:
        await meter.heard(150)
        (found,) = await meter.ask("quarters")
        assert isinstance(found, messages.Quarters)
        assert found.quarters[-1].start >= datetime(2026, 1, 15, 17, 30, tzinfo=UTC)
        for wrong in ("yesterday", "2026-01-15T16:15:00", "0001-01-01T00:00Z", "1 2 3"):
            (said,) = await meter.ask(f"quarters {wrong}")
            assert isinstance(said, messages.Error)


@pytest.mark.parametrize("args", [(), ("2026-01-15T16:15:00Z",)])
async def test_books_that_are_not_there_yet_are_none(tmp_path: Path, args: tuple[str]) -> None:
    assert not (await closed_quarters.answer(tmp_path / "no.db", args, NOON)).quarters
