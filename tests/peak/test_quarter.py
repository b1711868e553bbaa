"""The quarter by the clock: two counts of it, and its closing value."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.time import QUARTER
from peak.clock import Meaning, Source
from peak.quarter import advance
from tests.peak.factories import START, Meter, counted, reading


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=40))
def test_own_count_equals_the_meter(runs: list[tuple[int, int]]) -> None:
    """Registers and 1.4.0 of the same whole Wh give the same demand, in every quarter."""
    meter = Meter()
    quarter = advance(None, meter.now())
    for seconds, step_wh in runs:
        quarter = advance(quarter, meter.read(seconds, step_wh))
        assert quarter is not None
        if quarter.own_kw is not None and quarter.time != quarter.start:
            assert quarter.own_kw == pytest.approx(quarter.so_far_kw, abs=0.05)
            if quarter.start == START:
                assert quarter.own_kw == pytest.approx(quarter.so_far_kw, abs=1e-9)
        assert quarter.disagreement is None


@given(st.integers(0, 10_000))
def test_quarters_start_at_multiples_of_900(seconds: int) -> None:
    """Every second belongs to the quarter that starts at the last Unix multiple of 900."""
    time = datetime(2026, 3, 29, 0, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    quarter = advance(None, reading(time, demand_kw=0.1))
    assert quarter is not None
    assert quarter.start.timestamp() % 900 == 0
    assert quarter.start <= time < quarter.end
    assert 0 < quarter.left_s <= 900


def test_a_quarter_second_by_second() -> None:
    """3.6 kW for a quarter: 1.4.0 rises from 0 to 3.6, and so does the program's count."""
    meter = Meter()
    quarter = counted([meter.now(), *(meter.read() for _ in range(450))])
    assert quarter.so_far_kw == pytest.approx(1.8)
    assert quarter.own_kw == pytest.approx(1.8)
    assert quarter.source is Source.METER
    assert quarter.left_s == 450
    closed = counted((meter.read() for _ in range(450)), quarter).closed
    assert closed is not None
    assert (closed.start, closed.source) == (START, Source.METER)
    assert closed.kw == pytest.approx(3.6, abs=0.005)


def test_a_daemon_started_in_mid_quarter_trusts_the_meter_and_has_no_own_count() -> None:
    """1.4.0 includes the time before the start, the registers do not; the next quarter has both."""
    meter = Meter()
    meter.read(300)
    quarter = counted(meter.read() for _ in range(100))
    assert quarter.so_far_kw == pytest.approx(1.6)
    assert quarter.own_kw is None
    assert counted((meter.read() for _ in range(600)), quarter).own_kw == pytest.approx(0.4)


def test_without_demand_the_registers_count() -> None:
    """Without 1.4.0 the so far value is the same, labelled own, and closes as own."""
    meter = Meter()
    quarter = counted([meter.now(demand=False), *(meter.read(demand=False) for _ in range(450))])
    assert (quarter.so_far_kw, quarter.source) == (pytest.approx(1.8), Source.OWN)
    closed = counted((meter.read(demand=False) for _ in range(450)), quarter).closed
    assert closed is not None
    assert (closed.kw, closed.source) == (pytest.approx(3.6), Source.OWN)


def test_demand_that_vanishes_in_a_quarter_begun_unseen_is_carried_on() -> None:
    """The last 1.4.0 plus the registers' growth since then covers the whole quarter."""
    meter = Meter()
    meter.read(300)
    quarter = counted(meter.read() for _ in range(100))
    quarter = counted((meter.read(demand=False) for _ in range(100)), quarter)
    assert (quarter.so_far_kw, quarter.source) == (pytest.approx(2.0), Source.OWN)
    assert quarter.own_kw is None


def test_nothing_is_known_of_a_quarter_nobody_counted() -> None:
    """After a start in mid-quarter without 1.4.0 the value is unknown, not 0."""
    quarter = counted([reading(START + timedelta(seconds=300), wh=500)])
    assert (quarter.so_far_kw, quarter.own_kw, quarter.source) == (None, None, None)


def test_demand_not_yet_reset_at_the_boundary_closes_the_quarter_before() -> None:
    """A telegram of 17:45:00 that still shows the old quarter is its exact closing value."""
    meter = Meter()
    quarter = counted([meter.now(), *(meter.read() for _ in range(899))])
    late = replace(meter.read(), demand_kw=3.6)
    quarter = counted([late], quarter)
    assert quarter.start == START + QUARTER
    assert (quarter.so_far_kw, quarter.source) == (0.0, Source.OWN)
    assert quarter.closed is not None
    assert (quarter.closed.kw, quarter.closed.source) == (3.6, Source.METER)
    quarter = counted([meter.read()], quarter)
    assert (quarter.so_far_kw, quarter.source) == (0.004, Source.METER)
    assert quarter.closed is not None
    assert quarter.closed.kw == 3.6


@pytest.mark.parametrize("hole_s", [20, 300, 700])
def test_a_hole_across_the_boundary_is_pieced_together_exactly(hole_s: int) -> None:
    """The registers' growth over the gap less the new quarter's 1.4.0 gives the old closing
    value.
    """
    meter = Meter()
    quarter = counted([meter.now(), *(meter.read() for _ in range(890))])
    quarter = counted([meter.read(hole_s)], quarter)
    assert quarter.closed is not None
    assert (quarter.closed.kw, quarter.closed.source) == (pytest.approx(3.6), Source.ESTIMATE)
    assert quarter.own_kw is None


