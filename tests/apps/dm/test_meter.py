"""The meter in simulated time: books, prices, days, health and wrong clocks."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from apps.dm.house import Rules
from apps.dm.meter import Meter
from base import messages
from base.limits import STALE_S
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.files import EXAMPLES, load
from rates.in_force import Prices
from rates.seed_form import SeedRates
from rates.tariffs import Tables
from sim.stream import telegrams
from store.books import Books
from sun.forecast import Forecast
from tests.p1.make import house as house_of
from tests.p1.make import reading_of

SEED = """{"Gas": {"+": 1.576, "cnv": ["kWh", 11.510]}, "Water": {"+": 6.1},
 "Electricity": {"+": {"Day": %s, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}"""
RULES = Rules(2.5)


def prices(day_eur: str = "0.4") -> Prices:
    rates = load(SEED % day_eur)
    assert isinstance(rates, SeedRates)
    return Prices(rates, rates.gas_kwh_m3)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books(tmp_path) as opened:
        yield opened


def meter(books: Books, prices_now: Prices | None = None, *, live: bool = False) -> Meter:
    return Meter(RULES, prices_now or prices(), books, live=live)


def run(subject: Meter, url: str, seconds: int, skip: int = 0) -> None:
    """Feed the meter with these seconds of a simulation."""
    for number, telegram in enumerate(islice(telegrams(url), skip, skip + seconds)):
        subject.feed(telegram, float(number))


def today(subject: Meter) -> messages.UsagePeriod:
    usage = subject.message("usage", 0.0)
    assert isinstance(usage, messages.Usage)
    return next(row for row in usage.periods if row.label == "today")


def rows(folder: Path) -> list[tuple[int, str, int, str]]:
    """Each quarter of day offtake: Wh, and EUR per line."""
    db = sqlite3.connect(folder / "history" / "quarters.db")
    try:
        return db.execute(
            "SELECT start, register, milli, eur FROM quarters WHERE register = 'offtake_day'"
            " ORDER BY start"
        ).fetchall()
    finally:
        db.close()


def test_a_price_change_acts_from_the_next_quarter(tmp_path: Path, books: Books) -> None:
    """Booked amounts and the current quarter keep the old price."""
    subject, url = meter(books), "sim://?seed=7&start=2026-01-15T17:29:55"
    run(subject, url, 1000)  # 17:30 is incomplete; 17:45 is the first whole quarter
    subject.reprice(prices("0.8"))
    run(subject, url, 1800, skip=1000)
    booked = [
        Decimal(json.loads(eur)["energy"]) / Decimal(milli).scaleb(-3)
        for _, _, milli, eur in rows(tmp_path)
        if milli
    ]
    assert booked[-3:] == [Decimal("0.4"), Decimal("0.4"), Decimal("0.8")]


def test_the_day_is_closed_at_midnight(tmp_path: Path, books: Books) -> None:
    """The file and log of the day are archived in history/, and the next day starts at 0."""
    subject = meter(books)
    run(subject, "sim://?seed=7&start=2026-02-28T23:40", 1500)
    day = json.loads((tmp_path / "history" / "02-28_data.json").read_text(encoding="utf-8"))
    assert day["date"] == "2026-02-28"
    assert day["usage"]["offtake_night_kwh"] > 0
    assert (tmp_path / "history" / "02-28_log_info.log").exists()
    history = subject.history(7)
    assert [row.start.isoformat() for row in history.days] == ["2026-02-28"]
    assert today(subject).start.isoformat() == "2026-03-01"


def test_silence_is_stale_after_ten_seconds(books: Books) -> None:
    """Health is silent before the first telegram, then fresh, then stale with its age."""
    subject = meter(books)
    assert subject.reception.health(0.0).state == "silent"
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 5)
    assert subject.reception.health(4.0 + STALE_S - 0.1).state == "fresh"
    stale = subject.reception.health(4.0 + STALE_S)
    assert (stale.state, stale.age_s, stale.good) == ("stale", STALE_S, 5)


def test_bytes_that_are_no_telegram_are_explained(books: Books) -> None:
    """Without a valid telegram the health has a diagnosis of the received bytes."""
    subject = meter(books)
    subject.feed(bytes(range(128, 256)) * 20, 0.0)
    subject.tell("/dev/ttyUSB0: no valid telegram for 10 s")
    assert "does not invert" in subject.reception.health(11.0).note


def test_a_clock_that_is_clearly_wrong_does_not_date_what_is_booked(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    """Telegrams of the year 2000 are booked at our time, and that is logged once."""
    subject = meter(books, live=True)
    run(subject, "sim://?seed=7&start=2026-01-15T12:00&faults=2000@0", 3)
    assert subject.house.at is not None
    assert abs(subject.house.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert sum("clock says" in message for message in caplog.messages) == 1


def _at(time: str, offtake_kwh: str) -> bytes:
    """A telegram with this meter time, such as 260115173824W, and this day offtake."""
    return house_of({"0-0:1.0.0": f"({time})", "1-0:1.8.1": f"({offtake_kwh}*kWh)"})


def test_one_far_off_date_closes_nothing_and_spoils_nothing(
    tmp_path: Path, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    """A valid CRC does not prove the date: a single telegram from another month is left out."""
    subject = meter(books)
    for second, (time, kwh) in enumerate(
        (
            ("260115174400W", "001000.000"),
            ("260115174401W", "001000.001"),
            ("260915174501S", "001000.900"),  # eight months ahead
            ("260115174402W", "001000.002"),
            ("000101000000W", "001000.003"),  # the meter's clock restarted
            ("260115180001W", "001000.402"),
        )
    ):
        subject.feed(_at(time, kwh), float(second))
    subject.save()
    quarters = [datetime(2026, 1, 15, 16, minute, tzinfo=UTC) for minute in (30, 45)]
    assert [start for start, *_ in rows(tmp_path)] == [each.timestamp() for each in quarters]
    assert sum(milli for _, _, milli, _ in rows(tmp_path)) == 401
    assert list((tmp_path / "history").glob("*_data.json")) == []
    assert subject.house.today == date(2026, 1, 15)
    assert sum("was ignored" in message for message in caplog.messages) == 2


def test_a_leap_that_lasts_is_believed_from_its_second_telegram(books: Books) -> None:
    """After a gap of a month, a second new telegram is needed; a repeated one does not count."""
    subject = meter(books)
    subject.feed(_at("260115174400W", "001000.000"), 0.0)
    for second in (1.0, 2.0):
        subject.feed(_at("260215174400W", "001100.000"), second)
        assert subject.house.today == date(2026, 1, 15)
    subject.feed(_at("260215174401W", "001100.001"), 3.0)
    assert subject.house.today == date(2026, 2, 15)
    assert today(subject).offtake_day is not None


def test_the_same_telegram_again_changes_nothing(books: Books) -> None:
    """A gateway that repeats a telegram keeps the health fresh, and nothing is counted twice."""
    subject = meter(books)
    telegram = next(iter(telegrams("sim://?seed=7&start=2026-01-15T12:00")))
    subject.feed(telegram, 0.0)
    before = subject.house
    subject.feed(telegram, 5.0)
    assert subject.house is before
    assert subject.reception.health(5.0).age_s == 0.0


def test_a_swapped_meter_makes_no_phantom_energy(books: Books) -> None:
    subject = meter(books)
    run(subject, "sim://?seed=7&start=2026-01-15T12:00&faults=swap@1000", 2400)
    offtake = today(subject).offtake_day
    assert offtake is not None
    assert 0 < offtake.amount < 5


def test_four_lines_make_a_bill(books: Books) -> None:
    subject = meter(books)
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 2 * 3600)
    bill = subject.message("bill", 0.0)
    assert isinstance(bill, messages.Bill)
    assert {(line.energy, line.name) for line in bill.lines} >= {
        ("electricity", "energy"), ("gas", "gas"), ("water", "water")
    }  # fmt: skip
    assert bill.total_eur == pytest.approx(sum(line.eur for line in bill.lines))


def dynamic(market: dict[datetime, Decimal]) -> tuple[Prices, Contract]:
    contract = load((EXAMPLES / "engie_dynamic.json").read_text(encoding="utf-8"))
    assert isinstance(contract, Contract)
    return Prices(Priced(contract, Spots.of(market)), None, contract), contract


def test_the_bill_of_the_month_before_is_whole(books: Books) -> None:
    """The bill appears once the last quarter of the month is booked."""
    subject = meter(books)
    url = "sim://?start=2026-01-31T23:29"
    run(subject, url, 30 * 60)
    assert subject.last_bill() is None
    run(subject, url, 17 * 60, skip=30 * 60)
    closed = subject.last_bill()
    assert closed is not None
    assert closed.start == date(2026, 1, 31)
    (january,) = subject.history(1).days
    assert closed.total_eur == pytest.approx(january.total_eur, abs=0.01)
    assert subject.last_bill() is closed


def test_money_waits_for_a_price_that_comes_late(tmp_path: Path, books: Books) -> None:
    """A quarter booked without a price is priced once, when the price is known."""
    market: dict[datetime, Decimal] = {}
    subject = meter(books, dynamic(market)[0])
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 2000)
    for _, _, _, eur in rows(tmp_path):
        assert "distribution" in json.loads(eur)
        assert "energy" not in json.loads(eur)
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    market |= {start + count * timedelta(minutes=15): Decimal(100) for count in range(96)}
    subject.market_moved()
    priced = [json.loads(eur) for _, _, milli, eur in rows(tmp_path) if milli]
    assert priced
    assert all("energy" in lines and "distribution" in lines for lines in priced)
    before = rows(tmp_path)
    subject.market_moved()
    assert rows(tmp_path) == before


def test_money_that_came_late_is_there_after_a_power_cut(books: Books) -> None:
    """Amounts missing in data.pickle are restored once from the table."""
    market: dict[datetime, Decimal] = {}
    url = "sim://?seed=7&start=2026-01-15T12:00"
    subject = meter(books, dynamic(market)[0])
    run(subject, url, 2000)
    subject.save()
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    market |= {start + count * timedelta(minutes=15): Decimal(100) for count in range(96)}
    subject.market_moved()
    run(subject, url, 1, skip=2000)
    again = meter(books, dynamic(market)[0])
    run(again, url, 1, skip=2000)
    assert today(again) == today(subject)


def hundred() -> dict[datetime, Decimal]:
    """A day-ahead price of 100 EUR/MWh for the day of these tests."""
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    return {start + count * timedelta(minutes=15): Decimal(100) for count in range(96)}


@pytest.fixture
def books_quickly_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    """Books with a short timeout for a locked database."""
    monkeypatch.setattr("store.database.BUSY_S", 0.01)
    with Books(tmp_path) as opened:
        yield opened


def test_late_money_that_waits_is_added_once(tmp_path: Path, books_quickly_refused: Books) -> None:
    """Prices that arrive while the database is locked count once, also after a kill."""
    market: dict[datetime, Decimal] = {}
    url, books = "sim://?seed=7&start=2026-01-15T12:00", books_quickly_refused
    subject = meter(books, dynamic(market)[0])
    run(subject, url, 2000)
    subject.save()
    other = sqlite3.connect(tmp_path / "history" / "quarters.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    market |= hundred()
    subject.market_moved()
    subject.market_moved()
    subject.save()
    shutil.copytree(tmp_path, tmp_path / "killed")
    other.execute("ROLLBACK")
    other.close()
    with Books(tmp_path / "killed") as kept:
        after_kill = meter(kept, dynamic(market)[0])
        run(after_kill, url, 100, skip=2000)
    run(subject, url, 100, skip=2000)
    assert today(after_kill) == today(subject)
    again = meter(books, dynamic(market)[0])
    run(again, url, 100, skip=2000)
    assert all("energy" in json.loads(eur) for _, _, milli, eur in rows(tmp_path) if milli)
    assert today(again) == today(subject)
    assert _lines(rows(tmp_path)) == _undisturbed(tmp_path / "other", url, 2100)


def test_money_held_up_by_a_quarter_that_waits_comes_after_it(
    tmp_path: Path, books_quickly_refused: Books
) -> None:
    """Prices that arrive before a delayed quarter is written are applied to it afterwards."""
    market: dict[datetime, Decimal] = {}
    url, books = "sim://?seed=7&start=2026-01-15T12:00", books_quickly_refused
    subject = meter(books, dynamic(market)[0])
    run(subject, url, 800)
    other = sqlite3.connect(tmp_path / "history" / "quarters.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    run(subject, url, 200, skip=800)
    market |= hundred()
    subject.market_moved()
    other.execute("ROLLBACK")
    other.close()
    run(subject, url, 1100, skip=1000)
    assert _lines(rows(tmp_path)) == _undisturbed(tmp_path / "other", url, 2100)


def test_a_quarter_priced_in_part_gets_the_rest_late(tmp_path: Path, books: Books) -> None:
    """The meter was replaced within the quarter, when only the old one's use had a price."""
    market = hundred()
    url = "sim://?seed=7&start=2026-01-15T12:05&faults=swap@300"
    subject = meter(books, dynamic(market)[0])
    run(subject, url, 400)
    market.clear()
    run(subject, url, 1000, skip=400)
    assert _lines(rows(tmp_path)) != _undisturbed(tmp_path / "one", url, 1400)
    market |= hundred()
    for _ in range(2):
        subject.market_moved()
        assert _lines(rows(tmp_path)) == _undisturbed(tmp_path / "two", url, 1400)


def test_data_pickle_that_cannot_be_removed_keeps_the_money_waiting(
    tmp_path: Path, books: Books
) -> None:
    """An old data.pickle would lose the amounts, so they are booked after it is removed."""
    market: dict[datetime, Decimal] = {}
    url = "sim://?seed=7&start=2026-01-15T12:00"
    subject = meter(books, dynamic(market)[0])
    run(subject, url, 2000)
    (tmp_path / "data.pickle").mkdir()  # even root cannot unlink a folder
    market |= hundred()
    subject.market_moved()
    assert not any("energy" in json.loads(eur) for _, _, _, eur in rows(tmp_path))
    (tmp_path / "data.pickle").rmdir()
    subject.market_moved()
    assert _lines(rows(tmp_path)) == _undisturbed(tmp_path / "other", url, 2000)


def _lines(found: list[tuple[int, str, int, str]]) -> list[tuple[int, int, dict[str, str]]]:
    """Wh and EUR per line of each quarter."""
    return [(start, milli, json.loads(eur)) for start, _, milli, eur in found]


def _undisturbed(folder: Path, url: str, seconds: int) -> list[tuple[int, int, dict[str, str]]]:
    """Quarters of a house whose prices were known from the start."""
    with Books(folder) as books:
        run(meter(books, dynamic(hundred())[0]), url, seconds)
    return _lines(rows(folder))


def fixed() -> Contract:
    contract = load((EXAMPLES / "fixed.json").read_text(encoding="utf-8"))
    assert isinstance(contract, Contract)
    return contract


def test_new_year_without_new_tables_has_a_price_in_every_quarter(
    tmp_path: Path, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    """Prices from tables of 2026 are marked provisional, and the end of the tables is logged."""
    subject = meter(books, Prices(Priced(fixed()), None, fixed()))
    run(subject, "sim://?seed=7&start=2026-12-31T23:40", 3600)
    assert all("distribution" in json.loads(eur) for _, _, _, eur in rows(tmp_path))
    told, outlook, bill = (subject.message(topic, 0.0) for topic in ("rates", "outlook", "bill"))
    assert isinstance(told, messages.Rates)
    assert isinstance(outlook, messages.Outlook)
    assert isinstance(bill, messages.Bill)
    assert None not in outlook.buy_eur_kwh
    assert outlook.provisional == (True,) * 192
    assert "those of 2026 stand in" in outlook.note
    assert all(rate.provisional for rate in told.rates if rate.name.startswith("offtake"))
    marked = {line.name for line in bill.lines if line.provisional}
    assert marked == {"distribution", "capacity", "data management"}
    assert today(subject).offtake_night or today(subject).offtake_day
    said = [message for message in caplog.messages if "known until 31 Dec 2026" in message]
    assert len(said) == 1
    assert said[0].startswith("The grid tariffs of Antwerpen are known until")


def test_what_new_year_left_provisional_is_settled_by_a_booking_of_its_own(
    tmp_path: Path, books: Books
) -> None:
    """When the tables of 2027 arrive, provisional amounts are settled once and listed."""
    late, in_time = fixed(), fixed_with_2027()
    url = "sim://?seed=7&start=2026-12-31T23:40"
    subject = meter(books, Prices(Priced(late), None, late))
    run(subject, url, 3901)
    subject.reprice(Prices(Priced(in_time), None, in_time))
    with Books(tmp_path / "in_time") as others:
        other = meter(others, Prices(Priced(in_time), None, in_time))
        run(other, url, 3901)
        assert _lines(rows(tmp_path)) == _lines(rows(tmp_path / "in_time"))
        assert today(other) == today(subject)
    settled = subject.history(7).settled
    assert [(each.line, each.first.isoformat()) for each in settled] == [
        ("distribution", "2027-01-01")
    ]
    assert settled[0].eur == pytest.approx(2 * settled[0].was_eur)
    subject.reprice(Prices(Priced(in_time), None, in_time))
    assert subject.history(7).settled == settled  # not settled twice
    again = meter(books, Prices(Priced(in_time), None, in_time))
    run(again, url, 1, skip=3901)
    assert today(again) == today(subject)


def test_fees_of_a_month_that_closed_without_its_table_are_settled_too(books: Books) -> None:
    """January 2027 closes with the tariffs of 2026 and is settled once in February."""
    late, in_time = fixed(), fixed_with_2027()
    url = "sim://?seed=7&start=2027-01-31T23:50"
    subject = meter(books, Prices(Priced(late), None, late))
    run(subject, url, 1200)
    assert {fee.line for fee in books.open_fees()} >= {"capacity", "data management"}
    subject = meter(books, Prices(Priced(late), None, late))  # after a restart
    run(subject, url, 60, skip=1200)
    subject.reprice(Prices(Priced(in_time), None, in_time))
    assert books.open_fees() == ()
    told = {each.line: each for each in subject.history(7).settled}
    assert told["data management"].unit == "day"
    assert told["data management"].eur == pytest.approx(2 * told["data management"].was_eur)
    bill = subject.message("bill", 0.0)
    assert isinstance(bill, messages.Bill)
    assert any(line.name == "settled data management Jan" for line in bill.lines)


def fixed_with_2027() -> Contract:
    """The fixed contract with invented tariffs for 2027: kWh prices and data fee are doubled."""
    contract = fixed()
    grid, _ = contract.tables.grid("Antwerpen", date(2026, 1, 1))
    double = {
        "year": 2027,
        "eur_kwh": {"mono": 2 * grid.eur_kwh["mono"]},
        "data_management_eur_year": 2 * grid.data_management_eur_year,
    }
    entries = (grid.model_copy(update=double), *contract.tables.entries)
    return replace(contract, tables=Tables(entries), _months={})


def test_what_an_earlier_run_left_without_money_gets_it(tmp_path: Path, books: Books) -> None:
    """After an update with new tables and a restart, unpriced quarters are priced."""
    contract = load((EXAMPLES / "fixed.json").read_text(encoding="utf-8"))
    assert isinstance(contract, Contract)
    nothing = replace(contract, contracts=())
    url = "sim://?seed=7&start=2026-05-15T12:00"
    run(meter(books, Prices(Priced(nothing), None, nothing)), url, 2000)
    assert all(eur == "{}" for _, _, _, eur in rows(tmp_path))
    run(meter(books, Prices(Priced(contract), None, contract)), url, 1, skip=2000)
    assert all("energy" in json.loads(eur) for _, _, milli, eur in rows(tmp_path) if milli)


def test_the_outlook_says_what_is_still_to_come(books: Books) -> None:
    """The note about tomorrow's prices disappears when they arrive."""
    start = datetime(2026, 1, 14, 23, tzinfo=UTC)
    market = {start + count * timedelta(minutes=15): Decimal(100) for count in range(96)}
    subject = meter(books, dynamic(market)[0])
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 2)
    notes = [subject.message("outlook", 0.0)]
    market |= {at + timedelta(days=1): eur for at, eur in market.items()}
    subject.market_moved()
    notes.append(subject.message("outlook", 0.0))
    assert [isinstance(each, messages.Outlook) and each.note for each in notes] == [
        "tomorrow's prices come after 13:00", ""
    ]  # fmt: skip


def test_the_outlook_follows_the_market_and_the_peak_has_its_price(books: Books) -> None:
    """Prices cover two days by quarter; an unknown price is null."""
    start = datetime(2026, 1, 15, 11, tzinfo=UTC)
    market = {start + count * timedelta(minutes=15): Decimal(100) for count in range(96)}
    subject = meter(books, dynamic(market)[0])
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 2)
    outlook = subject.message("outlook", 0.0)
    assert isinstance(outlook, messages.Outlook)
    assert outlook.start == start
    assert len(outlook.buy_eur_kwh) == 192
    assert None not in outlook.buy_eur_kwh[:96]
    assert set(outlook.buy_eur_kwh[96:]) == {None}
    assert outlook.peak_eur_kw == pytest.approx(4.364, abs=0.001)


def test_the_sun_is_in_the_outlook(books: Books) -> None:
    """The forecast of solar power is in kW by quarter."""
    subject = meter(books)
    run(subject, "sim://?seed=7&start=2026-01-15T12:00", 2)
    start = datetime(2026, 1, 15, 11, tzinfo=UTC)
    subject.solar.renew(Forecast("Open-Meteo", start, {start: 1500.0}))
    outlook = subject.message("outlook", 0.0)
    assert isinstance(outlook, messages.Outlook)
    assert outlook.solar_kw[:2] == (1.5, None)


def test_the_last_minutes_of_a_replaced_meter_are_booked(books: Books) -> None:
    subject = meter(books)
    swap_s = 700  # 17:31:40, in the middle of a quarter
    run(subject, f"sim://?seed=7&start=2026-01-15T17:20&faults=swap@{swap_s}", 1800)
    row = today(subject)
    assert row.offtake_day is not None
    grown = _grown("sim://?seed=7&start=2026-01-15T17:20", swap_s)
    grown += _grown(f"sim://?seed=7&start=2026-01-15T17:20&faults=swap@{swap_s}", 1800, swap_s)
    assert row.offtake_day.amount == pytest.approx(grown, abs=1e-6)


def _grown(url: str, until: int, since: int = 0) -> float:
    """Growth of the day register between two seconds of a simulation, in kWh."""
    raw = list(islice(telegrams(url), until))[since:]
    first, last = (reading_of(each).offtake_day_kwh for each in (raw[0], raw[-1]))
    assert first is not None
    assert last is not None
    return float(last - first)


def test_the_registers_are_the_meters_own(books: Books) -> None:
    """The registers equal those of the telegram; before the first telegram there are none."""
    subject = meter(books)
    assert subject.message("registers", 0.0) == messages.Registers(time=None, meter_id=None)
    run(subject, "sim://?seed=3&start=2026-01-15T17:00Z", 2)
    sent = subject.house.reading
    registers = subject.message("registers", 2.0)
    assert isinstance(registers, messages.Registers)
    assert sent is not None
    assert registers.offtake_day_kwh == float(sent.offtake_day_kwh or 0)
    gas = next(sub.value for sub in sent.submeters if sub.medium == "gas")
    assert registers.gas_m3 == float(gas or 0)
