"""The screens in each language: fully translated, not truncated, and equal to golden files.

DM_GOLDEN=write rewrites the golden files; review the diff afterwards.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from base.catalogue import language
from base.language import CODES, Language, reasons
from screen.battery import layout as battery
from screen.battery.sample import example as battery_example
from screen.charging import layout as charging
from screen.charging.sample import charging_example
from screen.meter import layout as meter
from screen.meter.sample import example as meter_example
from screen.primitives import UNICODE, Frame, Glyphs, Size
from tests.locales.sources import travelling
from tests.screen.factories import compare

GOLDEN = Path(__file__).parent / "golden"
SCREENS: dict[str, Callable[[Size, Glyphs], Frame]] = {
    "meter": lambda size, glyphs: meter.render(meter_example(), size, glyphs),
    "charging": lambda size, glyphs: charging.render(charging_example(), size, glyphs),
    "battery": lambda size, glyphs: battery.render(battery_example(), size, glyphs),
}
SIZES = {"S": Size(80, 24), "M": Size(120, 40), "L": Size(240, 54)}
OURS = {
    "kW", "kWh", "V", "A", "L", "h", "min", "s", "SAG", "SEN", "FLO", "FLU", "ev",
    "q", "zoe", "main", "carport", "home", "battery", "car", "work", "Antwerp", "eudataact",
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "C",
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "m", "d",
}  # fmt: skip
"""Units, days, and the owner's names in the example."""
CAR_ROW = re.compile(r"│? ?(q4|zoe) +\d+ %")
FAR = 0x1D5BA - ord("a"), 0x1D5A0 - ord("A")


def foreign(text: str) -> str:
    """The text with its letters replaced by those of another alphabet of equal width."""
    return "".join(_far(char) for char in text)


def _far(char: str) -> str:
    if "a" <= char <= "z":
        return chr(ord(char) + FAR[0])
    return chr(ord(char) + FAR[1]) if "A" <= char <= "Z" else char


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_word_on_a_screen_is_translated(screen: str, size: Size) -> None:
    """With foreign letters, only units and the owner's names remain in Latin letters."""
    pseudo = Language("en", reasons=reasons(travelling()), mark=foreign)
    text = SCREENS[screen](size, replace(UNICODE, language=pseudo)).text
    words = set(re.findall(r"[A-Za-z]+", text))
    assert not {word for word in words if word not in OURS}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_but_a_long_reason_is_cut(screen: str, size: Size, code: str) -> None:
    """Titles and facts are complete in every language; only reasons and events are truncated.

    The row of a car is exempt: it is too narrow in English too.
    """
    glyphs = replace(UNICODE, language=language(code))
    for row in SCREENS[screen](size, glyphs).text.splitlines()[1:]:
        for panel in re.split("│ │|││|╮╭|╯╰", row):
            assert "…" not in panel or len(panel) > 50 or CAR_ROW.match(panel), panel
            assert not re.match("╭.*…", panel), panel


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_the_screen_in_this_language_is_as_drawn(screen: str, code: str) -> None:
    """Checked at 80x24; tests/screen compares the other sizes in English."""
    frame = SCREENS[screen](SIZES["S"], replace(UNICODE, language=language(code)))
    compare(frame, GOLDEN / f"{screen}-{code}.txt")
