"""Conversion of a telegram into a Reading: field by field, by the faults seen in the field."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p1.reading import Breaker, Grid, Medium, Reading, Tariff, read
from p1.telegram import parse
from tests.p1 import make
from tests.p1.make import changed, differing

HOUSE = make.reading_of(make.house())


def test_the_house() -> None:
    """Every field of a plain Flemish telegram."""
    assert HOUSE.time == datetime(2026, 1, 15, 16, 38, 24, tzinfo=UTC)
    assert HOUSE.meter_id == "1SAG3100001234"
    assert HOUSE.version == "50217"
    assert HOUSE.tariff is Tariff.DAY
    assert HOUSE.offtake_day_kwh == Decimal("1484.822")
    assert HOUSE.offtake_night_kwh == Decimal("1510.527")
    assert HOUSE.injection_day_kwh == Decimal("627.316")
    assert HOUSE.injection_night_kwh == Decimal("263.394")
    assert (HOUSE.offtake_kw, HOUSE.injection_kw, HOUSE.demand_kw) == (3.05, 0.0, 1.57)
    assert HOUSE.month_peak is not None
    assert HOUSE.month_peak.kw == Decimal("3.410")
    assert HOUSE.month_peak.at == datetime(2026, 1, 6, 16, 15, tzinfo=UTC)
    assert [phase.offtake_kw for phase in HOUSE.phases] == [1.0, 1.02, 1.03]
    assert [phase.voltage_v for phase in HOUSE.phases] == [230.1, 231.0, 229.9]
    assert [phase.current_a for phase in HOUSE.phases] == [4.35, 4.42, 4.48]
    assert HOUSE.grid is Grid.STAR
    assert HOUSE.breaker is Breaker.ON
    assert (HOUSE.limit_kw, HOUSE.limit_a) == (99.999, 999.99)
    assert HOUSE.message == ""
    assert HOUSE.submeters == ()


def test_an_empty_telegram_knows_nothing() -> None:
    """Unknown values are None, never 0."""
    reading = make.reading_of(make.seal({}))
    assert {getattr(reading, name) for name in Reading.__slots__} == {None, ()}


@pytest.mark.parametrize("code", sorted(make.HOUSE))
def test_an_absent_object_takes_no_other_with_it(code: str) -> None:
    """Only the grid type depends on other objects: the voltages."""
    reading = make.reading_of(make.seal(make.without(code)))
    inferred = {"grid"} if reading.grid is None else set()
    assert len(differing(HOUSE, reading).keys() - inferred) <= 1


FIELDS = {
    "0-0:1.0.0": "time",
    "1-0:1.8.1": "offtake_day_kwh",
    "1-0:2.8.2": "injection_night_kwh",
    "1-0:1.7.0": "offtake_kw",
    "1-0:1.4.0": "demand_kw",
    "1-0:1.6.0": "month_peak",
    "0-0:96.3.10": "breaker",
    "0-0:96.14.0": "tariff",
    "0-0:96.13.0": "message",
}


@pytest.mark.parametrize(("code", "field"), FIELDS.items())
@pytest.mark.parametrize(
    "value", ["(?)", "(-0001.000*kWh)", "(1e3*kW)", "(nan*kW)", "(5*x)", "()("]
)
def test_a_bad_field_loses_only_itself(code: str, field: str, value: str) -> None:
    assert differing(HOUSE, changed({code: value})) == {field: None}


@pytest.mark.parametrize("number", ["-00001.000", "+0001.000", "1 000", "1_000", "1.2.3", ".", "²"])
def test_numbers_are_strict(number: str) -> None:
    """F9(3,3) allows digits and a point only, unlike Python's float."""
    assert changed({"1-0:1.8.1": f"({number}*kWh)"}).offtake_day_kwh is None


def test_decimals_come_from_the_text() -> None:
    """After a firmware update, integer amps had two decimals."""
    assert changed({"1-0:31.7.0": "(004*A)"}).phases[0].current_a == 4.0


def test_fault_6_text_is_latin1_and_escaped_for_the_terminal() -> None:
    assert changed({"0-0:96.13.0": "(4DE96C1B5B324A)"}).message == "Mél\\x1b[2J"


