"""Pulses: a charger with a minimum of 4.1 kW follows a plan of 2 kW by running part of the time."""

from datetime import timedelta
from itertools import groupby

import pytest

from plan.allocation import Shared, share
from plan.assets import assets
from plan.schedule import Plan, Schedule
from plan.state import Rules
from tests.plan.factories import NOW, battery, car, house, needs

CAR = ("ev", "q4")
QUARTERS = 8
LEAST_KW = 4.14
TARGET_KW = 2.5
AT_ONCE = Rules(at_once=True)


def lived(
    planned_kw: tuple[float, ...], base_kw: float = 0.3, step_s: int = 10, plan: bool = True,
    rules: Rules = AT_ONCE, calm_s: float = 0.0,
) -> tuple[list[float], list[float]]:  # fmt: skip
    """The car's power in each step, and the demand of each quarter. It starts `calm_s` after it
    is allowed to.
    """
    made = Plan(
        start=NOW, schedules={CAR: Schedule(planned_kw, (0.22,) * len(planned_kw))},
        grid_kw=tuple(kw + base_kw for kw in planned_kw), target_kw=TARGET_KW, cost_eur=0.0,
    )  # fmt: skip
    shared, power, powers, demands = Shared(), 0.0, list[float](), list[float]()
    allowed_s = 0
    for number in range(len(planned_kw)):
        start, so_far_kw = NOW + timedelta(minutes=15 * number), 0.0
        for second in range(0, 900, step_s):
            held = assets(needs(car(power_kw=power, least_kw=LEAST_KW, calm_s=calm_s)), NOW)
            telegram = house(
                base_kw + power, so_far_kw=so_far_kw, left_s=900.0 - second,
                price_offtake_eur_kwh=0.22,
            )  # fmt: skip
            quarter = telegram.quarter
            assert quarter is not None
            end = start + timedelta(minutes=15)
            telegram = telegram.model_copy(
                update={
                    "quarter": quarter.model_copy(update={"start": start, "end": end}),
                    "time": start + timedelta(seconds=second),
                }
            )
            now = start + timedelta(seconds=second)
            shared = share(shared, telegram, held, made if plan else None, now, rules)
            allowed_s = allowed_s + step_s if shared.kw[CAR] > 0 else 0
            power = shared.kw[CAR] if power > 0 or allowed_s > calm_s else 0.0
            powers.append(power)
            so_far_kw += (base_kw + power) * step_s / 900
        demands.append(so_far_kw)
    return powers, demands


def test_a_plan_below_minimum_power_runs_part_of_the_time() -> None:
    powers, demands = lived((2.0,) * QUARTERS)
    assert set(powers) == {0.0, LEAST_KW}
    assert sum(powers) / len(powers) == pytest.approx(2.0, rel=0.1)
    assert max(demands) <= TARGET_KW


def test_a_pulse_runs_on_into_the_next_quarter_and_rests_after_it() -> None:
    """It starts once for two quarters and is then off for at least ten minutes."""
    powers, _ = lived((2.0,) * QUARTERS)
    runs = [(kw > 0, len(list(steps)) * 10) for kw, steps in groupby(powers)]
    assert sum(on for on, _ in runs) <= QUARTERS / 2 + 1
    assert all(seconds >= 600 for on, seconds in runs[1:-1] if not on)


def test_a_pulse_for_one_quarter_ends_with_it() -> None:
    powers, _ = lived((0.0, 2.0, 0.0))
    steps = len(powers) // 3
    assert sum(powers[steps : 2 * steps]) / steps == pytest.approx(2.0, rel=0.15)
    assert not any(powers[:steps] + powers[2 * steps :])


@pytest.mark.parametrize(
    "planned_kw", [(1.5, 1.5, 0.0), (0.1, 0.0, 2.0), (0.2, 0.12, 0.0, 2.0, 0.0)]
)
def test_a_pulse_is_worth_its_start(planned_kw: tuple[float, ...]) -> None:
    """No pulse is shorter than five minutes, not even at the end of the last quarter of the
    plan.
    """
    powers, _ = lived(planned_kw)
    runs = [len(list(steps)) * 10 for kw, steps in groupby(powers) if kw > 0]
    assert runs
    assert min(runs) >= 300


def test_a_charger_that_waits_before_it_starts_is_allowed_to_in_time() -> None:
    """A delay of one minute costs no energy and raises no quarter."""
    prompt, _ = lived((2.0,) * QUARTERS)
    calm, demands = lived((2.0,) * QUARTERS, calm_s=60.0)
    assert sum(calm) == pytest.approx(sum(prompt), rel=0.02)
    assert calm.index(LEAST_KW) == pytest.approx(prompt.index(LEAST_KW), abs=1)
    assert max(demands) <= TARGET_KW
    powers, _ = lived((0.1, 0.0, 1.5, 0.0), calm_s=60.0)
    runs = [len(list(steps)) * 10 for kw, steps in groupby(powers) if kw > 0]
    assert min(runs) >= 300


def test_a_battery_that_helps_carries_no_more_than_is_planned() -> None:
    """The pulse ends when the quarter is used up, whatever a kWh in the car is worth."""
    store = ("bs", "home")
    worth = Schedule((1.9,), (0.34,))
    made = Plan(
        start=NOW, schedules={CAR: worth, store: Schedule((0.0,), (0.27,))},
        grid_kw=(2.0,), target_kw=TARGET_KW, cost_eur=0.0,
    )  # fmt: skip
    shared, power, given, so_far_kw, gave_kw = Shared(), LEAST_KW, 0.0, 0.0, 0.0
    for second in range(0, 900, 60):
        held = assets(
            needs(
                car(power_kw=power, least_kw=LEAST_KW),
                batteries=(battery(power_kw=given, soc_pct=7.0),),
            ),
            NOW,
        )
        telegram = house(
            0.14 + power + given, so_far_kw=so_far_kw, left_s=900.0 - second,
            price_offtake_eur_kwh=0.22,
        )  # fmt: skip
        rules = Rules(at_once=True, fall_s=60.0)
        shared = share(shared, telegram, held, made, NOW + timedelta(seconds=second), rules)
        power, given = shared.kw[CAR], shared.kw[store]
        so_far_kw += max(0.0, 0.14 + power + given) * 60 / 900
        gave_kw += max(0.0, -given) * 60 / 900
    assert so_far_kw <= TARGET_KW
    assert gave_kw <= 0.05  # the quarter had room for what was planned


def test_a_house_that_needs_its_quarter_ends_the_pulse() -> None:
    """Without room in the quarter nothing is started."""
    powers, demands = lived((2.0,) * 2, base_kw=2.45)
    assert not any(powers)
    assert max(demands) <= TARGET_KW


def test_without_a_plan_it_pulses_under_the_target() -> None:
    powers, demands = lived((0.0,) * QUARTERS, plan=False)
    assert sum(powers) / len(powers) == pytest.approx(TARGET_KW - 0.3, rel=0.1)
    assert max(demands) <= TARGET_KW


def test_steps_that_are_too_long_to_stop_in_time_have_no_pulses() -> None:
    powers, _ = lived((2.0,) * 2, rules=Rules(at_once=True, fall_s=900.0))
    assert not any(powers)