def test_a_hole_without_demand_invents_nothing() -> None:
    """Without 1.4.0 the split over two quarters is unknown, and the old one stays open."""
    meter = Meter()
    quarter = counted([meter.now(demand=False), *(meter.read(demand=False) for _ in range(800))])
    quarter = counted([meter.read(200, demand=False)], quarter)
    assert (quarter.closed, quarter.own_kw, quarter.so_far_kw) == (None, None, None)


def test_a_hole_of_whole_quarters_closes_none_of_them() -> None:
    """After two hours of silence the last quarter seen is not closed."""
    meter = Meter()
    quarter = counted([meter.now(), *(meter.read() for _ in range(600))])
    assert counted([meter.read(7200)], quarter).closed is None


def test_a_gateway_of_ten_seconds_still_has_an_own_count() -> None:
    """Telegrams 10 s apart miss the boundary: its register is interpolated between them."""
    meter = Meter(time=START - timedelta(seconds=5))
    quarter = counted([meter.now(), *(meter.read(10) for _ in range(91))])
    assert quarter.own_kw == pytest.approx(0.02)
    assert quarter.closed is not None
    assert (quarter.closed.kw, quarter.closed.source) == (pytest.approx(3.6), Source.OWN)


@pytest.mark.parametrize(
    ("wh", "meter_id"),
    [(0, "1SAG0000000001"), (53_700_000, "1SAG0000000001"), (101, "1LGZ0000000002")],
    ids=["goes back", "jumps", "other meter"],
)
def test_another_register_ends_the_own_count(wh: int, meter_id: str) -> None:
    """A register that goes back, jumps or belongs to another meter counts no phantom kWh."""
    quarter = counted([reading(START, wh=0, demand_kw=0.0)])
    quarter = counted([reading(START + timedelta(seconds=100), wh=100, demand_kw=0.4)], quarter)
    odd = reading(START + timedelta(seconds=101), wh=wh, demand_kw=0.404, meter_id=meter_id)
    quarter = counted([odd], quarter)
    assert (quarter.own_kw, quarter.so_far_kw) == (None, 0.404)
    after = replace(odd, time=START + timedelta(seconds=102), demand_kw=None)
    assert counted([after], quarter).so_far_kw == pytest.approx(0.404)


def test_a_disagreement_is_explained() -> None:
    """A difference of more than 0.05 kW between the meter and its registers is reported with
    both.
    """
    quarter = counted([reading(START, wh=0, demand_kw=0.0)])
    quarter = counted([reading(START + timedelta(seconds=500), wh=430, demand_kw=1.57)], quarter)
    assert quarter.own_kw == pytest.approx(1.72)
    assert quarter.disagreement == (
        "The meter counts 1.57 kW in this quarter, its registers say 1.72 kW."
    )


def test_a_meter_whose_demand_is_an_average_is_found_out() -> None:
    """A minute of registers shows that 1.4.0 is the average power so far; it is then converted
    to energy.
    """
    meter = Meter(average=True)
    quarter = counted([meter.now(), *(meter.read() for _ in range(59))])
    assert quarter.meaning is Meaning.ENERGY
    quarter = counted((meter.read() for _ in range(241)), quarter)
    assert quarter.meaning is Meaning.AVERAGE
    assert quarter.so_far_kw == pytest.approx(1.2)
    quarter = counted((meter.read() for _ in range(610)), quarter)
    assert (quarter.meaning, quarter.so_far_kw) == (Meaning.AVERAGE, pytest.approx(0.04))
    assert quarter.closed is not None
    assert quarter.closed.kw == pytest.approx(3.6, abs=0.01)
    meter.average = False
    assert counted((meter.read() for _ in range(300)), quarter).meaning is Meaning.ENERGY


def test_a_clock_set_back_waits_and_a_clock_set_far_back_starts_afresh() -> None:
    """A clock a few seconds back changes nothing; a clock hours back is a new start."""
    meter = Meter()
    quarter = counted([meter.now(), *(meter.read() for _ in range(905))])
    slipped = reading(START + timedelta(seconds=895), wh=905, demand_kw=3.58)
    assert advance(quarter, slipped) is quarter
    long_ago = advance(quarter, reading(START - timedelta(hours=5), wh=905, demand_kw=0.0))
    assert long_ago is not None
    assert long_ago.start == START - timedelta(hours=5)
    assert long_ago.closed is None


def test_a_telegram_without_time_changes_nothing() -> None:
    quarter = counted([reading(START, wh=0, demand_kw=0.0)])
    assert advance(quarter, reading(None, wh=5, demand_kw=0.02)) is quarter
    assert advance(None, reading(None)) is None


def test_tariffs_add_up() -> None:
    """Day and night registers are added, also across the tariff change."""
    quarter = counted([reading(START, wh=0)])
    later = reading(START + timedelta(seconds=60), wh=100)
    night = replace(later, offtake_night_kwh=Decimal("2000.150"))
    assert counted([night], quarter).own_kw == pytest.approx(1.0)


def test_the_repeated_hour_of_october_has_its_own_quarters() -> None:
    """02:00-03:00 occurs twice on 25 October 2026: eight quarters, none merged."""
    begin = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    starts, quarter = set(), None
    for minute in range(120):
        quarter = advance(quarter, reading(begin + timedelta(minutes=minute), wh=minute))
        assert quarter is not None
        starts.add(quarter.start)
    assert len(starts) == 8
