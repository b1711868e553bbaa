"""The usage table: its days, sums and unknown values."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.messages import Used
from base.time import QUARTER
from p1.reading import Tariff
from rates.amounts import Booking, Register
from rates.calendar import Hours, day_start, quarters_of_day
from rates.seed_form import seed_rates
from rates.usage import Days, DayTotals, add, day_row, panel, periods, table
from tests.rates.factories import NOON, RATES

THURSDAY = date(2026, 1, 15)


def booked(quarter: datetime, register: Register, amount: str) -> Booking:
    return Booking(
        quarter=quarter,
        register=register,
        amount=Decimal(amount),
        eur=RATES.cost(register, Decimal(amount), quarter),
    )


def each_day(first: date, count: int, register: Register = Register.OFFTAKE_DAY) -> Days:
    """One unit on each day, at its first and last quarter."""
    days: Days = {}
    for number in range(count):
        quarters = quarters_of_day(first + timedelta(days=number))
        halves = [booked(quarter, register, "0.5") for quarter in (quarters[0], quarters[-1])]
        days = add(days, halves)
    return days


def rows(days: Days, today: date) -> dict[str, float | None]:
    """The daily offtake of each period."""
    shown = table(periods(days, today, None), ())
    return {row.label: row.offtake_day.amount if row.offtake_day else None for row in shown}


def test_the_table_has_its_seven_periods_in_order() -> None:
    """The last three days, today, the week from Monday, the month and the year."""
    shown = table(periods(each_day(date(2025, 12, 1), 46), THURSDAY, None), ())
    assert [(row.label, row.start.isoformat(), row.days) for row in shown] == [
        ("day-3", "2026-01-12", 1),
        ("day-2", "2026-01-13", 1),
        ("day-1", "2026-01-14", 1),
        ("today", "2026-01-15", 1),
        ("week", "2026-01-12", 4),
        ("month", "2026-01-01", 15),
        ("year", "2026-01-01", 15),
    ]
    amounts = [row.offtake_day.amount for row in shown if row.offtake_day]
    assert amounts == [1, 1, 1, 1, 4, 15, 15]


@pytest.mark.parametrize(
    ("today", "week", "month", "year"),
    [
        (date(2024, 2, 29), 4, 29, 60),
        (date(2024, 3, 1), 5, 1, 61),
        (date(2026, 1, 1), 4, 1, 1),
        (date(2026, 3, 29), 7, 29, 88),
        (date(2026, 10, 25), 7, 25, 298),
        (date(2026, 12, 31), 4, 31, 365),
    ],
)
def test_periods_end_on_the_real_dates(today: date, week: int, month: int, year: int) -> None:
    """The dates are 29 February, New Year's Day in mid-week, and both clock changes."""
    first = today.replace(month=1, day=1) - timedelta(days=10)
    shown = rows(each_day(first, (today - first).days + 1), today)
    assert (shown["week"], shown["month"], shown["year"]) == (week, month, year)
    assert shown["today"] == 1


def test_a_booking_at_local_midnight_is_the_new_days() -> None:
    """The quarter from 00:00 in Brussels belongs to today, the one before it to yesterday."""
    midnight = day_start(THURSDAY)
    days = add({}, [booked(midnight - QUARTER, Register.GAS, "1")])
    days = add(days, [booked(midnight, Register.GAS, "2")])
    assert [(day.day, totals.amounts[Register.GAS]) for day, totals in days.items()] == [
        (14, Decimal(1)),
        (15, Decimal(2)),
    ]


def test_money_is_offtake_less_injection_plus_gas_and_water() -> None:
    """The table has the sum of electricity, and the total of the house; gas also in kWh."""
    parts = [
        booked(NOON, Register.OFFTAKE_DAY, "2"),
        booked(NOON, Register.OFFTAKE_NIGHT, "1"),
        booked(NOON, Register.INJECTION_DAY, "4"),
        booked(NOON, Register.GAS, "3"),
        booked(NOON, Register.WATER, "0.1"),
    ]
    today = table(periods(add({}, parts), THURSDAY, RATES.gas_kwh_m3), ())[3]
    assert today.offtake_day == Used(amount=2, eur=0.8)
    assert today.injection_day == Used(amount=4, eur=0.4)
    assert today.injection_night is None
    assert today.electricity_eur == 0.7
    assert today.gas_kwh == pytest.approx(34.53)
    assert today.total_eur == pytest.approx(0.7 + 4.728 + 0.61)


