"""Colour on the battery and charging screens: power flows, and tasks for the owner."""

from dataclasses import replace

import pytest
from rich.style import Style

from bs.inputs import Unit
from screen.battery import panels as battery
from screen.battery.sample import example
from screen.charging import panels as charging
from screen.charging.sample import charging_example
from screen.primitives import ATTENTION, IN_FORCE, INACTIVE, STRONG, UNICODE, Block, Size

SIZE = Size(40, 8)


def style_of(word: str, shown: Block) -> Style | None:
    """The style of the last piece of text that contains this."""
    return [each.style for line in shown for each in line if word in each.text][-1]


@pytest.mark.parametrize(
    ("power_kw", "act", "style"),
    [(1.8, "charging", IN_FORCE), (-1.8, "discharging", INACTIVE), (0.0, "holding", STRONG)],
)
def test_what_flows_has_its_colour(power_kw: float, act: str, style: Style) -> None:
    view = example()
    (unit,) = view.units
    moved = Unit(unit.battery, replace(unit.state, power_kw=power_kw))
    shown = battery.battery(replace(view, units=(moved,), act=act), SIZE, UNICODE)
    assert style_of(act, shown) == style


def test_what_needs_the_owner_is_yellow_and_a_car_that_charges_green() -> None:
    plug = charging_example().plugs[0]
    assert style_of("charging", charging.charger(plug, SIZE, UNICODE)) == IN_FORCE
    state = replace(plug.cable.charger, notice="main draws 22.0 kW")
    odd = replace(plug, cable=replace(plug.cable, charger=state))
    assert style_of("22.0 kW", charging.charger(odd, SIZE, UNICODE)) == ATTENTION
