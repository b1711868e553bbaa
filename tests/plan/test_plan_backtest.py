"""Replay of a few days: energy is conserved, and our plan comes close to the clairvoyant bound."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from backtest.bound import clairvoyant
from backtest.ours import Ours
from backtest.plant import Outcome, Strategy, View, live, share_of
from backtest.rules import evcc_like, seed, uncontrolled
from backtest.world import PERFECT, Battery, Car, Charger, Trip, World

pytestmark = pytest.mark.long

pytest.importorskip("highspy")
MAKERS = (evcc_like, seed, lambda home: Ours(home, every=4))
DAYS = 3


def world(steps: int = 1) -> World:
    """Three sunny days, an evening peak, a car that leaves each morning at eight."""
    count = DAYS * 96
    hours = np.arange(count) / 4 % 24
    load = 0.3 + 1.2 * np.exp(-0.5 * ((hours - 18) / 1.0) ** 2)
    sun = np.maximum(0.0, 3.0 * np.sin((hours - 7) / 10 * np.pi)) * ((hours > 7) & (hours < 17))
    buy = np.where((hours >= 6) & (hours < 21), 0.32, 0.22)
    trips = tuple(
        Trip(
            leave=96 * day + 28,
            back=96 * day + 66,
            need_kwh=30.0,
            use_kwh=12.0,
            told_back=96 * day + 66,
            told_kwh=12.0,
        )
        for day in range(DAYS)
    )
    return World(
        name="made",
        start=datetime(2024, 3, 4, 23, tzinfo=UTC),
        steps=steps,
        load_kw=np.repeat(load, steps),
        solar_kw=np.repeat(sun, steps),
        solar_told_kw=sun,
        buy=buy,
        sell=np.full(count, 0.05),
        known_until=np.full(count, 9999),
        past_kw=np.tile(load[:96], 14),
        past_buy=np.tile(buy[:96], 14),
        past_sun_kw=np.tile(sun[:96], 7),
        cars=(Car(name="one", capacity_kwh=60.0, trips=trips, start_share=0.5),),
        battery=Battery(),
        battery_worth=0.2,
        car_worths=(0.2,),
    )


def lived(home: World, strategy: Strategy, charger: Charger = PERFECT) -> Outcome:
    return live(home, strategy, "", lambda _: None, charger)


def test_nobody_beats_the_clairvoyant_and_ours_comes_near() -> None:
    home = world()
    bound, none = clairvoyant(home), lived(home, uncontrolled(home))
    shares = [share_of(lived(home, make(home)), none, bound.cost_eur) for make in MAKERS]
    assert all(share <= 100.01 for share in shares)
    assert shares[2] > 90.0
    assert shares[2] > max(shares[:2])


def test_minute_by_minute_loses_little_and_misses_no_trip() -> None:
    quarters, minutes = world(), world(steps=15)
    by_quarter = lived(quarters, Ours(quarters, every=4))
    by_minute = lived(minutes, Ours(minutes, every=4))
    assert by_minute.missed_kwh < 0.2
    assert by_minute.cost_eur <= by_quarter.cost_eur * 1.05 + 0.2
    assert max(by_minute.peaks_kw) <= max(2.5, max(by_quarter.peaks_kw)) + 0.1


def test_the_same_world_has_the_same_outcome() -> None:
    assert lived(world(), Ours(world(), every=16)) == lived(world(), Ours(world(), every=16))


@pytest.mark.parametrize(
    ("kw", "three_phases", "offered_kw"),
    [
        (1.4, False, 1.38),
        (3.67, False, 3.45),
        (4.1, False, 3.68),  # an installation's phase ends at 16 A
        (4.9, False, 4.83),
        (4.9, True, 4.83),
    ],
)
def test_a_charger_offers_whole_amperes_downwards(
    kw: float, three_phases: bool, offered_kw: float
) -> None:
    offered = Charger(step_a=1.0).offered_kw(kw, three_phases=three_phases)
    assert offered == pytest.approx(offered_kw)
    assert PERFECT.offered_kw(kw, three_phases=three_phases) == kw


class FirstQuarter:
    """Strategy: 3 kW for the car in the first quarter, then none."""

    def decide(self, view: View) -> tuple[float, list[float]]:
        return 0.0, [3.0 if view.quarter == 0 else 0.0]


def test_a_slow_charger_starts_and_stops_late() -> None:
    """The energy missed at the late start is drawn at the late stop."""
    home = world(steps=15)
    perfect, slow, stepped = (
        lived(home, FirstQuarter(), charger)
        for charger in (PERFECT, Charger(latency_s=6.0), Charger(step_a=1.0))
    )
    assert perfect.peaks_kw[0] - slow.peaks_kw[0] == pytest.approx(3.0 * 6.0 / 900.0)
    assert slow.energy_eur == pytest.approx(perfect.energy_eur)
    assert perfect.peaks_kw[0] - stepped.peaks_kw[0] == pytest.approx(3.0 - 2.99)


def test_an_ocpp_charger_loses_half_a_point_at_most() -> None:
    home = world(steps=15)
    bound, none = clairvoyant(home), lived(home, uncontrolled(home))
    shares = [
        share_of(lived(home, Ours(home, every=4), charger), none, bound.cost_eur)
        for charger in (PERFECT, Charger(latency_s=5.2, step_a=1.0))
    ]
    assert shares[1] > shares[0] - 0.5


def test_a_habit_is_charged_for_without_announced_trips() -> None:
    """It is charged with its usual energy by its departure at eight each morning."""
    home = world()
    (car,) = home.cars
    past = tuple(
        replace(
            car.trips[0], leave=car.trips[0].leave - 96 * day, back=car.trips[0].back - 96 * day
        )
        for day in range(28, 0, -1)
    )
    car = replace(car, start_share=0.2, past=past)
    home = replace(home, cars=(replace(car, trips=tuple(map(_less, car.trips))),))
    blind, expecting = (
        lived(home, Ours(home, every=4, told=0, habit=each)) for each in (False, True)
    )
    assert blind.missed_kwh > 5.0
    assert expecting.missed_kwh < 0.5
    assert max(expecting.peaks_kw) <= 2.5


def _less(trip: Trip) -> Trip:
    return replace(trip, need_kwh=20.0)


class _Worn:
    """Our plan with a wrong battery capacity: it sees only the share of charge."""

    def __init__(self, home: World, believed: Battery) -> None:
        self._ours = Ours(replace(home, battery=believed))
        self._times = believed.capacity_kwh / home.battery.capacity_kwh

    def decide(self, view: View) -> tuple[float, list[float]]:
        return self._ours.decide(replace(view, stored_kwh=view.stored_kwh * self._times))


def test_a_battery_that_lost_a_third_costs_a_little_and_no_peak() -> None:
    """config.py has the original 10 kWh, so the state of charge changes faster than expected."""
    home = world(steps=15)
    worn = replace(home, battery=replace(home.battery, capacity_kwh=10.0 * 2 / 3))
    known, believed = lived(worn, Ours(worn)), lived(worn, _Worn(worn, home.battery))
    assert believed.missed_kwh <= known.missed_kwh + 0.05
    assert max(believed.peaks_kw) <= 2.55
    assert believed.cost_eur <= known.cost_eur + 0.06 * DAYS
