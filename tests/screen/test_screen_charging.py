"""The charging screen: its drawing, its size, and its texts in each state.

The golden files are the screen as text. DM_GOLDEN=write rewrites them: review the difference.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base import messages
from ev.charge_demand import Demand, Urgency, plainly
from ev.facts import Car, ChargerPhase, ChargerState, Trip
from ev.habit import Usual
from ev.inputs import Cable
from screen.charging.layout import render
from screen.charging.sample import charging_example
from screen.charging.view import ChargingView, Plug, UsualRow, headline, summary, told
from screen.primitives import CONSOLE, GLYPHS, LARGE, SMALL, UNICODE, Size
from tests.screen.factories import GOLDEN, SHOWN, compare, tiles

CHOICE = messages.Choice(
    peer="ev", car="q4", leaves=charging_example().now, over_kw=3.2, eur=13.95, lacks_kwh=9.0
)


def first(view: ChargingView, **changes: object) -> ChargingView:
    """The view with only its first plug, which is changed."""
    return replace(view, plugs=(replace(view.plugs[0], **changes),))  # type: ignore[arg-type]


def empty() -> ChargingView:
    state = ChargerState(charger="main", at=charging_example().now, phase=ChargerPhase.STANDBY)
    none = Demand(urgency=Urgency.NONE, why="no car connected")
    return first(charging_example(), cable=Cable(charger=state), demand=none)


def guest() -> ChargingView:
    view = charging_example()
    cable = replace(view.plugs[0].cable, car=None, soc_pct=None, soc_at=None, trips=())
    return first(
        view,
        cable=cable,
        demand=Demand(urgency=Urgency.SOON, why="a guest", energy_kwh=20.0),
        read_by="",
    )


def broken() -> ChargingView:
    view = charging_example()
    state = replace(
        view.plugs[0].cable.charger,
        phase=ChargerPhase.ERROR,
        power_kw=None,
        currents_a=(),
        notice="main detects a residual current: unplug the car and look for damage or water.",
    )
    return first(view, cable=replace(view.plugs[0].cable, charger=state))


def short() -> ChargingView:
    view = charging_example()
    plan, control = view.plugs[0].plan, view.plugs[0].control
    assert plan is not None
    missing = replace(plan, lacks_kwh=7.3, ready_at=None, choice=CHOICE)
    return first(view, plan=missing, control=replace(control, alarm=plan.deadline))


def hostile() -> ChargingView:
    """Texts from clouds and calendars that could break a terminal or a layout."""
    nasty = "\x1b[2J\x07日本語🔋\u202e" * 8
    view = charging_example()
    plug = view.plugs[0]
    car = Car(name=nasty, capacity_kwh=77.0)
    trip = Trip(
        car=nasty,
        departure=view.now + timedelta(hours=1),
        back=view.now,
        target_pct=1e9,
        title=nasty,
        why=nasty,
    )
    state = replace(plug.cable.charger, charger=nasty, notice=nasty, session_kwh=1e9)
    cable = replace(plug.cable, charger=state, car=car, soc_pct=250.0, trips=(trip,) * 50)
    event = messages.Event(at=view.now, level="error", text=nasty)
    demand = replace(plug.demand, why=nasty)
    ill = Plug(
        cable=cable,
        demand=demand,
        control=plug.control,
        plan=plug.plan,
        whose=nasty,
        read_by=nasty,
        came=plug.came,
    )
    return replace(
        view,
        plugs=(ill,) * 7,
        trips=(trip,) * 60,
        cars=tuple(replace(row, name=nasty, read_by=nasty, charger=nasty) for row in view.cars)
        * 20,
        trouble=(nasty,) * 9,
        events=messages.Events(events=(event,) * 40),
        title=nasty,
    )


STATES = {
    "usual": charging_example(),
    "unknown": ChargingView(now=charging_example().now),
    "empty": empty(),
    "guest": guest(),
    "broken": broken(),
    "short": short(),
    "silent": replace(charging_example(), now=charging_example().now + timedelta(seconds=41)),
    "hostile": hostile(),
}


@pytest.mark.parametrize("glyphs", GLYPHS)
@pytest.mark.parametrize("layout", SHOWN)
def test_the_charging_screen_is_as_drawn(layout: str, glyphs: str) -> None:
    """Each layout, in each glyph set, equals its golden text."""
    frame = render(charging_example(), SHOWN[layout], GLYPHS[glyphs])
    compare(frame, GOLDEN / f"charging-{layout}-{glyphs}.txt")


@settings(max_examples=60, deadline=None)
@given(
    columns=st.integers(80, 300),
    rows=st.integers(24, 80),
    glyphs=st.sampled_from(list(GLYPHS)),
    state=st.sampled_from(list(STATES)),
)
def test_charging_panels_tile_the_terminal(
    columns: int, rows: int, glyphs: str, state: str
) -> None:
    """From 80x24 up every row is exactly as wide as the terminal, and the number of rows fits."""
    size = Size(columns, rows)
    assert tiles(render(STATES[state], size, GLYPHS[glyphs]), size)


@pytest.mark.parametrize("state", STATES)
def test_below_small_it_says_whether_the_car_is_ready(state: str) -> None:
    """A terminal too small for panels has a sentence with its full reason, and the required
    size.
    """
    frame = render(STATES[state], Size(60, 23), UNICODE)
    said = " ".join(frame.text.split())
    if state != "hostile":  # its one long word is split over rows
        assert said.startswith(" ".join(UNICODE.clean(told(STATES[state], UNICODE)).split()))
    assert said.endswith("The screen needs 80x24, this terminal has 60x23.")


def test_the_headline_answers_the_question_of_the_day() -> None:
    """The headline states whether the car will be ready."""
    view = charging_example()
    assert headline(view, UNICODE) == "q4 62 %, ready Fri 03:50"
    assert headline(short(), UNICODE) == "q4 62 %, 7.3 kWh short at Fri 07:30"
    assert headline(empty(), UNICODE) == "no car connected"
    plan = view.plugs[0].plan
    assert plan is not None
    little = first(view, plan=replace(plan, ready_at=None))
    assert headline(little, UNICODE) == "q4 62 %, until Fri 04:12", "a last bit awaits a new plan"
    none = first(view, plan=replace(plan, ready_at=None, kws=(0.0,) * 8))
    assert headline(none, UNICODE) == "q4 62 %, waiting"
    assert summary(view, UNICODE).startswith(
        "2026-01-15 23:12 q4 62 %, ready Fri 03:50, charging 2.97 kW"
    )


def test_an_unknown_figure_is_not_in_a_sentence() -> None:
    assert headline(guest(), UNICODE) == f"{guest().plugs[0].cable.name}, ready Fri 03:50"
    assert "charging -" not in summary(broken(), UNICODE)
    assert "- kW" not in render(broken(), LARGE, UNICODE).text
    assert "- €" not in render(first(charging_example(), eur=None), LARGE, UNICODE).text


def test_more_chargers_than_room_take_turns() -> None:
    """At 80x24 the two chargers are shown one after the other."""
    view = charging_example()
    titles = {
        line
        for seconds in range(0, 24, 6)
        for line in render(
            replace(view, now=view.now + timedelta(seconds=seconds)), SMALL, UNICODE
        ).text.splitlines()
        if line.startswith("╭─ Charger")
    }
    assert len(titles) == 2


def test_it_asks_which_car_it_is_and_says_what_to_type() -> None:
    view = first(guest(), asks=("q4", "zoe"))
    shown = render(view, LARGE, UNICODE).text
    assert "Which car? Type car q4, car zoe or car guest on" in shown


def test_an_old_house_is_reported() -> None:
    assert "no data for 42 s" in render(STATES["silent"], SMALL, UNICODE).text


def test_the_console_gets_only_what_it_can_draw() -> None:
    """The Pi's console has no euro sign and no sparkline."""
    allowed = set("┌─┐│└┘ ░▒█") | set(map(chr, range(32, 127)))
    for state in STATES.values():
        for size in SHOWN.values():
            assert set(render(state, size, CONSOLE).text) - {"\n"} <= allowed


def test_a_usual_trip_is_listed_among_the_trips() -> None:
    """It follows those of the calendar, as a whole sentence."""
    view = charging_example()
    usual = Usual(
        leaves=view.now + timedelta(days=7),
        returns=view.now + timedelta(days=7, hours=8),
        chance=0.8,
        kwh=7.0,
        most_kwh=8.0,
    )
    row = UsualRow(car="q4", trip=usual, km=38.0)
    view = replace(view, usual=(row,))
    large = render(view, LARGE, UNICODE).text
    assert "q4 expected, as on most" in large
    assert large.index(plainly(view.trips[-1].title)) < large.index("q4 expected, as on most")
