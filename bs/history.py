"""Recent history of a step function."""

from datetime import datetime

History = tuple[tuple[datetime, float], ...]
"""Each value with the time from which it holds, oldest first."""


def held(numbers: History, now: datetime, for_s: float) -> History:
    """The values in force at some time during the last `for_s` seconds."""
    for place in reversed(range(len(numbers))):
        if (now - numbers[place][0]).total_seconds() >= for_s:
            return numbers[place:]
    return numbers


def holds(numbers: History, number: float, now: datetime, for_s: float) -> History:
    """Add `number`, valid from `now`; earlier values are kept for the last `for_s` seconds.

    After the clock was put back, later times become now: otherwise they would stay the latest.
    """
    numbers = tuple((min(at, now), before) for at, before in numbers)
    if numbers and numbers[-1][1] == number:
        return numbers
    return (*held(numbers, now, for_s), (now, number))
