"""The owner's commands: their content, their car and their end."""

from datetime import UTC, datetime

import pytest

from ev.inputs import Mode, Wish
from ev.owner_command import named, order, said

NOW = datetime(2026, 1, 15, 21, 0, tzinfo=UTC)  # 22:00 in Brussels
CARS = ("q4", "zoe")


@pytest.mark.parametrize(
    ("typed", "car", "wish"),
    [
        ("q4 80 by 07:30", "q4", Wish(Mode.CHARGE, 80, datetime(2026, 1, 16, 6, 30, tzinfo=UTC))),
        ("Q4 80% by 7h30", "q4", Wish(Mode.CHARGE, 80, datetime(2026, 1, 16, 6, 30, tzinfo=UTC))),
        ("80 by 23:00", "zoe", Wish(Mode.CHARGE, 80, datetime(2026, 1, 15, 22, 0, tzinfo=UTC))),
        ("90", "zoe", Wish(Mode.CHARGE, 90)),
    ],
)
def test_an_order_is_understood(typed: str, car: str, wish: Wish) -> None:
    """An order has a percentage, a car if several are connected, and optionally a time."""
    assert order(typed.split(), CARS, ("zoe",), NOW) == (car, wish)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "percentage"),
        ("q4", "percentage"),
        ("q4 180", "1 to 100"),
        ("q4 80 by 25:00", "25:00 is not a time"),
        ("tesla 80", "tesla is not one of the cars here: q4, zoe"),
    ],
)
def test_a_wrong_order_is_explained(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        order(typed.split(), CARS, ("zoe",), NOW)


def test_a_guest_cannot_be_charged_to_a_percentage() -> None:
    """Its SoC is unknown, so the order is refused."""
    with pytest.raises(ValueError, match="state of charge of guest on main is unknown"):
        order(["80"], CARS, ("guest on main",), NOW)


def test_which_car_is_meant() -> None:
    """It is the only connected car, or the named one; a guest can be named too."""
    assert named([], CARS, ("q4",)) == "q4"
    assert named(["guest", "on", "main"], CARS, ("guest on main",)) == "guest on main"
    with pytest.raises(ValueError, match="which car: q4, zoe"):
        named([], CARS, CARS)
    with pytest.raises(ValueError, match="no car is connected"):
        named([], CARS, ())


def test_in_summer_the_clock_on_the_wall_counts() -> None:
    """In the night when the clock goes forward, 07:30 is 05:30 UTC."""
    now = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    _, wish = order(["q4", "80", "by", "07:30"], CARS, CARS, now)
    assert wish.by == datetime(2026, 3, 29, 5, 30, tzinfo=UTC)


def test_an_accepted_command_is_confirmed() -> None:
    assert said(Wish(Mode.BOOST), "q4") == "q4 charges as fast as it can, until it leaves"
    at = datetime(2026, 1, 16, 6, 30, tzinfo=UTC)
    assert said(Wish(Mode.CHARGE, 80, at), "q4") == "q4 is charged to 80 % by Fri 07:30"
