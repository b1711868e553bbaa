"""The load bench evaluates all methods on the same days, and held-out days separately."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from bench.load import BOOSTED, NO_WEATHER, OURS, WEEK, errors, home, last_week, mean_w, table, ways

START = datetime(2025, 3, 31, 22, tzinfo=UTC)
WEEKS = np.tile(np.repeat((0.2, 0.3, 0.4, 0.5, 0.6, 1.0, 1.2), 96), 9)


def test_a_home_that_lives_by_the_week_is_foreseen_by_last_week() -> None:
    """The load rises by 0.1 kW after the tuned days, so only the held-out days have an error."""
    kw = WEEKS.copy()
    kw[96 * 58 :] += 0.1
    found = errors(home(START, kw, {}), last_week)
    assert min(found) == date(2025, 4, 29)
    assert mean_w(found, held=False) == 0.0
    assert mean_w({day: row for day, row in found.items() if day.day > 28}, held=True) > 0.0


def test_every_method_has_its_column_and_every_hour_its_row() -> None:
    """Without weather data the methods that need it are left out."""
    found = ways(home(START, WEEKS, {}), trees=False)
    assert NO_WEATHER not in found
    assert BOOSTED not in found
    rows = list(table(found))
    assert len(rows) == 27
    assert rows[0].split()[:2] == ["hour", OURS]
    assert mean_w(found[WEEK], held=True) < mean_w(found[OURS], held=True)


def test_a_heat_pump_is_foreseen_by_the_weather() -> None:
    days = [date(2025, 4, 1) + timedelta(days=n) for n in range(63)]
    air = {day: 8.0 + 6.0 * np.sin(n) for n, day in enumerate(days)}
    kw = np.repeat([0.3 + 0.1 * (15.5 - each) for each in air.values()], 96)
    found = ways(home(START, kw, air), trees=False)
    assert mean_w(found[OURS], held=True) < 0.5 * mean_w(found[NO_WEATHER], held=True)
