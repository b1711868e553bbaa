"""What the running month will have cost: what is used so far, and a guess for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from rates.amounts import QUARTER
from rates.bill import Bill, bill, by_register, own_peaks
from rates.calendar import DAY, day_start, local_day, month_start, quarter_of
from rates.capacity import Peaks, month_before
from rates.contract import Contract
from rates.curve import NO_SPOTS, Spot, Spots
from rates.stretch import Use

WEEK = timedelta(days=7)
WEEKS_BACK = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """The month's bill up to now, and as expected at its end."""

    so_far: Bill
    whole: Bill

    @property
    def rest_eur(self) -> Decimal:
        return self.whole.total_eur - self.so_far.total_eur


def expected_month(
    uses: Sequence[Use],
    contract: Contract,
    spots: Mapping[datetime, Decimal] | Spot | Spots = NO_SPOTS,
    month_peaks: Peaks | None = None,
    *,
    now: datetime,
    rest: Sequence[Use] | None = None,
) -> Expected:
    """The bill of the month of `now`, so far (today inside) and whole.

    `uses` may go back further than the month: without `rest`, what is still to come is the use of
    the same quarters of the last known week. A day-ahead price that is not out yet is that of the
    same quarter a week before. The peak stays what it is.
    """
    today = local_day(now)
    start = month_start(today)
    end = month_before(start, -1)
    running = quarter_of(now) + QUARTER
    past = [use for use in uses if use[0] < running]
    market = Spots.of(spots)
    so_far = bill(past, contract, market, month_peaks, start=start, end=today + DAY)
    coming = repeated(past, running, day_start(end)) if rest is None else list(rest)
    weekly = Spots.of(lambda quarter: _last_known(market.quarter, quarter))
    peaks = {**own_peaks(by_register(past)), **(month_peaks or {})}
    whole = bill([*past, *coming], contract, weekly, peaks, start=start, end=end)
    return Expected(so_far, whole)


def repeated(uses: Sequence[Use], start: datetime, end: datetime) -> list[Use]:
    """The last week before `start`, over and over until before `end`.

    With less than a week of use it is the whole days that there are; without a day, nothing.
    """
    known = start - min((quarter for quarter, _, _ in uses), default=start)
    period = min(WEEK, known // DAY * DAY)
    if not period:
        return []
    last = [use for use in uses if start - period <= use[0] < start]
    times = range(1, (end - start) // period + 2)
    return [
        (quarter + period * again, register, amount)
        for again in times
        for quarter, register, amount in last
        if quarter + period * again < end
    ]


def _last_known(spot: Spot, quarter: datetime) -> Decimal | None:
    """The price of the quarter, else of the same one in the weeks before."""
    weeks = (spot(quarter - back * WEEK) for back in range(WEEKS_BACK + 1))
    return next((price for price in weeks if price is not None), None)
