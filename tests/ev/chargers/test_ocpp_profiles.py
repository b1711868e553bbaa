"""The messages to and from a charging station, as pure functions."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.messages import Call, validate_payload

from ev.chargers.ocpp import heard, profiles
from ev.chargers.ocpp.heard import Abilities
from ev.chargers.ocpp.profiles import Form, Limit
from ev.chargers.ocpp.state import State, Watch
from ev.facts import ChargerPhase

NOW = datetime(2026, 1, 15, 17, tzinfo=UTC)
ACTIONS = (
    "BootNotification", "Heartbeat", "StatusNotification", "MeterValues", "Authorize",
    "StartTransaction", "StopTransaction", "DataTransfer", "SomethingNew",
)  # fmt: skip
KEYS = (
    "connectorId", "status", "timestamp", "meterValue", "sampledValue", "transactionId",
    "meterStart", "chargePointVendor", "value", "unit", "measurand", "phase",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2)
    ),
    max_leaves=4,
)


def built(form: Form, limit: Limit, safe: Limit, *, watts: bool = False) -> dict[str, object]:
    return profiles.profile(
        form, limit, safe, booted=Limit(0.0), watts=watts, transaction=7, clock=NOW
    )


@given(
    st.floats(0, 32), st.floats(0, 16), st.booleans(), st.integers(1, 3), st.booleans(),
    st.sampled_from(list(profiles.forms(Abilities(), session=True))),
)  # fmt: skip
def test_each_profile_is_of_the_standard_and_never_above(
    current_a: float, safe_a: float, watts: bool, phases: int, told: bool, form: Form
) -> None:
    """Units are A, or W rounded down, in steps that the schema allows."""
    profile = built(form, Limit(current_a, phases, told), Limit(safe_a), watts=watts)
    call = Call("1", "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile})
    asyncio.run(validate_payload(call, "1.6"))
    schedule = profile["chargingSchedule"]
    assert isinstance(schedule, dict)
    limit = schedule["chargingSchedulePeriod"][0]["limit"]
    least = current_a * 230 * phases if watts else current_a
    assert limit <= least + 1e-4
    assert limit > least - (1.0 if watts else 0.1001)


def test_set_points_expire_wherever_possible() -> None:
    """A transaction profile ends by duration; a default or another safe value needs a period."""
    first, *_, last = profiles.forms(Abilities(), session=True)
    plain = built(first, Limit(10.0), Limit(0.0))["chargingSchedule"]
    other = built(first, Limit(10.0), Limit(6.0))["chargingSchedule"]
    default = built(Form(False, 0), Limit(10.0), Limit(0.0))["chargingSchedule"]
    assert isinstance(plain, dict)
    assert isinstance(other, dict)
    assert isinstance(default, dict)
    assert plain["duration"] == 120
    assert "duration" not in other
    assert [one["limit"] for one in other["chargingSchedulePeriod"]] == [10.0, 6.0]
    assert [one["limit"] for one in default["chargingSchedulePeriod"]] == [10.0, 0.0]
    assert not last.ends


def test_a_default_that_was_refused_is_not_relied_on() -> None:
    """Without it a profile that simply ends would leave the charger at its maximum."""
    profile = profiles.profile(
        Form(True, 1),
        Limit(10.0),
        Limit(0.0),
        booted=None,
        watts=False,
        transaction=7,
        clock=NOW,
    )
    schedule = profile["chargingSchedule"]
    assert isinstance(schedule, dict)
    assert len(schedule["chargingSchedulePeriod"]) == 2
    assert "duration" not in schedule


@pytest.mark.parametrize(
    ("periods", "falls"),
    [
        ([(0, 10.0), (120, 0.0)], True),
        ([(0, 9.0), (118, 0.0)], True),  # it limits itself to 9 A
        ([(0, 10.0)], False),
        ([(0, 10.0), (250, 0.0)], False),
        ([(0, 10.0), (40, 0.0)], False),  # before the renewal
        ([(0, 10.0), (120, 6.0)], False),
        ([(0, 0.0)], False),
        ([(0, 16.0), (120, 0.0)], False),
        ([], False),
    ],
)
def test_a_composite_schedule_proves_that_a_profile_ends(
    periods: list[tuple[int, float]], falls: bool
) -> None:
    listed = [{"startPeriod": start_s, "limit": limit} for start_s, limit in periods]
    answer = {"chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": listed}}
    assert profiles.falls(answer, Limit(10.0), Limit(0.0), watts=False) is falls
    assert not profiles.falls(answer, Limit(10.0), Limit(0.0), watts=True)


@pytest.mark.parametrize("answer", [{}, {"chargingSchedule": 7}, {"chargingSchedule": {}}])
def test_what_is_no_composite_schedule_proves_nothing(answer: dict[str, object]) -> None:
    assert not profiles.falls(answer, Limit(10.0), Limit(0.0), watts=False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTIONS),
            st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON, max_size=4),
        ),
        max_size=5,
    )
)
def test_nothing_that_a_station_says_breaks_its_state(
    said: list[tuple[str, dict[str, object]]],
) -> None:
    state = State()
    for number, (action, payload) in enumerate(said):
        state.hear(action, payload, NOW + timedelta(seconds=number), float(number))
        values = state.values(1, float(number), paused=False, wanted=True)
        assert values.power_kw is None or abs(values.power_kw) < 1e13


@pytest.mark.parametrize(
    ("samples", "power_kw", "currents_a", "register_kwh"),
    [
        ([{"value": "2300", "measurand": "Power.Active.Import"}], 2.3, (), None),
        ([{"value": "2.3", "measurand": "Power.Active.Import", "unit": "kW"}], 2.3, (), None),
        ([{"value": 41000}], None, (), 41.0),
        ([{"value": "41", "unit": "kWh"}, {"value": "nan", "unit": "kWh"}], None, (), 41.0),
        (
            [
                {"value": "6.0", "measurand": "Current.Import", "phase": "L1"},
                {"value": "5.9", "measurand": "Current.Import", "phase": "L2-N"},
                {"value": "9.9", "measurand": "Current.Import", "phase": "L1-L2"},
            ],
            None,
            (6.0, 5.9, 0.0),
            None,
        ),
        (
            [
                {"value": f"{line}000", "measurand": "Power.Active.Import", "phase": f"L{line}"}
                for line in (1, 2, 3)
            ],
            6.0,
            (),
            None,
        ),
    ],
)
def test_meter_values_are_read_in_every_dialect(
    samples: list[dict[str, object]],
    power_kw: float | None,
    currents_a: tuple[float, ...],
    register_kwh: float | None,
) -> None:
    ((_, meter),) = heard.meters({"meterValue": [{"sampledValue": samples}]})
    assert meter.power_kw == (None if power_kw is None else pytest.approx(power_kw))
    assert (meter.currents_a, meter.register_kwh) == (currents_a, register_kwh)


@pytest.mark.parametrize(
    ("units", "watts"),
    [
        ("Current", False),
        ("Power", True),
        ("Current,Power", False),
        ("W", True),
        ("A, W", False),
        ("", False),
    ],
)
def test_the_unit_is_watt_only_where_it_must_be(units: str, watts: bool) -> None:
    keys = [{"key": "ChargingScheduleAllowedChargingRateUnit", "value": units}]
    assert heard.abilities({"configurationKey": keys}).watts is watts


def test_numbers_and_truths_of_the_wrong_type_are_read() -> None:
    keys = [
        {"key": "MeterValueSampleInterval", "value": 10},
        {"key": "ConnectorSwitch3to1PhaseSupported", "value": True},
        {"key": "ChargeProfileMaxStackLevel", "value": None},
        "no object",
    ]
    can = heard.abilities({"configurationKey": keys})
    assert (can.interval_s, can.switches_phases, can.stack_level) == (10.0, True, 1)


def test_a_kept_history_does_not_count_as_now() -> None:
    """The first contact brings messages of past days: those nearest to our time are live."""
    watch = Watch()
    assert watch.live(NOW - timedelta(days=3), NOW)  # not decidable yet
    assert watch.live(NOW - timedelta(seconds=2), NOW)
    assert not watch.live(NOW - timedelta(days=2), NOW)
    assert watch.clock(NOW) == NOW - timedelta(seconds=2)


def test_a_clock_that_is_an_hour_wrong_is_followed() -> None:
    watch = Watch()
    for second in range(3):
        at = NOW + timedelta(seconds=second)
        assert watch.live(at - timedelta(hours=1), at)
    assert watch.clock(NOW) == NOW - timedelta(hours=1)


def test_a_start_that_is_sent_twice_is_one_transaction() -> None:
    state = State()
    start = {"connectorId": 1, "meterStart": 5, "timestamp": "2026-01-15T17:00:00Z", "idTag": "x"}
    first = state.hear("StartTransaction", start, NOW, 0.0)
    again = state.hear("StartTransaction", start, NOW, 1.0)
    other = state.hear("StartTransaction", start | {"meterStart": 9}, NOW, 2.0)
    assert first == again
    assert other is not None
    assert first is not None
    assert other["transactionId"] != first["transactionId"]


def test_a_transaction_that_ran_before_us_is_known_by_its_meter_values() -> None:
    state = State()
    state.hear("StatusNotification", {"connectorId": 1, "status": "Charging"}, NOW, 0.0)
    values = {"connectorId": 1, "transactionId": 42, "meterValue": [{"sampledValue": []}]}
    state.hear("MeterValues", values, NOW, 1.0)
    assert state.connector(1).transaction == 42


def test_the_station_itself_is_no_car() -> None:
    state = State()
    state.hear("StatusNotification", {"connectorId": 0, "status": "Available"}, NOW, 0.0)
    assert state.values(1, 0.0, paused=False, wanted=True).phase is ChargerPhase.UNKNOWN
