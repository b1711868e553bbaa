"""Choice of the clock that dates a telegram: the meter's or ours, when they differ.

Either may be wrong: a meter that starts again in 2000, a Pi without a battery clock that wakes up
in 1970 or at the hour it was switched off. The last counted time shows which of them continues.
"""

import logging
from datetime import UTC, datetime, timedelta

from base.language import phrase
from p1.decoder import Decoded

log = logging.getLogger(__name__)
TRUST = timedelta(minutes=2)
LEAP = timedelta(hours=1)
"""Further than this from the telegram before, a meter's clock is believed once it continues there.

Shorter holes are everyday ones; a forgotten change of season is an hour exactly."""
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""No telegram was read by this program before; an earlier clock has not been set."""


def counted_at(
    meter: datetime | None, host: datetime | None, last: datetime | None = None
) -> datetime | None:
    """The time of a telegram: by the meter's clock, unless that is clearly wrong.

    `host` is our clock, None in a replay. `last` is when the telegram before, or before the
    start, counted as taken. None when the time is not known.
    """
    if host is None or meter is None:
        return meter or host
    if abs(meter - host) <= TRUST or host < EARLIEST:
        return meter
    if last is None:
        return host
    meter_goes_on, host_goes_on = (clock >= last - TRUST for clock in (meter, host))
    if meter_goes_on and host_goes_on:
        # The other one jumped ahead, or drifts.
        return min((meter, host), key=lambda clock: abs(clock - last))
    return meter if meter_goes_on else host


def _is_leap(last: datetime | None, time: datetime | None) -> bool:
    """True if a meter's clock is too far from where it was for a single telegram to be believed."""
    return last is not None and time is not None and abs(time - last) > LEAP


def goes_on(leapt: datetime | None, time: datetime | None) -> bool:
    """True if the telegram after one that leapt confirms it: the clock runs on from there."""
    return leapt is not None and time is not None and leapt <= time <= leapt + LEAP


class Leaps:
    """Telegrams after a jump of the clock: each is held until the next one confirms it.

    Nothing is lost by that, the registers still hold it. Believed at once, one odd date would close
    every quarter up to it.
    """

    def __init__(self) -> None:
        self._leapt: Decoded | None = None

    def accepts(self, decoded: Decoded, last: datetime | None) -> bool:
        """True if a telegram counts; `last` is the time up to which telegrams were counted."""
        seen, time, leapt = decoded.telegram, decoded.reading.time, self._leapt
        if not _is_leap(last, time):
            if leapt is not None:
                odd = f"{leapt.reading.time:%Y-%m-%d %H:%M} UTC"
                log.warning(
                    phrase(
                        "One telegram with time {odd} was ignored: the meter's clock is correct"
                        " again.",
                        odd=odd,
                    )
                )
            self._leapt = None
            return True
        if leapt is None or leapt.telegram.text != seen.text:  # a gateway may repeat itself
            confirmed = leapt is not None and goes_on(leapt.reading.time, time)
            self._leapt = None if confirmed else decoded
        return self._leapt is None
