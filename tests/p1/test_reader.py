"""The incremental reader of one meter gives the same result as the plain reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p1.reader import Reader
from p1.reading import read
from p1.telegram import parse
from tests.p1 import make

FULL = {**make.HOUSE, **make.GAS}
OTHER = {
    "0-0:1.0.0": ["(251026023000S)", "(251026023000W)", "(260230120000W)", "(260115173824)", "()"],
    "1-0:1.8.1": ["(001484.823*kWh)", "(1484823.00*kWh)", "(00148.4.22*kWh)", "(001484822*Wh)"],
    "1-0:1.7.0": ["(00.444*kW)", "(0000444*W)", "(-0.444*kW)", "(00.4.4*kW)", "(......*kW)", "(?)"],
    "1-0:52.7.0": ["(000.0*V)", "(231.0)", "(231*V)"],
    "1-0:94.32.1": ["(230)", "(400)"],
    "1-3:0.2.8": ["(50)"],
    "0-0:96.1.1": ["(3153414733313030303031323335)"],
    "0-0:96.14.0": ["(0002)"],
    "0-0:98.1.0": ["(0)(1-0:1.6.0)(1-0:1.6.0)()"],
    "0-1:24.2.3": ["(260115174000W)(01284.907*m3)"],
    "0-0:96.13.0": ["(48)"],
}


def assert_same(telegrams: list[bytes]) -> None:
    reader = Reader()
    for raw in telegrams:
        assert reader.read(parse(raw)) == read(parse(raw))


@pytest.mark.parametrize("code", sorted(OTHER))
def test_each_change_is_seen_at_once_and_undone_at_once(code: str) -> None:
    """No value of the previous telegram is kept where this one differs."""
    for value in OTHER[code]:
        assert_same([make.seal(FULL), make.seal({**FULL, code: value}), make.seal(FULL)])


@pytest.mark.parametrize("code", sorted(FULL))
def test_an_object_that_vanishes_and_returns(code: str) -> None:
    less = {key: value for key, value in FULL.items() if key != code}
    assert_same([make.seal(FULL), make.seal(less), make.seal(FULL)])


def test_the_first_of_equal_codes_counts_here_too() -> None:
    lines = "1-0:2.7.0(00.1*kW)\r\n1-0:1.7.0({})\r\n1-0:1.7.0({})\r\n1-0:1.4.0(00.1*kW)"
    values = [
        ("00.3*kW", "00.9*kW"),
        ("00.4*kW", "00.9*kW"),
        ("00.4*kW", "00.8*kW"),
        ("?", "00.7*kW"),
    ]
    assert_same([make.seal_text(lines.format(*pair)) for pair in [*values, ("?", "00.6*kW")]])


def test_dutch_and_one_phase() -> None:
    dutch = {"1-3:0.2.8": "(50)", **make.without("0-0:96.1.4", *make.L2_AND_L3)}
    later = {**dutch, "1-0:1.8.1": "(001484.823*kWh)", "1-0:21.7.0": "(01.234*kW)"}
    assert_same([make.seal(dutch), make.seal(later)])


def test_values_on_lines_of_their_own() -> None:
    """The value is on the line after its code, as gas before DSMR 4."""
    lines = "\r\n".join(code + groups for code, groups in FULL.items())
    apart = lines.replace("1-0:1.7.0(", "1-0:1.7.0\r\n(")
    assert_same([make.seal_text(text) for text in (lines, apart, apart, lines)])


@pytest.mark.parametrize("clock", ["26", "2601151738", "260115173824WW", "260115173824"])
def test_odd_clocks(clock: str) -> None:
    odd = {**FULL, "0-0:1.0.0": f"({clock})"}
    assert_same([make.seal(odd), make.seal({**odd, "1-0:1.7.0": "(00.001*kW)"})])


@pytest.mark.parametrize(
    ("code", "value"), [("1-0:1.8.1", "(1000000000*kWh)"), ("1-0:1.7.0", "(100000*kW)")]
)
def test_a_number_too_large_for_its_unit_in_as_many_characters(code: str, value: str) -> None:
    """Without its decimal point the number is too large, and the value is unknown."""
    assert_same([make.seal(FULL), make.seal({**FULL, code: value})])


CHANGES = st.one_of(
    st.sampled_from([(code, value) for code, values in OTHER.items() for value in values]),
    st.tuples(
        st.sampled_from(sorted(FULL)),
        st.from_regex(r"\([0-9.]{4,10}\*(kWh|kW|V|A)\)", fullmatch=True),
    ),
)


@given(st.lists(st.lists(CHANGES, max_size=3), min_size=2, max_size=6))
@settings(max_examples=100)
def test_any_telegrams_in_a_row(changes: list[list[tuple[str, str]]]) -> None:
    assert_same([make.seal({**FULL, **dict(change)}) for change in changes])


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=100), max_size=4))
def test_no_text_raises(texts: list[str]) -> None:
    assert_same([text.encode("latin-1") for text in texts])
