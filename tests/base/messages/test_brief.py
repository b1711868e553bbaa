"""A sentence too long for a message is cut after a word and ends with an ellipsis."""

from hypothesis import given
from hypothesis import strategies as st

from base.messages import WHY_MOST, brief


def test_a_long_reason_ends_at_a_word() -> None:
    assert brief("waiting: the quarter is full", 20) == "waiting: the…"
    assert brief("waiting: the quarter", 20) == "waiting: the quarter"
    assert brief("x" * 30, 20) == "x" * 19 + "…"


@given(st.text(max_size=3 * WHY_MOST))
def test_no_reason_is_longer_than_the_wire_takes(text: str) -> None:
    assert len(brief(text)) <= WHY_MOST
