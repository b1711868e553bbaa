"""Panels behind a meter are detected from the region's sunlight, or reported as absent."""

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from sun import hidden
from sun.hidden import Hidden

DAYS = 28
Floats = NDArray[np.float64]


def fitted(net: Floats, sun: Floats) -> Hidden | None:
    return hidden.fitted(net.tolist(), sun.tolist())


def sunlight(seed: int = 1, days: int = DAYS) -> Floats:
    """kW of 1 kWp, with different clouds each day."""
    random = Random(seed)
    hours = np.arange(96) / 4
    noon = np.clip(np.sin((hours - 7) / 10 * np.pi), 0, None) * ((hours > 7) & (hours < 17))
    return np.asarray(np.outer([random.uniform(0.05, 0.8) for _ in range(days)], noon).ravel())


def load(days: int = DAYS) -> Floats:
    """A load with evenings and a working week."""
    hours = np.arange(96 * days) / 4 % 24
    evening = 1.5 * np.exp(-0.5 * ((hours - 19) / 1.5) ** 2)
    noise = np.random.default_rng(1).normal(0, 0.2, 96 * days)
    return np.asarray(0.4 + evening + noise + 0.3 * ((np.arange(96 * days) // 96) % 7 > 4))


@pytest.mark.parametrize("kwp", [1.0, 4.5, 9.0])
def test_the_panels_are_found_within_their_error(kwp: float) -> None:
    found = fitted(load() - kwp * sunlight(), sunlight())
    assert found is not None
    assert found.sure
    assert found.kwp == pytest.approx(kwp, abs=2 * found.error_kwp)
    assert found.error_kwp < 0.3


def test_a_house_without_panels_has_none() -> None:
    found = fitted(load(), sunlight())
    assert found is not None
    assert not found.sure


def test_the_sun_of_another_region_is_not_taken_for_this_one() -> None:
    found = fitted(load() - 0.7 * sunlight(1), sunlight(2))
    assert found is not None
    assert not found.sure


def test_holes_are_left_out() -> None:
    net, sun = load() - 4.5 * sunlight(), sunlight()
    net[300:900], sun[1200:1300] = np.nan, np.nan
    found = fitted(net, sun)
    assert found is not None
    assert found.kwp == pytest.approx(4.5, abs=0.3)


@pytest.mark.parametrize("days", [0, 7])
def test_a_week_is_too_little_to_tell(days: int) -> None:
    assert fitted(load(days), sunlight(days=days)) is None


def test_nights_alone_tell_nothing() -> None:
    assert fitted(load(), np.zeros(96 * DAYS)) is None
