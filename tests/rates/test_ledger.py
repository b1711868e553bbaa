"""Register growth is booked once, to its quarter, at the price of that time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p1.reading import Medium, Reading, Submeter
from rates.amounts import Register
from rates.ledger import Ledger, running
from tests.rates.factories import (
    NOON,
    RATES,
    Counted,
    Flat,
    after,
    fed,
    gas,
    reading,
    water,
)

DAY, NIGHT, GAS, WATER = (
    Register.OFFTAKE_DAY,
    Register.OFFTAKE_NIGHT,
    Register.GAS,
    Register.WATER,
)


def kwh(counted: Counted, register: Register = DAY) -> list[tuple[int, str]]:
    """The booked quarters as (minutes after noon, amount)."""
    return [
        (int((quarter - NOON).total_seconds() // 60), str(amount))
        for quarter, amount in counted.by_quarter(register).items()
    ]


def test_the_first_reading_books_nothing() -> None:
    """Energy counted before the first telegram is not billed."""
    counted = fed([reading(after(), "81234.567")])
    assert not counted.bookings
    assert counted.ledger.baselines
    assert not counted.notes


def test_a_quarter_is_booked_by_the_telegram_on_its_end() -> None:
    """The register at :15 closes the quarter from :00 exactly, without the spread mark."""
    counted = fed([reading(after(), "1000"), reading(after(14.9), "1000.4")])
    assert not counted.bookings
    counted.feed(reading(after(15), "1000.500"))
    assert kwh(counted) == [(0, "0.500")]
    assert counted.bookings[0].eur == {"energy": Decimal("0.2000")}
    assert not counted.bookings[0].spread


def test_what_comes_a_second_late_is_shared_by_time() -> None:
    """At :15:01 one 901st of the growth belongs to the running quarter."""
    counted = fed([reading(after(), "1000"), reading(after(15, 1), "1000.901")])
    assert kwh(counted) == [(0, "0.900")]
    counted.feed(reading(after(30), "1001.001"))
    assert kwh(counted) == [(0, "0.900"), (15, "0.101")]


def test_a_gap_is_spread_evenly_and_reported() -> None:
    """After 50 minutes without telegrams three quarters are booked by time, the rest is running."""
    counted = fed([reading(after(), "1000"), reading(after(50), "1005")])
    assert kwh(counted) == [(0, "1.500"), (15, "1.500"), (30, "1.500")]
    assert all(booking.spread for booking in counted.bookings)
    assert running(counted.ledger, reading(after(50), "1005"), after(50))[0].amount == Decimal(
        "0.500"
    )


def test_a_telegram_between_two_closes_costs_nothing() -> None:
    """Within a quarter the ledger is the same object."""
    counted = fed([reading(after(), submeters=[gas(after(-3), "10")])])
    same = counted.ledger
    counted.feed(reading(after(5), "1000.2", submeters=[gas(after(-3), "10")]))
    assert counted.ledger is same


def test_an_unknown_register_is_skipped_and_starts_when_it_comes() -> None:
    """None is not 0: nothing is booked for it, and its appearance is no jump."""
    counted = fed([reading(after(), "1000"), reading(after(15), "1001", injection="500")])
    counted.feed(reading(after(30), None, injection="500.25"))
    assert kwh(counted) == [(0, "1.000")]
    assert kwh(counted, Register.INJECTION_DAY) == [(15, "0.250")]


def test_a_telegram_that_lost_the_meters_id_speaks_of_the_same_meter() -> None:
    """A missing meter id does not start a second count."""
    counted = fed([reading(after(), "1000"), reading(after(15), "1001", meter_id=None)])
    counted.feed(reading(after(30), "1002"))
    assert kwh(counted) == [(0, "1.000"), (15, "1.000")]
    assert len(counted.ledger.baselines) == 1


@pytest.mark.parametrize("wrong", ["0.000", "999.999", "53700.000"])
def test_a_momentary_nonsense_register_is_held_not_booked(wrong: str) -> None:
    """A zero, a step back or an impossible jump waits; the next plausible value books it all."""
    counted = fed([reading(after(), "1000"), reading(after(15), wrong)])
    assert not counted.bookings
    assert not running(counted.ledger, reading(after(15), wrong), after(15))
    counted.feed(reading(after(15, 1), "1000.901"))
    counted.feed(reading(after(30), "1001.000"))
    assert kwh(counted) == [(0, "0.900"), (15, "0.100")]
    assert "cannot be" in counted.notes[0]
    assert counted.notes[1].endswith("is right again.")


@pytest.mark.parametrize("level", ["3.000", "900.000", "53700.000"])
def test_a_level_that_persists_is_a_new_start(level: str) -> None:
    """After a minute of consistent values counting continues there; the jump is never booked."""
    counted = fed([reading(after(), "1000"), reading(after(15), "1001")])
    new = Decimal(level)
    for second in range(60, 2 * 900 + 1, 1):
        told = str(new + Decimal(second) / 1800)
        counted.feed(reading(after(15, second), told))
    assert sum(counted.by_quarter(DAY).values()) < 3
    assert counted.total(DAY) >= Decimal("1.4")
    assert counted.notes[-1].endswith("the jump itself is not booked.")
    assert len(counted.notes) == 2


def test_another_meter_starts_its_own_count() -> None:
    """A replaced meter causes no phantom kWh and no negative day, and is reported once."""
    counted = fed([reading(after(), "81000"), reading(after(15), "81001")])
    counted.feed(reading(after(20), "0.5", meter_id="1SAG9999999999"))
    counted.feed(reading(after(30), "0.7", meter_id="1SAG9999999999"))
    assert kwh(counted) == [(0, "1.000"), (15, "0.200")]
    assert counted.notes == ["Meter ...9999 is new: counting starts at its registers."]


def test_a_wrong_clock_for_a_moment_books_nothing() -> None:
    """Telegrams from 2000 and 2099 are ignored."""
    counted = fed([reading(after(), "1000"), reading(after(5), "1000.2")])
    counted.feed(reading(after(5), "1000.2"), at=datetime(2000, 1, 1, tzinfo=UTC))
    counted.feed(reading(after(5), "1000.2"), at=datetime(2099, 1, 1, tzinfo=UTC))
    counted.feed(reading(after(15), "1000.5"))
    assert kwh(counted) == [(0, "0.500")]


def test_repeated_telegrams_book_nothing() -> None:
    """A recording of hours is replayed: its contents are already booked."""
    told = [reading(after(5 * n), str(1000 + n)) for n in range(40)]
    once, twice = fed(told), fed(told + told)
    assert twice.bookings == once.bookings
    assert twice.ledger.baselines == once.ledger.baselines
    assert not twice.notes


def test_a_clock_that_was_ahead_is_believed_again_when_it_is_set_right() -> None:
    """Counting resumes after a minute, without waiting until time has caught up."""
    ahead = timedelta(days=30)
    counted = fed([reading(after(), "1000"), reading(after(15) + ahead, "1001")])
    for second in range(0, 1801, 10):
        counted.feed(reading(after(15, second), f"{1001 + second / 1800:.3f}"))
    assert counted.total(DAY) > 1
    assert counted.ledger.baselines[("1SAG1234567890", DAY)].at == after(45)


def test_a_new_price_acts_from_the_next_quarter() -> None:
    """The quarter in which rates.json changed, and all before, keep the price at its start."""
    old, new = Flat(Decimal("0.4")), Flat(Decimal("1.0"))
    counted = Counted()
    counted.feed(reading(after(), "1000"), old)
    counted.feed(reading(after(7), "1000.5"), new)
    counted.feed(reading(after(15), "1001"), new)
    counted.feed(reading(after(30), "1002"), new)
    assert [b.eur["energy"] for b in counted.bookings] == [Decimal("0.4"), Decimal("1.0")]


def test_late_gas_keeps_the_price_of_its_own_quarter() -> None:
    """A capture of the quarter before the change arrives later, at the old price."""
    old, new = Flat(Decimal(1)), Flat(Decimal(2))
    counted = Counted()
    counted.feed(reading(after(), submeters=[gas(after(), "10")]), old)
    counted.feed(reading(after(14), submeters=[gas(after(10), "11")]), new)
    counted.feed(reading(after(16), submeters=[gas(after(10), "11")]), new)
    counted.feed(reading(after(18), submeters=[gas(after(15), "12")]), new)
    assert [(b.amount, b.eur["energy"]) for b in counted.bookings if b.register is GAS] == [
        (Decimal(2), Decimal(2))
    ]


def test_gas_belongs_to_the_quarter_of_its_capture() -> None:
    """A stamp on the boundary closes the quarter that ends then, though it arrives later."""
    counted = fed([reading(after(), submeters=[gas(after(), "10")])])
    counted.feed(reading(after(15), submeters=[gas(after(10), "10.2")]))
    assert not kwh(counted, GAS)
    counted.feed(reading(after(17), submeters=[gas(after(15), "10.3")]))
    assert kwh(counted, GAS) == [(0, "0.300")]
    assert kwh(counted, DAY) == [(0, "0.000")]


def test_two_gas_meters_are_counted_each_by_its_own_id() -> None:
    """A dead channel, a placeholder stamp or a constant zero does not affect the live one."""

    def told(at: datetime, m3: str) -> Reading:
        return reading(
            at,
            submeters=[
                gas(None, None, "7FLO0000", 1),
                gas(datetime(2017, 3, 1, tzinfo=UTC), "456.7", "7FLO2222", 2),
                gas(at, "0.000", "7FLO3333", 3),
                gas(at, m3, "7FLO4444", 4),
                gas(at, "99", None, 5),
                gas(at + timedelta(days=365), "77", "7FLO6666", 6),
                Submeter(
                    channel=7,
                    medium=Medium.HEAT,
                    meter_id="6KAM",
                    value=Decimal(5),
                    unit="GJ",
                    at=at,
                    valve=None,
                ),
            ],
        )

    counted = fed([told(after(), "100"), told(after(15), "100.5"), told(after(30), "100.7")])
    assert kwh(counted, GAS) == [(0, "0.500"), (15, "0.200")]
    assert not counted.notes


def test_a_bad_gas_capture_is_not_a_new_start_until_the_next_one_agrees() -> None:
    """300 telegrams repeat one capture: the repetition proves nothing."""
    counted = fed([reading(after(), submeters=[gas(after(), "100")])])
    for second in range(0, 290, 10):
        counted.feed(reading(after(15, second), submeters=[gas(after(15), "0")]))
    assert not counted.total(GAS)
    counted.feed(reading(after(20), submeters=[gas(after(20), "100.4")]))
    counted.feed(reading(after(30), submeters=[gas(after(30), "100.6")]))
    assert kwh(counted, GAS) == [(0, "0.300"), (15, "0.300")]


def test_running_is_what_is_used_but_not_booked() -> None:
    """The result has amount and money of the open quarter, gas in its own; zero use is known
    too.
    """
    start = reading(after(), "1000", "50", submeters=[gas(after(-14), "10"), water(after(), "5")])
    now = reading(
        after(5), "1000.25", "50", submeters=[gas(after(-2), "10.1"), water(after(), "5")]
    )
    counted = fed([start, now])
    parts = running(counted.ledger, now, after(5))
    assert [(part.register, str(part.amount), part.quarter) for part in parts] == [
        (DAY, "0.250", NOON),
        (NIGHT, "0.000", NOON),
        (GAS, "0.100", after(-15)),
        (GAS, "0.000", NOON),
        (WATER, "0.000", NOON),
    ]
    assert parts[0].eur == {"energy": Decimal("0.1000")}


@st.composite
def lives(draw: st.DrawFn) -> list[Reading]:
    """Random telegrams of a meter: gaps from a second to days, growth within the fuse's limit."""
    at, wh, litres, told = after(draw(st.integers(0, 900))), 10**6, 10**5, []
    for _ in range(draw(st.integers(2, 25))):
        gap = draw(st.one_of(st.integers(1, 30), st.integers(1, 4000), st.integers(1, 400_000)))
        at += timedelta(seconds=gap)
        wh += draw(st.integers(0, 5 * gap))
        litres += draw(st.integers(0, gap))
        late = timedelta(seconds=draw(st.integers(0, 1)))
        submeters = [gas(at - late, f"{litres / 1000:.3f}")]
        told.append(reading(at, f"{wh / 1000:.3f}", submeters=submeters))
    return told


