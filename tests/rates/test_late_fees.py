"""Fees of a month that closed before its tables were known are settled by a separate booking."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rates.amounts import Booking, Register
from rates.bill import bill, cents
from rates.calendar import day_start
from rates.contract import Contract, Priced
from rates.late_fees import Billed, FeeSettlement, settle_fees
from rates.running_bill import closed_month, month_bill
from rates.settlement import sentences
from rates.tariffs import Tables
from rates.usage import Days, add
from store.quarters import Quarters
from tests.rates.contract.factories import ENGIE, FIXED, GAS, made

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
NOW = datetime(2027, 2, 10, 11, tzinfo=UTC)
PEAKS = {date(2026, 12, 1): Decimal(3), JANUARY: Decimal(5)}
KWH = {"little": Decimal("1.2"), "much": Decimal(20)}


def known(contract: Contract, *kinds: str, **changes: object) -> Contract:
    """The contract with tables of 2027: those of 2026 with these changes."""
    entries = [
        entry.model_copy(update={"year": 2027, **(changes if entry.kind == "grid" else {})})
        for entry in contract.tables.entries
        if entry.kind in ("grid", "gas") and getattr(entry, "area", "") == "Antwerpen"
        if entry.year == 2026 and entry.kind in (kinds or ("grid",))
    ]
    tables = Tables((*entries, *contract.tables.entries))
    return replace(contract, tables=tables, _months={})


def days_of(contract: Contract, kwh: Decimal = KWH["much"]) -> Days:
    """This number of kWh per day in January 2027."""
    bookings = [
        Booking.at(Priced(contract), Register.OFFTAKE_DAY, kwh, day_start(JANUARY.replace(day=day)))
        for day in range(1, 32)
    ]
    return add({}, bookings)


def change(found: list[FeeSettlement]) -> dict[str, Decimal]:
    """The change of each line in EUR; unchanged lines are left out."""
    return {each.was.line: each.now - each.was.eur for each in found if each.now != each.was.eur}


def settled(was: Contract, now: Contract, days: Days) -> list[FeeSettlement]:
    opens = closed_month(was, days, PEAKS, JANUARY).open
    return list(settle_fees(opens, closed_month(now, days, PEAKS, JANUARY), NOW))


FEE = {**FIXED, "fixed_fee": "60 EUR/year incl VAT"}
GRID_2027 = {"capacity_eur_kw_year": Decimal("60.00"), "data_management_eur_year": Decimal(20)}


def test_capacity_and_fees_become_what_they_would_have_been() -> None:
    """The total is as with the table on 1 January; the supplier's fee is unchanged."""
    was = made(FEE)
    now = known(was, **GRID_2027)
    days = days_of(was)
    found = settled(was, now, days)
    right = bill((), now, {}, PEAKS, start=JANUARY, end=FEBRUARY)
    assert change(found).keys() == {"capacity", "data management"}
    for each in found:
        line = right.line(each.was.line)
        assert line is not None
        assert (each.now, each.was.amount) == (line.incl, line.quantity)


def test_nothing_is_settled_before_its_table_is_known() -> None:
    """Nothing is kept open for a month whose tables were known."""
    was = made(FEE)
    assert settled(was, was, days_of(was)) == []
    now = known(was)
    billed = closed_month(now, days_of(now), PEAKS, JANUARY)
    assert billed.lines
    assert billed.open == ()
    assert closed_month(None, {}, {}, JANUARY) == Billed(lines=(), provisional=frozenset())


@pytest.mark.parametrize(
    ("bound", "signs"),
    [
        (Decimal("0.9"), {"maximum tariff": 1}),  # no longer applies
        (Decimal("0.36"), {"maximum tariff": 1}),  # reduces the bill less
        (Decimal("0.31"), {"maximum tariff": -1}),
    ],
)
def test_the_maximum_tariff_is_settled_too(bound: Decimal, signs: dict[str, int]) -> None:
    """The home is settled per month and has little offtake."""
    was = made(ENGIE)
    found = settled(was, known(was, max_eur_kwh=bound), days_of(was, KWH["little"]))
    assert {line: int(eur / abs(eur)) for line, eur in change(found).items()} == signs


def test_a_line_that_was_not_there_was_nothing() -> None:
    """The maximum tariff applies with the right table, but not with last year's."""
    was = made(ENGIE)
    found = settled(was, known(was, max_eur_kwh=Decimal("0.06")), days_of(was))
    (line,) = (each for each in found if each.was.line == "maximum tariff")
    assert line.was.eur == 0
    assert line.now < 0


def test_gas_and_electricity_wait_each_for_their_own_table() -> None:
    """The gas table is known, the electricity table is not."""
    was = made(FEE, GAS, gas_kwh_year=17000, gas_kwh_per_m3=10)
    found = settled(was, known(was, "gas"), days_of(was))
    assert {each.was.energy for each in found} == {"gas"}


def test_settlements_are_on_the_bill_and_stored(tmp_path: Path) -> None:
    """The bill has date, line, old and new amount, once; the books keep it across a restart."""
    was = made(FEE)
    now, days = known(was, **GRID_2027), days_of(was)
    books = Quarters(tmp_path / "quarters.db")
    assert books.close_fees(closed_month(was, days, PEAKS, JANUARY).open, ())
    books.close()
    books = Quarters(tmp_path / "quarters.db")
    opens = books.open_fees()
    assert {fee.line for fee in opens} == {"fixed fee", "capacity", "data management"}
    billed = closed_month(now, days, PEAKS, JANUARY)
    assert books.close_fees((), settle_fees(opens, billed, NOW))
    assert books.open_fees() == ()
    assert books.close_fees(opens, ())  # a settled month is not reopened
    assert books.open_fees() == ()
    told = {each.line: each for each in books.settled(day_start(FEBRUARY))}
    books.close()
    assert told.keys() == {"capacity", "data management"}
    capacity = told["capacity"]
    assert (capacity.at, capacity.first, capacity.last) == (NOW, JANUARY, date(2027, 1, 31))
    assert cents(capacity.was_eur) == cents(Decimal("52.3679") * 4 / 12)
    assert cents(capacity.eur) == Decimal("21.20")
    assert next(sentences([capacity])) == (
        "Settled: electricity capacity from 1 Jan to 31 Jan 2027: 17.46 EUR became 21.20 EUR."
    )
    drawn = month_bill(days, [], Priced(now), now, PEAKS, NOW, tuple(told.values()))
    eur = {line.name: line.eur for line in drawn.lines}
    assert eur["settled capacity Jan"] == pytest.approx(3.74)
