"""Calendar titles are parsed as their author meant them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ev.title_parser import LONGEST_TITLE, asked, is_marked, marks, plain

NAMES = ("q4", "car_zoe", "Up")


@pytest.mark.parametrize(
    ("title", "cars"),
    [
        ("Klant Gent @q4@", ("q4",)),
        ("@Q4@ Gent", ("q4",)),
        ("@ q 4 @", ("q4",)),
        ("@car_q4@", ("q4",)),
        ("@car q4@", ("q4",)),
        ("@zoe@", ("car_zoe",)),
        ("@CAR_ZOE@", ("car_zoe",)),
        ("@q4@ and @up@", ("q4", "Up")),
        ("@q4@up@", ("q4", "Up")),
        ("@q4@ again @q4@", ("q4",)),
        ("mail an@example.be and bo@example.be @q4@", ("q4",)),
        ("Gent @q4@80%", ("q4",)),
        ("q4 without marks", ()),
        ("one @ alone", ()),
        ("@@ nobody", ()),
    ],
)
def test_the_word_between_the_marks_names_the_car(title: str, cars: tuple[str, ...]) -> None:
    """Case, spaces and the prefix "car" do not matter; two cars may be named."""
    named = marks(title, NAMES)
    assert named.cars == cars
    assert named.unknown == ()


@pytest.mark.parametrize(
    ("title", "unknown"),
    [
        ("@audi@ Gent", ("audi",)),
        ("@q4@ @audi@", ("audi",)),
        ("mail an@example.be", ()),
        ("@  @", ()),
    ],
)
def test_a_name_that_is_no_car_is_given_back(title: str, unknown: tuple[str, ...]) -> None:
    """An e-mail address is not a car; a mark without a known car is reported."""
    assert marks(title, NAMES).unknown == unknown


def test_a_full_name_goes_before_a_name_without_its_car() -> None:
    """In a house with both car_q4 and q4, each is found by its own name."""
    assert marks("@car_q4@", ["car_q4", "q4"]).cars == ("car_q4",)
    assert marks("@q4@", ["car_q4", "q4"]).cars == ("q4",)


@pytest.mark.parametrize(
    ("text", "pct", "kwh", "km"),
    [
        ("80%", 80, None, None),
        ("80 %", 80, None, None),
        ("80\u00a0%", 80, None, None),
        ("vol: 100 procent", 100, None, None),
        ("70-80%", 80, None, None),
        ("90% there, 50% is enough back", 90, None, None),
        ("30 kWh", None, 30, None),
        ("12,5kwh", None, 12.5, None),
        ("120 km", None, None, 120),
        ("(120km)", None, None, 120),
        ("ca.120 km", None, None, 120),
        ("1.200 km", None, None, 1200),
        ("62,5 kilometer", None, None, 62.5),
        ("2x60 km", None, None, 120),
        ("2 × 60 km", None, None, 120),
        ("60 km x 2", None, None, 120),
        ("60 km each way", None, None, 120),
        ("60 km per richting", None, None, 120),
        ("60 km + 50 km", None, None, 110),
        ("80% and 120 km", 80, None, 120),
        ("E40 afrit 12, 60 km", None, None, 60),
        ("18 kWh/100 km, 120 km/h, then 90 km", None, None, 90),
        ("18 kWh per 100km", None, None, None),
        ("120 km/u", None, None, None),
        ("kamer 80", None, None, None),
        ("abc80%", None, None, None),
        ("<b>90</b> https://maps.example/120km", None, None, None),
        ("90&nbsp;km<br>", None, None, 90),
    ],
)
def test_numbers_with_a_unit_are_the_need(
    text: str, pct: float | None, kwh: float | None, km: float | None
) -> None:
    """Percentages, kWh and km are found in any usual form; other numbers are ignored."""
    for found in (asked(f"Gent @q4@ {text}", ""), asked("Gent @q4@", text)):
        if pct is kwh is km is None:
            assert found is None
        else:
            assert found is not None
            assert (found.pct, found.kwh, found.km) == (pct, kwh, km)


def test_the_title_goes_before_the_description() -> None:
    """A description often holds unrelated numbers."""
    found = asked("@q4@ 90%", "route of 300 km")
    assert found
    assert (found.pct, found.km) == (90, None)


def test_there_and_back_is_a_doubt_and_not_a_guess() -> None:
    """ "Retour" can mean the whole distance or half of it: the distance is used as written."""
    found = asked("@q4@ 120 km retour", "")
    assert found
    assert (found.km, found.doubt) == (120, "retour")


def test_a_title_is_fit_for_a_screen() -> None:
    """No escape code, line break or long text reaches the screen or the log."""
    assert plain("a\x1b[31m\r\nb\u202ec") == "a [31m bc"
    assert len(plain("x" * 500)) == LONGEST_TITLE


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read(title: str, description: str) -> None:
    """Any title gives existing cars and non-negative numbers, without an error."""
    named = marks(title, NAMES)
    assert set(named.cars) <= set(NAMES)
    assert not named.cars or is_marked(title)
    found = asked(title, description)
    if found:
        assert all(n is None or n >= 0 for n in (found.pct, found.kwh, found.km))
        assert found.words


@given(
    st.sampled_from(NAMES),
    st.integers(0, 999),
    st.sampled_from(["%", " %", "kWh", " kwh", "km", " KM"]),
    st.text(st.characters(categories=["L", "Zs"]), max_size=30),
    st.text(st.characters(categories=["L", "Zs"]), max_size=30),
)
@example("q4", 60, " km", "", "U")  # a one-letter word made it a speed
def test_what_was_written_is_what_is_read(
    name: str, number: int, unit: str, before: str, after: str
) -> None:
    """Other words around a car and a need change neither of them."""
    title = f"{before} @{name}@ {number}{unit} {after}"
    found = asked(title, "")
    assert marks(title, NAMES).cars == (name,)
    assert found
    read = {"%": found.pct, "kwh": found.kwh, "km": found.km}
    assert read[unit.strip().lower()] in (number, 2 * number)  # "each way" may follow: twice