@settings(max_examples=60, deadline=None)
@given(lives())
def test_what_is_booked_and_what_runs_is_what_the_register_grew(told: list[Reading]) -> None:
    """It is exact to the Wh and litre for any gaps; every quarter has its proportional share."""
    counted = fed(told)
    open_parts = running(counted.ledger, told[-1], told[-1].time or NOON)
    runs = {
        register: sum((part.amount for part in open_parts if part.register is register), Decimal())
        for register in (DAY, GAS)
    }
    first, last = told[0], told[-1]
    assert first.offtake_day_kwh is not None
    assert last.offtake_day_kwh is not None
    grown = last.offtake_day_kwh - first.offtake_day_kwh
    assert counted.total(DAY) + runs[DAY] == grown
    burned = (last.submeters[0].value or 0) - (first.submeters[0].value or 0)
    assert counted.total(GAS) + runs[GAS] == burned
    assert all(booking.amount >= 0 for booking in counted.bookings)
    assert all(booking.quarter < (last.time or NOON) for booking in counted.bookings)


@settings(max_examples=60, deadline=None)
@given(lives(), st.data())
def test_a_restart_anywhere_books_the_same(told: list[Reading], data: st.DataObject) -> None:
    """Only the baselines are kept; each booking is identical in every digit."""
    whole = fed(told)
    stop = data.draw(st.integers(1, len(told)))
    stopped = fed(told[:stop])
    again = Counted(Ledger(baselines=stopped.ledger.baselines), stopped.bookings)
    for each in told[stop:]:
        again.feed(each)
    assert again.bookings == whole.bookings
    assert again.ledger.baselines == whole.ledger.baselines


