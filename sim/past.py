"""Past of the simulated meter before the simulation began, generated from the seed."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from base.time import BRUSSELS
from p1.reading import Grid, Medium
from sim.day import SECOND, House, house_at, seconds
from sim.registers import MeterState, MonthRow, Peak, Registers, SubmeterState, fresh, serial

_INSTALLED = datetime(2020, 1, 1, tzinfo=BRUSSELS)


def in_service(house: House, start: datetime, grid: Grid, months: int) -> Registers:
    """The house's meter as it stands at `start`, having counted since local midnight.

    So the same seed started twice on one day shows the same registers, quarter and peak at the
    same time. Its counts before that midnight are generated, and so are its `months` of history.
    """
    midnight = start.astimezone(BRUSSELS).replace(hour=0, minute=0, second=0).astimezone(UTC)
    opening = _opening(house.seed, midnight, grid, months)
    registers = Registers(opening, house_at(house, midnight - SECOND))
    for power in islice(seconds(house, midnight), (start - midnight) // SECOND):
        registers.count(power)
    return registers


def _opening(seed: int, midnight: datetime, grid: Grid, months: int) -> MeterState:
    """A meter some years in service at a local midnight, with plausible registers."""
    draw = Random(f"{seed}/meter")
    days = max(0, (midnight - _INSTALLED).days)
    gas = SubmeterState(1, Medium.GAS, f"7SIM{seed:010d}", 120_000 + 3_300 * days, midnight)
    water = SubmeterState(2, Medium.WATER, f"8SIM{seed:010d}", 40_000 + 230 * days, midnight)
    return fresh(serial(seed), grid, midnight, (gas, water))._replace(
        offtake_day_wh=draw.randrange(900_000) + 4_700 * days,
        offtake_night_wh=draw.randrange(900_000) + 4_300 * days,
        injection_day_wh=draw.randrange(300_000) + 6_600 * days,
        injection_night_wh=draw.randrange(200_000) + 2_600 * days,
        month_peak=_peak_so_far(seed, midnight),
        months=_history(seed, midnight, months),
    )


def _peak_so_far(seed: int, midnight: datetime) -> Peak:
    """A modest peak earlier in the running month, for the oven to beat; 0 on the first day."""
    local = midnight.astimezone(BRUSSELS)
    month = local.replace(day=1)
    if local.day == 1:
        return Peak(0, month.astimezone(UTC))
    draw = Random(f"{seed}/so far/{month:%Y-%m}")
    day = 1 + int(draw.random() * (local.day - 1))
    return Peak(draw.randrange(2100, 2700), _evening(draw, month.replace(day=day)))


def _history(seed: int, midnight: datetime, months: int) -> tuple[MonthRow, ...]:
    """The peaks of the closed months before `midnight`, oldest first; higher in winter."""
    rows: list[MonthRow] = []
    closed = month_start(midnight.astimezone(BRUSSELS))
    for _ in range(months):
        month = month_start(closed - timedelta(days=1))
        draw = Random(f"{seed}/peak/{month:%Y-%m}")
        winter_w = 900 if month.month in (11, 12, 1, 2) else 0
        day = draw.randint(1, monthrange(month.year, month.month)[1])
        peak = Peak(draw.randrange(2500, 4300) + winter_w, _evening(draw, month.replace(day=day)))
        rows.append(MonthRow(closed.astimezone(UTC), peak))
        closed = month
    return tuple(reversed(rows))


def _evening(draw: Random, day: datetime) -> datetime:
    """The end of some quarter between 17:15 and 20:00 local of that day, UTC."""
    minutes = 17 * 60 + 15 * draw.randint(1, 12)
    return day.replace(hour=minutes // 60, minute=minutes % 60).astimezone(UTC)


def month_start(local: datetime) -> datetime:
    """Midnight of the first day of that month, in local time."""
    return local.replace(day=1, hour=0, minute=0, second=0)
