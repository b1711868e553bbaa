"""Every quarter has a price, and fallback prices are settled by separate bookings."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.dm import facts, house
from base.time import QUARTER, local_day
from peak import state as peak
from rates.amounts import Booking, Register
from rates.bill import bill, cents
from rates.calendar import day_start, quarters_of_day
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.ending import ending
from rates.expected import with_stand_in
from rates.in_force import Prices
from rates.running_bill import month_bill
from rates.settlement import settle
from rates.usage import add, day_row
from store import settled
from store.quarters import Quarters
from tests.rates.contract.factories import ENGIE, FIXED, GAS, WATER, at, made

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
KWH = Decimal(447)
QUARTERS = 31 * 6 + 1
EMPOWER: dict[str, Any] = {
    **FIXED,
    "name": "Engie Empower",
    "first_day": "2026-01-01",
    "injection": None,
    "offtake": {"price": "2.1552 + 0.1171 x S cent/kWh ex VAT", "S": {"2026-09": 92.57}},
}


def indexed(**months: float) -> Contract:
    """The variable contract with S of September, and of these months (`m10=120`)."""
    typed = {f"2026-{name[1:]}": value for name, value in months.items()}
    index = {**EMPOWER["offtake"]["S"], **typed}
    return made({**EMPOWER, "offtake": {**EMPOWER["offtake"], "S": index}})


def october() -> Iterator[tuple[datetime, Decimal]]:
    """447 kWh over every sixteenth quarter of October, unevenly, in whole Wh."""
    quarters = [
        quarter
        for number in range(31)
        for quarter in quarters_of_day(OCTOBER + timedelta(days=number))[::16]
    ]
    left, milli = len(quarters), int(KWH * 1000)
    for number, quarter in enumerate(quarters):
        share = milli // left + (number % 7 - 3) * 5 if left > 1 else milli
        yield quarter, Decimal(share).scaleb(-3)
        left, milli = left - 1, milli - share


def booked(books: Quarters, contract: Contract) -> None:
    books.commit(
        [Booking.at(Priced(contract), Register.OFFTAKE_DAY, kwh, q) for q, kwh in october()], {}
    )


def settle_all(books: Quarters, contract: Contract, now: datetime) -> int:
    made_now = list(settle(books.open(), Priced(contract), now))
    books.settle(made_now, {})
    return len(made_now)


def energy_eur(books: Quarters) -> Decimal:
    bookings = books.bookings(day_start(OCTOBER))
    return sum((each.eur.get("energy", Decimal(0)) for each in bookings), Decimal(0))


@pytest.mark.parametrize("days_late", [0, 10, 40, 100])
def test_a_month_is_the_same_whenever_its_index_is_typed(tmp_path: Path, days_late: int) -> None:
    """447 kWh at 2.1552 + 0.1171 x 120 cent and VAT are 76.79 EUR; the change is reported."""
    known = indexed(m10=120)
    books = Quarters(tmp_path / "quarters.db")
    booked(books, indexed() if days_late else known)
    now = day_start(NOVEMBER) + timedelta(days=days_late)
    assert settle_all(books, known, now) == (QUARTERS if days_late else 0)
    assert settle_all(books, known, now) == 0  # never twice
    assert cents(energy_eur(books)) == Decimal("76.79")
    days = add({}, books.bookings(day_start(OCTOBER)))
    assert not any(totals.provisional or totals.missing for totals in days.values())
    told = books.settled(day_start(NOVEMBER))
    assert len(told) == bool(days_late)
    for each in told:
        provisional = KWH * (Decimal("2.1552") + Decimal("0.1171") * Decimal("92.57"))
        assert (each.line, each.first, each.last) == ("energy", OCTOBER, date(2026, 10, 31))
        assert (each.at, each.amount) == (now, KWH)
        assert cents(each.was_eur) == cents(provisional * Decimal("0.0106"))
        assert cents(each.eur) == Decimal("76.79")
    books.close()


def test_a_correction_is_on_the_bill_of_the_month_it_was_made_in(tmp_path: Path) -> None:
    """November's bill has the correction of October, but not October's use."""
    books = Quarters(tmp_path / "quarters.db")
    booked(books, indexed())
    known, now = indexed(m10=120), at(2026, 11, 10)
    settle_all(books, known, now)
    days = add({}, books.bookings(day_start(OCTOBER)))
    told = books.settled(day_start(NOVEMBER))
    drawn = month_bill(days, [], Priced(known), known, {}, now, told)
    (line,) = (line for line in drawn.lines if line.name == "settled energy Oct")
    assert line.eur == pytest.approx(float(told[0].difference_eur), abs=0.005)
    assert line.eur > 0
    assert [each.line for each in drawn.settled] == ["energy"]
    books.close()


def test_a_settlement_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure during it leaves the books unchanged, and the next attempt completes it."""
    books = Quarters(tmp_path / "quarters.db")
    booked(books, indexed())
    known, now, whole = indexed(m10=120), at(2026, 11, 10), settled.settle
    calls = 0

    def fails_half_way(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == QUARTERS // 2:
            raise sqlite3.OperationalError("disk is full")
        return whole(*given)

    monkeypatch.setattr("store.settled.settle", fails_half_way)
    before = energy_eur(books)
    settle_all(books, known, now)
    assert books.waiting
    assert energy_eur(books) == before
    assert len(list(books.open())) == QUARTERS
    books.catch_up()
    assert cents(energy_eur(books)) == Decimal("76.79")
    assert not list(books.open())
    books.close()


def test_a_day_without_costs_is_noted_in_its_totals(tmp_path: Path) -> None:
    """Before the first contract nothing has a price; the day and its month report this."""
    contract = made({**FIXED, "first_day": "2026-10-02"})
    first = [(q, kwh) for q, kwh in october() if local_day(q) <= date(2026, 10, 2)]
    days = add({}, (Booking.at(Priced(contract), Register.OFFTAKE_DAY, kwh, q) for q, kwh in first))
    without, priced = (day_row(day, days[day], None).offtake_day for day in sorted(days))
    assert without is not None
    assert priced is not None
    assert (without.eur, without.missing) == (None, pytest.approx(without.amount))
    assert (priced.missing, priced.provisional) == (0, 0)
    drawn = month_bill(days, [], Priced(contract), contract, {}, at(2026, 10, 2, 20))
    assert drawn.notes == ("1 days have use without a price, the first 1 Oct",)


@pytest.mark.parametrize("now", [at(2026, 12, 31, 17), datetime(2026, 12, 31, 23, 31, tzinfo=UTC)])
@pytest.mark.parametrize("area", ["Antwerpen", "West", "ORES", "Sibelga"])
def test_the_new_year_has_a_price_in_each_quarter(area: str, now: datetime) -> None:
    """192 of 192 quarters around midnight, those of the new year marked; the energy is known."""
    contract = made(FIXED, grid_area=area)
    rules = house.Rules(2.5)
    peaks = peak.begun(2.5, (), None)
    subject = house.begun(rules, Prices(Priced(contract), None, contract), {}, {}, peaks)
    told = facts.outlook(subject, now, None, {})
    assert len(told.buy_eur_kwh) == 192
    assert None not in told.buy_eur_kwh
    new = [told.start + place * QUARTER >= day_start(date(2027, 1, 1)) for place in range(192)]
    assert list(told.provisional) == new
    doubts = contract.doubts(Register.OFFTAKE_DAY, at(2027, 1, 1))
    assert "energy" not in doubts
    assert "excise" not in doubts  # the law includes 2027
    assert "distribution" in doubts


def test_gas_and_water_go_on_too() -> None:
    """The last known tables of gas and water are used, and the bill reports it."""
    contract = made(GAS, WATER, gas_kwh_year=17000, gas_kwh_per_m3=10, residents=2)
    uses = [
        (at(2027, 1, 5), Register.GAS, Decimal(10)),
        (at(2027, 1, 5), Register.WATER, Decimal(1)),
    ]
    drawn = bill(uses, contract, start=date(2027, 1, 1), end=date(2027, 2, 1))
    assert {line.energy for line in drawn.lines} >= {"gas", "water"}
    assert len(drawn.notes) == 2
    assert all("those of 2026 stand in" in note for note in drawn.notes)


def test_a_day_without_market_prices_has_those_of_the_week_before() -> None:
    """During an outage of the price service a quarter is priced and marked, then settled."""
    when = at(2026, 9, 8)
    market: Mapping[datetime, Decimal] = {when - timedelta(days=7): Decimal(80)}
    pricing = Priced(made(ENGIE), with_stand_in(Spots.of(market)))
    week_before = pricing.price(Register.OFFTAKE_DAY, when - timedelta(days=7))
    assert pricing.price(Register.OFFTAKE_DAY, when) == week_before
    assert (
        "that of an earlier week stands in" in pricing.doubts(Register.OFFTAKE_DAY, when)["energy"]
    )
    assert pricing.published.price(Register.OFFTAKE_DAY, when) is None


def test_an_ending_is_reported_a_month_before() -> None:
    """From 1 December the tables of the year are listed with their last day; in November none."""
    contract = made(FIXED, GAS, WATER, gas_kwh_year=17000, gas_kwh_per_m3=10, residents=2)
    assert ending(contract, date(2026, 11, 30)) == ()
    said = ending(contract, date(2026, 12, 1))
    assert [sentence.split(" are ")[0] for sentence in said] == [
        "The gas grid tariffs of Antwerpen",
        "The grid tariffs of Antwerpen",
        "The water rates of Water-link Antwerpen",
    ]
    assert all("until 31 Dec 2026; from 1 Jan 2027" in sentence for sentence in said)
    typed = ending(indexed(), date(2026, 11, 10))
    assert len(typed) == 1
    assert typed[0].startswith("The index S of 2026-10 is not in rates.json (Engie Empower)")
    over = made({**FIXED, "last_day": "2026-11-20"})
    assert "ends on 20 Nov 2026 and no other follows" in ending(over, date(2026, 11, 10))[0]
