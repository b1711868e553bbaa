"""Telegrams of real meters with their correct interpretation. DM_SHARED locates them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from apps.dm.meter import Meter
from p1.framing import Frame, Framer
from p1.reading import MonthPeak, Peak, Reading, read
from p1.telegram import parse
from peak.clock import ClosedQuarter, Source
from peak.months import Months, advance, notice
from peak.months import mean_kw as mean
from rates.amounts import Register
from rates.contract import Contract
from rates.files import load
from store.books import Books
from tests.apps.dm.test_meter import meter
from tests.p1.make import house
from tests.peak.factories import reading
from tests.rates.prices.factories import shared

FLOOR = Decimal("2.5")


def read_all(name: str) -> list[Reading]:
    raw = (shared("field/meter") / name).read_bytes()
    frames = Framer().feed(raw + b"\n")
    return [read(parse(frame.raw)) for frame in frames if isinstance(frame, Frame)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("01_p1mini33_factory_row.txt", "2.5"), ("01b_same_peak_6kW.txt", "6.000")],
)
def test_a_month_at_the_factory_is_not_in_the_mean(name: str, expected: str) -> None:
    (told,) = read_all(name)
    assert advance(Months(floor_kw=FLOOR), told, None).mean_kw == Decimal(expected)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (("2024-05 0", "2024-04 0"), "3.667"),
        (("2024-05 4", "2024-02 0", "2024-01 0"), "5.000"),
        (("2024-05 4", "2024-02 3"), "4.333"),
    ],
    ids=["empty months", "two at the factory", "a gap without zeros"],
)
def test_an_empty_month_without_a_gap_counts_as_the_floor(
    past: tuple[str, ...], expected: str
) -> None:
    rows = []
    for row in past:
        month, kw = row.split()
        first = date.fromisoformat(f"{month}-01")
        at = datetime(first.year, first.month, 1, tzinfo=UTC) - timedelta(hours=2)
        if first.month < 4:
            at += timedelta(hours=1)
        rows.append(MonthPeak(first, Decimal(kw), at))
    now = datetime(2024, 6, 19, 12, tzinfo=UTC)
    told = reading(now, month_peak=Peak(Decimal(6), now), month_peaks=tuple(rows))
    found = advance(Months(floor_kw=FLOOR), told, None).mean_kw
    assert found is not None
    assert round(found, 3) == Decimal(expected)


def test_rows_on_several_lines_are_read() -> None:
    (told,) = read_all("08_homewizard555_rows_on_lines.txt")
    assert len(told.month_peaks) == 13


def test_opposite_flows_on_the_phases_are_one_total() -> None:
    """The total is an offtake of 0.267 kW, although a phase injects."""
    (told,) = read_all("03_nodep1reader23_pv_phases.txt")
    assert (told.offtake_kw, told.injection_kw) == (0.267, 0.0)


def test_the_slope_of_a_printed_card_is_accepted() -> None:
    """Injection of Engie Flextime in super off-peak hours: 1.468 cent at S = 92.8."""
    text = (shared("field/meter") / "19_engie_flextime_injection.json").read_text()
    contract = load(text)
    assert isinstance(contract, Contract)
    noon = datetime(2026, 1, 15, 11, tzinfo=UTC)
    assert contract.price(Register.INJECTION_DAY, noon) == Decimal("0.014684")


def fed(subject: Meter, name: str) -> None:
    subject.feed((shared("field/meter") / name).read_bytes() + b"\n", 0.0)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Books(tmp_path) as opened:
        yield opened


def test_water_without_an_id_is_counted_by_its_channel(books: Books) -> None:
    subject = meter(books)
    fed(subject, "05_water_without_id.txt")
    assert ("channel 2", "water") in subject.house.ledger.baselines


def test_gas_that_is_linked_later_counts_from_then(books: Books) -> None:
    """The placeholder before linking is not a register, so no gas is booked for it."""
    subject = meter(books)
    fed(subject, "09_gas_linked_later_stream.txt")
    booked = [use for use in books.uses(datetime(2020, 1, 1, tzinfo=UTC)) if use[1] == "gas"]
    assert any(key[1] == "gas" for key in subject.house.ledger.baselines)
    assert sum(amount for _, _, amount in booked) < 1


NOVEMBER = datetime(2026, 11, 30, 23, 15, tzinfo=UTC)  # 1 December, 00:15
OLD = Peak(Decimal("4.812"), datetime(2026, 11, 14, 18, 0, tzinfo=UTC))


def test_a_peak_left_from_last_month_is_no_peak_of_this_one() -> None:
    """Our own quarter counts until the meter sends a peak of the new month."""
    start = NOVEMBER - timedelta(minutes=15)
    closed = ClosedQuarter(start, 1.25, Source.METER)
    months = advance(
        Months(floor_kw=FLOOR), reading(start - timedelta(minutes=1), month_peak=OLD), None
    )
    months = advance(months, reading(start, month_peak=OLD), None)
    months = advance(months, reading(NOVEMBER, month_peak=OLD), closed)
    assert months.running is not None
    assert (months.running.kw, months.running.source) == (Decimal("1.250"), Source.OWN)
    assert [row.kw for row in months.rows] == [Decimal("4.812"), Decimal("1.250")]
    assert notice(months, NOVEMBER) is None
    said = notice(months, NOVEMBER + timedelta(minutes=15))
    assert said is not None
    assert "still sends the peak of Nov 2026" in said
    own = Peak(Decimal("1.244"), NOVEMBER)
    months = advance(months, reading(NOVEMBER + timedelta(hours=1), month_peak=own), closed)
    assert months.running is not None
    assert (months.running.kw, months.running.source) == (Decimal("1.244"), Source.METER)
    assert notice(months, NOVEMBER + timedelta(hours=2)) is None


def past_year() -> tuple[MonthPeak, ...]:
    return tuple(
        MonthPeak(date(2026, month, 1), Decimal(month), datetime(2026, month, 9, 18, tzinfo=UTC))
        for month in range(1, 11)
    )


def test_peaks_belong_to_the_connection() -> None:
    """After a meter replacement the peaks stay, and no notice about consent is shown."""
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    before = reading(at, month_peak=OLD, month_peaks=past_year())
    months = advance(Months(floor_kw=FLOOR), before, None)
    known = months.mean_kw
    new = Peak(Decimal("0.900"), at + timedelta(hours=2))
    for hours in (3, 30):
        told = reading(at + timedelta(hours=hours), meter_id="1SAG0000000002", month_peak=new)
        months = advance(months, told, None)
    assert months.running is not None
    assert months.running.kw == Decimal("4.812")
    assert months.mean_kw == known
    assert notice(months, at + timedelta(days=3)) is None
    ended = (MonthPeak(date(2026, 11, 1), Decimal("0.900"), new.at),)
    told = reading(datetime(2026, 12, 2, 9, tzinfo=UTC), month_peaks=ended)
    kept = advance(months, told, None).rows
    assert [row.kw for row in kept if row.month == date(2026, 11, 1)] == [Decimal("4.812")]


def test_months_sent_by_a_meter_survive_without_consent(tmp_path: Path) -> None:
    """Month peaks are stored, so the mean stays when the meter no longer sends them."""
    rows = "".join(
        f"(26{month + 1:02}01000000S)(26{month:02}09180000S)({month:02}.000*kW)"
        for month in range(1, 8)
    )
    change = {
        "0-0:1.0.0": "(260815120000S)",
        "1-0:1.6.0": "(260803181500S)(06.000*kW)",
        "0-0:98.1.0": f"(7)(1-0:1.6.0)(1-0:1.6.0){rows}",
    }
    told = [house(change | {"0-0:1.0.0": f"(2608151{n}0000S)"}) for n in (2, 3)]
    without = house({"0-0:1.0.0": "(260815140000S)", "1-0:1.6.0": "", "0-0:98.1.0": ""})
    with Books(tmp_path) as books:
        subject = meter(books)
        for number, raw in enumerate(told):
            subject.feed(raw, float(number))
        known = subject.house.peaks.months
        assert known.mean_kw is not None
        assert len(known.rows) == 8
    with Books(tmp_path) as books:
        subject = meter(books)
        subject.feed(without, 0.0)
        after = subject.house.peaks.months
        assert after.rows == known.rows
        assert after.mean_kw == known.mean_kw == mean(known.rows, date(2026, 8, 1), FLOOR)


@pytest.mark.parametrize("digits", [20, 26, 400])
def test_a_number_that_no_meter_shows_is_dropped(books: Books, digits: int) -> None:
    """An impossible number with a valid checksum is dropped; the rest is booked."""
    subject = meter(books)
    for number, minute in enumerate(range(0, 46, 5)):
        raw = house(
            {
                "0-0:1.0.0": f"(2601151{number // 9 + 7}{minute:02}05W)",
                "1-0:1.4.0": f"({'9' * digits}*kW)",
                "1-0:1.8.1": f"({1484.822 + number / 10:010.3f}*kWh)",
            }
        )
        subject.feed(raw, float(number))
    assert not books.waiting
    assert sum(use[2] for use in books.uses(datetime(2026, 1, 1, tzinfo=UTC))) > 0
    for row in subject.house.peaks.months.rows:
        assert row.kw < 100
