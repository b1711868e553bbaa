"""A few days lived again: physics holds, the clairvoyant is never beaten, ours saves most of it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from backtest.bound import clairvoyant
from backtest.ours import Ours
from backtest.plant import Outcome, Strategy, live, share_of
from backtest.rules import evcc_like, seed, uncontrolled
from backtest.world import Battery, Car, Trip, World

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


def lived(home: World, strategy: Strategy) -> Outcome:
    return live(home, strategy, "", lambda _: None)


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