def test_fault_16_and_17_two_gas_channels_stay_apart() -> None:
    """A dead first channel does not hide the second: each has its channel, id and time."""
    dead = {
        "0-1:24.1.0": "(003)",
        "0-1:96.1.0": "()",
        "0-1:24.2.1": "(700101010000W)(00000000)",
        "0-2:24.1.0": "(003)",
        "0-2:96.1.0": "(473030333931)",
        "0-2:24.2.1": "(260115173001W)(00246.138*m3)",
    }
    first, second = changed(dead).submeters
    assert (first.channel, first.meter_id, first.value) == (1, None, Decimal(0))
    assert first.at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (second.channel, second.meter_id, second.value) == (2, "G00391", Decimal("246.138"))


@pytest.mark.parametrize("reading", ["24.2.1", "24.2.3"])
@pytest.mark.parametrize(
    ("code", "medium"),
    [
        ("003", Medium.GAS),
        ("007", Medium.WATER),
        ("006", Medium.WARM_WATER),
        ("004", Medium.HEAT),
        ("012", Medium.HEAT),
        ("010", Medium.COLD),
        ("002", Medium.ELECTRICITY),
        ("000", Medium.OTHER),
        ("", Medium.OTHER),
    ],
)
def test_fault_18_and_19_the_medium_comes_from_24_1_0(
    reading: str, code: str, medium: Medium
) -> None:
    """Water on channel 1 or under 24.2.3 is not read as gas."""
    objects = {"0-1:24.1.0": f"({code})", f"0-1:{reading}": "(260115173500W)(00003.830*m3)"}
    (meter,) = changed(objects).submeters
    assert (meter.medium, meter.value, meter.unit) == (medium, Decimal("3.830"), "m3")


def test_fault_20_a_placeholder_stamp_means_no_reading() -> None:
    """Gas that is not linked yet is unknown, not 0 m3; the electricity is read."""
    reading = changed({"0-1:24.1.0": "(003)", "0-1:24.2.1": "(632525252525S)(00000.000)"})
    assert (reading.submeters[0].value, reading.submeters[0].at) == (None, None)
    assert set(differing(HOUSE, reading)) == {"submeters"}


def test_fault_21_gas_a_year_ahead_keeps_the_electricity() -> None:
    reading = changed({**make.GAS, "0-1:24.2.3": "(270115173500W)(01284.807*m3)"})
    assert set(differing(HOUSE, reading)) == {"submeters"}


def test_fault_22_a_meter_clock_far_off_is_reported() -> None:
    assert changed({"0-0:1.0.0": "(000101000000W)"}).time == datetime(1999, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [
        ("251026023000S", 0),  # the double hour, first time
        ("251026023000W", 1),  # the double hour, second time
        ("250715120000S", 10),
        ("250715120000W", 11),  # the flag decides, right or wrong
        ("250715120000", 10),  # no flag: Belgian time
        ("260115120000", 11),
        ("251026023000", 0),  # no flag in the double hour: the first one is meant
    ],
)
def test_fault_23_utc_comes_from_the_flag(stamp: str, hour: int) -> None:
    time = changed({"0-0:1.0.0": f"({stamp})"}).time
    assert time is not None
    assert (time.hour, time.tzinfo) == (hour, UTC)


@pytest.mark.parametrize(
    "stamp", ["000000000000W", "260230120000W", "260115250000W", "26W031120000W", "2601151738W", ""]
)
def test_an_impossible_time_is_unknown(stamp: str) -> None:
    assert differing(HOUSE, changed({"0-0:1.0.0": f"({stamp})"})) == {"time": None}


def test_fault_25_a_row_belongs_to_the_month_it_ends() -> None:
    """The stamp is midnight on the 1st in local time, the row belongs to the month before."""
    rows = "(260101000000W)(260101000000W)(04.318*kW)(251101000000W)(251012181500S)(02.000*kW)"
    peaks = changed({"0-0:98.1.0": f"(2)(1-0:1.6.0)(1-0:1.6.0){rows}"}).month_peaks
    assert [(peak.month, peak.kw) for peak in peaks] == [
        (date(2025, 12, 1), Decimal("4.318")),
        (date(2025, 10, 1), Decimal("2.000")),
    ]
    assert peaks[0].at == datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize("placeholder", ["632525252525W", "35255255255255255S"])