def test_the_days_of_the_clock_change_lose_nothing() -> None:
    """25 hours in October, 23 in March: quarters are UTC, so each hour is booked once."""
    for start in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        told = [reading(start + i * timedelta(minutes=15), str(1000 + i)) for i in range(97)]
        counted = fed(told, RATES)
        assert set(counted.by_quarter(DAY).values()) == {Decimal(1)}
        assert counted.total(DAY) == 96


def test_a_night_register_is_money_at_night_price() -> None:
    """The meter's register decides, not the clock."""
    counted = fed([reading(after(), "1", "50"), reading(after(15), "1", "52")])
    night = next(b for b in counted.bookings if b.register is NIGHT)
    assert night.eur == {"energy": Decimal("0.6000")}


def test_water_is_counted_like_gas() -> None:
    """Water has its own id and capture time."""
    counted = fed(
        [
            reading(after(), submeters=[water(after(), "5")]),
            reading(after(15), submeters=[water(after(15), "5.012")]),
        ]
    )
    assert kwh(counted, WATER) == [(0, "0.012")]


def test_a_number_that_no_register_shows_is_not_counted() -> None:
    """A whole telegram may contain 30 digits; they do not fit in the database."""
    absurd = "9" * 30
    counted = fed(
        [
            reading(after(), "1000", submeters=[gas(after(), "5")]),
            reading(after(5), absurd, submeters=[gas(after(5), absurd)]),
            reading(after(15), "1000.5", submeters=[gas(after(15), "5.2")]),
        ]
    )
    assert kwh(counted) == [(0, "0.500")]
    assert kwh(counted, GAS) == [(0, "0.200")]
    assert all(stand.milli < 1 << 63 for stand in counted.ledger.baselines.values())
    assert not fed([reading(after(), absurd)]).ledger.baselines