def test_what_is_not_known_is_none_and_never_zero() -> None:
    """The cases are a day without bookings, and an amount without a price."""
    day_3, *_, today, week, _, _ = table(
        periods(
            add({}, [Booking(quarter=NOON, register=Register.WATER, amount=Decimal(1), eur={})]),
            THURSDAY,
            None,
        ),
        (),
    )
    assert (day_3.offtake_day, day_3.water, day_3.total_eur, day_3.peak) == (None,) * 4
    assert today.water == Used(amount=1, eur=None)
    assert week.total_eur is None
    assert today.gas_kwh is None


def test_the_running_quarter_is_in_each_period_it_runs_in() -> None:
    """Today, week, month and year grow; earlier days are the same objects."""
    closed = periods(each_day(date(2026, 1, 1), 15), THURSDAY, None)
    shown = table(closed, [booked(NOON, Register.OFFTAKE_DAY, "0.25")])
    assert [row.offtake_day and row.offtake_day.amount for row in shown] == [
        *(1, 1, 1),
        *(1.25, 4.25, 15.25, 15.25),
    ]
    assert shown[0] is closed[0].shown
    assert shown[3].electricity_eur == pytest.approx(0.5)


def test_late_gas_still_running_is_yesterdays() -> None:
    """A pending capture of 23:50 is shown on day-1, not today."""
    late = booked(day_start(THURSDAY) - QUARTER, Register.GAS, "0.5")
    shown = table(periods({}, THURSDAY, None), [late])
    assert shown[2].gas == Used(amount=0.5, eur=0.788)
    assert shown[3].gas is None


def test_the_days_peak_is_its_highest_quarter_of_offtake() -> None:
    """Day and night registers are added, times four, stamped with the end of the quarter."""
    days = add({}, [booked(NOON, Register.OFFTAKE_DAY, "0.5")])
    later = NOON + 2 * QUARTER
    days = add(
        days,
        [
            booked(later, Register.OFFTAKE_DAY, "0.4"),
            booked(later, Register.OFFTAKE_NIGHT, "0.3"),
            booked(later, Register.INJECTION_DAY, "9"),
        ],
    )
    row = day_row(THURSDAY, days[THURSDAY], None)
    assert row.peak is not None
    assert (row.peak.kw, row.peak.at) == (2.8, later + QUARTER)
    assert row.label == "2026-01-15"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(Register), st.integers(0, 9999))))
def test_booking_one_by_one_or_all_at_once_is_the_same(
    parts: list[tuple[int, Register, int]],
) -> None:
    """Amounts and money agree in every digit, in any order of the increments."""
    bookings = [
        booked(day_start(THURSDAY) + 7 * number * QUARTER, register, f"{milli / 1000:.3f}")
        for number, register, milli in sorted(parts)
    ]
    one_by_one: Days = {}
    for booking in bookings:
        one_by_one = add(one_by_one, [booking])
    together = add({}, bookings)
    assert {day: (t.amounts, t.eur) for day, t in one_by_one.items()} == {
        day: (t.amounts, t.eur) for day, t in together.items()
    }


def test_the_rate_panel_marks_what_holds_now() -> None:
    """The meter's tariff decides; gas and water always apply."""
    shown = panel(RATES, Tariff.NIGHT, datetime(2026, 1, 15, 22, tzinfo=UTC), Hours())
    assert {rate.name: rate.active for rate in shown.rates} == {
        "offtake_day": False,
        "offtake_night": True,
        "injection_day": False,
        "injection_night": True,
        "gas": True,
        "water": True,
    }
    assert shown.tariff == "night"
    assert shown.next_change == datetime(2026, 1, 16, 6, tzinfo=UTC)
    assert (shown.rates[0].unit, shown.rates[4].unit, shown.note) == ("EUR/kWh", "EUR/m3", "")


def test_a_meter_that_contradicts_the_hours_is_used_and_reported() -> None:
    """The time of the next change is then unknown."""
    shown = panel(RATES, Tariff.NIGHT, NOON, Hours())
    assert shown.tariff == "night"
    assert shown.note == (
        "The meter says night where it is day by the clock (weekdays 07:00 to 22:00 is day)."
    )
    assert shown.next_change is None


def test_a_register_without_a_price_has_no_line_in_the_panel() -> None:
    """A house without gas, water or injection has two rates."""
    rates = seed_rates('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
    assert [rate.name for rate in panel(rates, None, NOON, Hours()).rates] == [
        "offtake_day",
        "offtake_night",
    ]


def test_an_empty_day_has_a_row_of_unknowns() -> None:
    """Nothing was booked, so every value is unknown."""
    row = day_row(THURSDAY, DayTotals(), Decimal(11))
    assert (row.offtake_day, row.gas_kwh, row.total_eur) == (None, None, None)