def test_a_placeholder_row_keeps_its_month(placeholder: str) -> None:
    """First row of a new meter: 0 kW at no time."""
    row = f"(230801000000S)({placeholder})(00.000*kW)"
    (peak,) = changed({"0-0:98.1.0": f"(1)(1-0:1.6.0)(1-0:1.6.0){row}"}).month_peaks
    assert (peak.month, peak.kw, peak.at) == (date(2023, 7, 1), Decimal(0), None)


@pytest.mark.parametrize(
    "history",
    [
        "(0)(1-0:1.6.0)(1-0:1.6.0)()",
        "(0)",
        "()",
        "(1)(0-0:0.1.0)(1-0:1.6.0)(1-0:1.6.0)(1-0:2.6.0)(250701000000S)(15)(250604084500S)",
    ],
)
def test_no_rows_or_other_columns_give_no_month_peaks(history: str) -> None:
    """A new meter sends no rows; an industrial one (50250) sends other columns."""
    assert differing(HOUSE, changed({"0-0:98.1.0": history})) == {"month_peaks": ()}


def test_fault_26_all_rows_are_read() -> None:
    """The specification allows fifteen rows; a bad row affects only itself."""
    rows = [f"(2{4 + n // 12}{n % 12 + 1:02}01000000W)(?)({n:02}.000*kW)" for n in range(15)]
    rows[3] = "(oops)(260106171500W)(01.000*kW)"
    history = f"(15)(1-0:1.6.0)(1-0:1.6.0){''.join(rows)}"
    peaks = changed({"0-0:98.1.0": history}).month_peaks
    assert [peak.kw for peak in peaks] == [n for n in range(15) if n != 3]


def test_the_month_peak_in_both_orders() -> None:
    """The Walloon Iskra sends (kW)(time), without a flag."""
    reading = changed({"1-0:1.6.0": "(03.410*kW)(260106171500)"})
    assert differing(HOUSE, reading) == {}


def test_fault_28_tariff_1_is_day_in_belgium_and_low_in_the_netherlands() -> None:
    objects = make.without("0-0:96.1.4")
    dutch = make.reading_of(make.seal({"1-3:0.2.8": "(50)", **objects}))
    assert dutch.tariff is Tariff.NIGHT
    assert dutch.offtake_night_kwh == HOUSE.offtake_day_kwh
    assert dutch.injection_day_kwh == HOUSE.injection_night_kwh
    assert dutch.version == "50"
    walloon = make.reading_of(make.seal(objects))
    assert differing(HOUSE, walloon) == {"version": None}


@pytest.mark.parametrize(
    ("voltages", "grid"),
    [
        (("230.3", "000.0", "228.7"), Grid.DELTA),  # Sagemcom, Landis+Gyr: two wattmeters
        (("145.3", "143.6", "141.0"), Grid.DELTA),  # Iskra: to a neutral that is not there
        (("230.1", "231.0", "229.9"), Grid.STAR),
        (("061.2", "061.0", "061.1"), None),  # behind voltage transformers
        (("000.0", "000.0", "000.0"), None),
    ],
)
def test_fault_29_the_grid_from_the_voltages(
    voltages: tuple[str, str, str], grid: Grid | None
) -> None:
    """0 V on L2 of a 3x230 V house is not a lost phase."""
    codes = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
    assert changed({c: f"({v}*V)" for c, v in zip(codes, voltages, strict=True)}).grid is grid


def test_the_grid_as_sent_goes_first() -> None:
    assert changed({"1-0:94.32.1": "(230)"}).grid is Grid.DELTA


def test_one_phase() -> None:
    reading = make.reading_of(make.seal(make.without(*make.L2_AND_L3)))
    assert reading.grid is Grid.ONE_PHASE
    assert reading.phases == HOUSE.phases[:1]


def test_old_three_phase_firmware_has_no_power_per_phase() -> None:
    """50213: voltage and integer amps only."""
    powers = [code for code in make.HOUSE if code[4:6] in {"21", "22", "41", "42", "61", "62"}]
    reading = make.reading_of(make.seal(make.without(*powers)))
    assert len(reading.phases) == 3
    assert reading.phases[1].offtake_kw is None
    assert reading.phases[1].voltage_v == 231.0


