"""Text from outside becomes one printable line; a serial number is letters, digits, . - _."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from base.text import clean, plain


@given(st.text())
@example("a\x1b[31mb\u202ec\r\nd\x9b\u2028e\ud800")
def test_any_text_becomes_one_printable_line(text: str) -> None:
    """Cleaning the result again does not change it."""
    once = clean(text)
    assert once.isprintable()
    assert not any(unicodedata.bidirectional(each) in BIDI for each in once)
    assert clean(once) == once
    assert len(clean(text, 3)) <= 3


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_a_sentence_of_a_householder_is_kept() -> None:
    for text in ("Q4 at 62 %, must be at 80 %", "naïef: €1 – 2 °C «ça» 充电 🚗", ""):
        assert clean(text) == text
    assert clean("two\nlines\tand  more ") == "two lines and more"


@given(st.text())
@example('A1"\nRUN+="/bin/sh')
def test_a_serial_number_cannot_end_what_it_stands_in(text: str) -> None:
    assert set(plain(text)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    )
