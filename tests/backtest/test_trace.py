"""The daily regrets add up to the regret of the stretch; the worst days come first."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from backtest.bound import clairvoyant
from backtest.plant import live
from backtest.rules import seed
from backtest.trace import bound, lived, worst
from backtest.trace_picture import picture
from tests.plan.test_plan_backtest import world

pytest.importorskip("highspy")


def test_the_regret_of_the_days_is_that_of_the_stretch() -> None:
    """The tolerance allows for the last step and for energy left in the cars."""
    home = world()
    ours, best = lived(home, seed(home)), bound(home)
    days = worst(home, ours, best, 99)
    assert [day.regret_eur for day in days] == sorted((d.regret_eur for d in days), reverse=True)
    whole = live(home, seed(home), "", lambda _: None).cost_eur - clairvoyant(home).cost_eur
    assert sum(day.regret_eur for day in days) == pytest.approx(whole, abs=0.3)


def test_powers_balance_and_the_battery_stays_within_its_bounds() -> None:
    home = world()
    for trace in (lived(home, seed(home)), bound(home)):
        inside = trace.load_kw - trace.solar_kw + trace.battery_kw + trace.cars_kw
        assert inside == pytest.approx(trace.grid_kw, abs=1e-6)
        assert trace.soc_pct.min() > -0.1
        assert trace.soc_pct.max() < 100.1


def test_a_day_is_drawn_with_ours_beside_perfect_knowledge() -> None:
    home = world()
    ours, best = lived(home, seed(home)), bound(home)
    (day,) = worst(home, ours, best, 1)
    drawn = ElementTree.fromstring(picture("home", home, (ours, best), day))
    kinds = [path.get("class") for path in drawn.findall("{*}path")]
    assert kinds.count("ours") == kinds.count("best") == 4
    assert {"price", "load", "sun", "rule", "more"} <= set(kinds)
    said = [text.text for text in drawn.findall("{*}text")]
    assert {"house", "sun", "more paid", "00", "24"} <= set(said)


def test_what_is_almost_nothing_is_drawn_as_nothing() -> None:
    home = world()
    ours, best = lived(home, seed(home)), bound(home)
    (day,) = worst(home, ours, best, 1)
    none = np.zeros(home.quarters)
    still, noise = replace(ours, cars_kw=none), replace(best, cars_kw=none + 1e-12)
    noise.cars_kw[::2] *= -1
    assert picture("home", home, (still, noise), day) == picture(
        "home", home, (still, replace(best, cars_kw=none)), day
    )