def test_relays_are_neither_breaker_nor_submeters() -> None:
    """0-1..4:96.3.10 differ from the breaker's code only in the channel."""
    relays = {f"0-{n}:96.3.10": "(0)" for n in range(1, 5)}
    assert differing(HOUSE, changed(relays)) == {}
    assert changed({"0-0:96.3.10": "(2)"}).breaker is Breaker.READY


def test_a_meter_that_counts_without_tariffs_has_one_register() -> None:
    """Industrial meters send only 1.8.0 and 2.8.0: they are read as the day registers."""
    objects = make.without("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2")
    totals = {"1-0:1.8.0": "(0002720.76*kWh)", "1-0:2.8.0": "(0001155.91*kWh)"}
    reading = make.reading_of(make.seal({**objects, **totals}))
    assert (reading.offtake_day_kwh, reading.offtake_night_kwh) == (Decimal("2720.76"), None)
    assert (reading.injection_day_kwh, reading.injection_night_kwh) == (Decimal("1155.91"), None)


def test_a_total_beside_tariffs_is_not_counted_twice() -> None:
    """This also holds when the day register is unreadable."""
    assert differing(HOUSE, changed({"1-0:1.8.0": "(002995.349*kWh)"})) == {}
    reading = changed({"1-0:1.8.0": "(002995.349*kWh)", "1-0:1.8.1": "(?)"})
    assert reading.offtake_day_kwh is None


def test_other_units_are_brought_to_ours() -> None:
    """Austrian meters send Wh and W, the Iskra limits in kVA."""
    reading = changed(
        {"1-0:1.8.1": "(005017120*Wh)", "1-0:1.7.0": "(000000286*W)", "0-0:17.0.0": "(999.9*kVA)"}
    )
    assert reading.offtake_day_kwh == Decimal("5017.120")
    assert (reading.offtake_kw, reading.limit_kw) == (0.286, 999.9)


def test_the_first_of_equal_codes_counts() -> None:
    lines = "1-0:1.7.0(00.300*kW)\r\n1-0:1.7.0(00.999*kW)"
    assert make.reading_of(make.seal_text(lines)).offtake_kw == 0.3


def test_the_order_of_objects_does_not_matter() -> None:
    reading = make.reading_of(make.seal(dict(list(make.HOUSE.items())[::-1])))
    assert reading == HOUSE


def test_eight_submeters() -> None:
    objects = {f"0-{n}:24.1.0": "(007)" for n in range(1, 9)}
    assert [meter.channel for meter in changed(objects).submeters] == list(range(1, 9))
    assert all(meter.value is None for meter in changed(objects).submeters)


def test_dutch_gas_before_dsmr_4() -> None:
    """The value is on a line of its own without a unit; the unit precedes it."""
    lines = (
        "0-1:24.1.0(03)\r\n0-1:96.1.0(473030333931)\r\n"
        "0-1:24.3.0(090212160000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)"
    )
    (meter,) = make.reading_of(make.seal_text(lines)).submeters
    assert (meter.medium, meter.value, meter.unit) == (Medium.GAS, Decimal("1.001"), "m3")
    assert meter.at == datetime(2009, 2, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize("sent", ["", "0000000000", "91524109", "xyz", "2"])
def test_an_id_that_is_no_text_is_unknown(sent: str) -> None:
    assert changed({"0-0:96.1.1": f"({sent})"}).meter_id is None


@given(st.text(st.characters(max_codepoint=255), max_size=300))
@settings(max_examples=200)
def test_no_text_raises(text: str) -> None:
    read(parse(text.encode("latin-1")))


VALUES = st.one_of(
    st.text(st.sampled_from("0123456789.-*kWhSW()AVm3 \xb2"), max_size=30).map(lambda t: f"({t})"),
    st.sampled_from(list(make.HOUSE.values()) + list(make.GAS.values())),
)


@given(st.dictionaries(st.sampled_from([*make.HOUSE, *make.GAS]), VALUES))
@settings(max_examples=200)
def test_no_values_raise(objects: dict[str, str]) -> None:
    """Any value under any code gives a Reading, with known numbers at or above zero."""
    reading = make.reading_of(make.seal(objects))
    assert reading.offtake_kw is None or reading.offtake_kw >= 0
    assert reading.offtake_day_kwh is None or reading.offtake_day_kwh >= 0
