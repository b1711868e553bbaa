"""Each of the eight notifications and its buttons are translated."""

import inspect
import re
from pathlib import Path

import pytest

from base.catalogue import language
from base.language import Language, reasons
from notify import sentences
from notify.sentences import Told
from tests.locales.sources import travelling
from tests.notify.factories import LEAVES

WITHOUT = (sentences.leaves_at(61.0), sentences.leaves_short(5.2))
TOLD: tuple[Told, ...] = (
    sentences.month_peak(1.24, 3.4, 7, 5.28),
    sentences.month_peak(1.24, 3.4, 7, None),
    sentences.dear_trip("q4", LEAVES, 5.24, 1.2, WITHOUT[0], accepted=True),
    sentences.dear_trip("q4", LEAVES, 5.24, None, WITHOUT[1], accepted=False),
    sentences.short_trip("q4", LEAVES, 5.2),
    sentences.unplugged("q4", LEAVES, 31.0, 24.0),
    sentences.unknown_car("main"),
    sentences.silence(10),
    sentences.consent(LEAVES),
    sentences.no_prices(LEAVES.date()),
    sentences.ending("~"),
    sentences.bill(LEAVES.date(), 1244.76, None, None),
    sentences.bill(LEAVES.date(), 1244.76, 3.41, None),
    sentences.bill(LEAVES.date(), 1244.76, 3.41, 14.2),
    sentences.test(),
)
BUTTONS = (sentences.ACCEPT, sentences.REFUSE, sentences.BOOST, sentences.GUEST)
OURS = {
    "kW", "kWh", "VAT", "q", "main", "P", "do", "py", "sh", "doctor", "mijn", "fluvius", "be",
    "Fri", "Jan",
}  # fmt: skip
"""Units, addresses, days (translated by `read` itself), and names of the example."""


def foreign(text: str) -> str:
    """The text with each letter replaced by a dot."""
    return re.sub(r"[A-Za-z]", "·", text)


@pytest.mark.parametrize("sentence", [*BUTTONS, *(text for told in TOLD for text in told)])
def test_nothing_of_a_notification_stays_english(sentence: str) -> None:
    pseudo = Language("en", reasons=reasons(travelling()), mark=foreign)
    assert set(re.findall(r"[A-Za-z]+", pseudo.read(sentence))) <= OURS


def test_every_sentence_stands_above() -> None:
    """A sentence added to sentences.py must be added to this test."""
    made = set(re.findall(r"^def ([a-z]\w*)", inspect.getsource(sentences), re.MULTILINE))
    used = set(re.findall(r"sentences\.(\w+)\(", Path(__file__).read_text(encoding="utf-8")))
    assert made <= used


def test_numbers_days_and_labels_are_belgian() -> None:
    dutch, french = language("nl"), language("fr")
    assert dutch.read(TOLD[2].title) == "q4 op vr 16 jan 07:30: volgeladen voor 5,24 € meer?"
    assert french.read(TOLD[11].title) == "Facture de jan 2026 : 1.244,76 €"
    assert dutch.read(sentences.BOOST) == "Nu laden"
