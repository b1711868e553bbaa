"""Detection of late, out-of-order and duplicate house messages."""

from datetime import UTC, datetime, timedelta

from apps.shared.freshness import ANOTHER_CLOCK_S, Echo, Order

NOW = datetime(2026, 1, 15, 17, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def told(order: Order, sent_s: float, come_s: float, *, off_s: float = 0.0) -> bool:
    """True if a house sent at `sent_s` (by a clock off by `off_s`) is accepted at `come_s`."""
    return order.takes(after(sent_s + off_s), after(come_s), come_s, fresh=True)


def test_a_line_that_is_late_is_as_good_as_silent_whatever_the_meters_clock() -> None:
    for off_s in (-100.0, 0.0, 3600.0):
        order = Order()
        assert told(order, 0, 0.1, off_s=off_s)
        assert told(order, 5, 12, off_s=off_s)
        assert not told(order, 6, 18, off_s=off_s)
        assert told(order, 20, 20.2, off_s=off_s)


def test_an_older_house_is_dropped_and_a_second_copy_changes_nothing() -> None:
    order = Order()
    assert told(order, 2, 2)
    assert not told(order, 1, 2.1)
    assert told(order, 2, 2.2)
    assert told(order, 3, 3)


def test_a_clock_that_was_set_is_followed_in_the_end() -> None:
    """A clock set ahead is accepted at once, one set back after ten minutes."""
    order = Order()
    assert told(order, 0, 0)
    assert told(order, 1, 1, off_s=7200)
    taken = [told(order, s, s) for s in range(2, int(ANOTHER_CLOCK_S) + 60)]
    assert not taken[0]
    assert taken[-1]


def test_a_house_that_reports_old_values_is_accepted() -> None:
    order = Order()
    assert told(order, 0, 0)
    assert order.takes(after(0), after(30), 30.0, fresh=False)


def test_a_house_faster_than_our_clock_is_never_late() -> None:
    order = Order()
    assert all(told(order, 60 * s, s) for s in range(100))


def test_the_echo_tells_how_far_behind_a_peer_is() -> None:
    echo = Echo()
    for s in range(30):
        echo.sent(after(s), float(s))
    assert echo.behind_s(None) == 0.0
    assert echo.behind_s(after(29)) == 0.0
    assert echo.behind_s(after(10)) == 19.0
    echo.sent(after(-3600), 30.0)
    assert echo.behind_s(after(29)) == 0.0
