"""A reported power counts only as far as the meter explains it, and frees no power for others."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.dm.claims import (
    FALL_S,
    LAG_S,
    NEWCOMERS,
    SETTLE_S,
    Explained,
    Granted,
    balanced,
    explained,
    powers,
    unexplained,
    with_powers,
    within_own,
)
from base import messages

CONNECTION_KW = 17.25
any_kw = st.floats(allow_nan=False, allow_infinity=False)


def pump(power_kw: float, most_kw: float = 2.0) -> messages.Need:
    return messages.Need(name="pump", power_kw=power_kw, most_kw=most_kw)


def cars(**power_kw: float) -> messages.Need:
    each = [messages.CarNeed(name=n, plugged=True, power_kw=kw, most_kw=11.0)
            for n, kw in power_kw.items()]  # fmt: skip
    return messages.Need(name="ev", power_kw=sum(power_kw.values()), cars=tuple(each))


@given(power_kw=any_kw, most_kw=st.just(0.0) | st.floats(0.001, 100))
@example(1.7e308, 2.0)
@example(-1.7e308, 0.0)
def test_no_power_is_beyond_what_the_asset_and_the_connection_carry(
    power_kw: float, most_kw: float
) -> None:
    kept, said = within_own(pump(power_kw, most_kw), CONNECTION_KW)
    assert kept.power_kw is not None
    assert abs(kept.power_kw) <= CONNECTION_KW * 1.2 + 0.3
    assert not most_kw or abs(kept.power_kw) <= most_kw * 1.2 + 0.3 + 1e-9
    assert bool(said) == (kept.power_kw != power_kw)


def test_watts_instead_of_kilowatts_are_explained() -> None:
    _, said = within_own(pump(2000.0), CONNECTION_KW)
    assert said.startswith(
        "pump reports 2000.00 kW, more than its maximum: 2.00 kW is counted for it,"
    )
    _, said = within_own(cars(q4=9e8), CONNECTION_KW)
    assert said.startswith(
        "q4 reports 9.0e+08 kW, more than its maximum: 11.00 kW is counted for it,"
    )


@given(
    st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), st.floats(-20, 20)),
    st.floats(-20, 20),
    st.floats(0, 10),
)
@example({("a", "x"): 0.1, ("b", "x"): 0.2, ("c", "x"): 0.0}, 0.3, 0.0)
def test_the_house_alone_never_gives_more_than_the_roof(
    reported: Mapping[tuple[str, str], float], net_kw: float, roof_kw: float
) -> None:
    """For any reports, the rest of the house never generates more than the possible solar power."""
    first = explained(Explained(), reported, net_kw, roof_kw, 0.0)
    found = explained(first, reported, net_kw, roof_kw, 1.0).kw
    assert found == pytest.approx(first.kw)
    assert found.keys() == reported.keys()
    assert all(min(0, reported[key]) <= kw <= max(0, reported[key]) for key, kw in found.items())
    able_kw = max(roof_kw, -net_kw)  # injected power always counts as explained
    given_kw = sum(min(0.0, kw) for kw in reported.values())
    assert net_kw - sum(found.values()) >= -able_kw - max(0.0, given_kw) - 1e-9


@given(
    st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), st.floats(-20, 20)),
    st.floats(-20, 20),
    st.floats(0, 10),
)
@example({("liar", "liar"): 15.6, ("other", "other"): -0.3}, 0.5, 0.0)
def test_what_is_taken_is_on_the_meter_or_given_by_the_roof_or_a_neighbour(
    kw: Mapping[tuple[str, str], float], net_kw: float, roof_kw: float
) -> None:
    """Accepted loads never exceed the power of meter, roof and discharging neighbours."""
    found = balanced(kw, net_kw, roof_kw)
    taken_kw = sum(each for each in found.values() if each > 0)
    given_kw = -sum(each for each in found.values() if each < 0)
    assert taken_kw <= max(0.0, net_kw + roof_kw + given_kw) + 1e-9
    assert all(0 <= found[key] <= each for key, each in kw.items() if each > 0)
    assert all(found[key] == each for key, each in kw.items() if each <= 0)


def test_what_was_explained_stays_and_the_rise_is_cut() -> None:
    """A car that was charging still counts in full; a new 9 kW counts as the 0.4 kW explained."""
    before = explained(Explained(), {("ev", "q4"): 9.0}, 9.4, 0.0, 0.0)
    reported = {("ev", "q4"): 9.0, ("heater", "heater"): 9.0}
    after = explained(before, reported, 9.4, 0.0, 1.0)
    assert after.kw["ev", "q4"] == 9.0
    assert after.kw["heater", "heater"] == pytest.approx(0.4)
    assert unexplained(before, after, reported) == []  # the meter may lag behind the report
    later = explained(after, reported, 9.4, 0.0, 1.0 + LAG_S)
    assert unexplained(after, later, reported) == [
        "heater reports 9.00 kW, which the meter does not show: 0.40 kW is counted"
    ]
    assert unexplained(later, later, reported) == []


def test_more_than_was_granted_is_load_of_the_house() -> None:
    """After the time allowed for decreasing, a claim above the grant no longer counts."""
    key = ("ev", "q4")
    granted = Granted().met({key: 6.0}, 0.0)
    assert granted.obeyed({key: 6.0})[key] == 6.0
    granted = granted.then({key: 6.0}, 1.0).then({key: 2.0}, 2.0)
    assert granted.met({key: 6.0}, 3.0).obeyed({key: 6.0})[key] == 6.0
    for second in range(3, int(FALL_S) + 5):
        granted = granted.met({key: 6.0}, second).then({key: 2.0}, float(second))
    assert granted.obeyed({key: 6.0})[key] == pytest.approx(2.3)
    assert granted.obeyed({key: -6.0})[key] == pytest.approx(-0.3)


def test_only_a_limited_number_of_new_peers_is_trusted() -> None:
    """A neighbour that keeps changing its name cannot claim the load of the house."""
    granted, believed = Granted().met({}, 0.0), 0
    for second in range(0, 900, 5):
        key = (f"n{second}", "car")
        granted = granted.met({key: 2.0}, second)
        believed += granted.obeyed({key: 2.0})[key] == 2.0
    assert believed == SETTLE_S / 5 + NEWCOMERS
    back = granted.then({("ev", "q4"): 5.0}, 900.0)
    assert back.obeyed({("ev", "q4"): 9.0})["ev", "q4"] == pytest.approx(5.5)


def test_the_powers_of_a_need_are_put_back_where_they_were() -> None:
    needs = {"ev": cars(q4=3.0, i3=1.0), "pump": pump(1.0)}
    assert with_powers(needs, powers(needs)) == needs
    less = with_powers(needs, {key: kw / 2 for key, kw in powers(needs).items()})
    assert [less[name].power_kw for name in ("ev", "pump")] == [2.0, 0.5]
    assert math.isclose(less["ev"].cars[0].power_kw or 0, 1.5)
