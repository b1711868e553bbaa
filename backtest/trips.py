"""A plausible year of trips from a seed: commutes, errands, now and then a long one. Made up."""

from datetime import datetime, timedelta
from random import Random

from backtest.world import Trip
from base.time import BRUSSELS, QUARTER

SPARE_KWH = 10.0


def commuter(start: datetime, quarters: int, seed: int) -> tuple[Trip, ...]:
    """To work four days a week, 8 to 16 kWh; at weekends here and there, rarely far."""
    return _trips(start, quarters, Random(seed), work=0.8, leave_h=7.6, away_h=9.9, use=(8.0, 16.0))


def second_car(start: datetime, quarters: int, seed: int) -> tuple[Trip, ...]:
    """School and errands, three days in five, 4 to 12 kWh; at weekends as the first."""
    return _trips(start, quarters, Random(seed), work=0.6, leave_h=8.3, away_h=7.0, use=(4.0, 12.0))


def _trips(
    start: datetime, quarters: int, rng: Random, work: float, leave_h: float, away_h: float,
    use: tuple[float, float],
) -> tuple[Trip, ...]:  # fmt: skip
    """One trip a day at most, in the order of the days; the same for the same seed."""
    trips: list[Trip] = []
    midnight = start.astimezone(BRUSSELS).replace(hour=0, minute=0)
    for count in range(quarters // 96 + 2):
        day = midnight + timedelta(days=count)
        goes, far, hour, long_h, share = (rng.random() for _ in range(5))
        late, more = rng.gauss(0, 0.5), rng.gauss(0, 0.12)
        if day.weekday() < 5:
            if goes > work:
                continue
            leaves, lasts = leave_h + 1.0 * (hour - 0.5), away_h + 1.5 * (long_h - 0.5)
            kwh = use[0] + share * (use[1] - use[0])
        else:
            if goes > 0.6:
                continue
            leaves, lasts = 9.5 + 5.0 * hour, 2.5 + 5.0 * long_h
            kwh = 30.0 + 12.0 * share if far < 0.12 else 5.0 + 15.0 * share
        trips.append(_trip(start, day, leaves, lasts, kwh, late, more))
    return tuple(t for t in trips if t.leave > 8 and t.back < quarters)


def _trip(
    start: datetime,
    day: datetime,
    leaves: float,
    lasts: float,
    kwh: float,
    late: float,
    more: float,
) -> Trip:
    leave = (day + timedelta(hours=leaves) - start) // QUARTER
    back = leave + max(2, round(lasts * 4))
    told = max(leave + 2, round(back - late * 4))
    return Trip(
        leave=leave,
        back=back,
        need_kwh=kwh + SPARE_KWH,
        use_kwh=kwh,
        told_back=told,
        told_kwh=max(1.0, kwh * (1.0 + more)),
    )
