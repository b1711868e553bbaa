"""Telegrams whose clock leapt: each is held back until the next one confirms it.

Nothing is lost by that, the registers still hold it. Believed at once, one odd date would close
every quarter up to it.
"""

import logging
from datetime import datetime

from apps.dm import timestamps
from base.language import phrase
from p1.decoder import Decoded

log = logging.getLogger(__name__)


class Leaps:
    """The last telegram that was held back."""

    def __init__(self) -> None:
        self._leapt: Decoded | None = None

    def accepts(self, decoded: Decoded, last: datetime | None) -> bool:
        """True if a telegram counts; `last` is the time up to which telegrams were counted."""
        seen, time, leapt = decoded.telegram, decoded.reading.time, self._leapt
        if not timestamps.is_leap(last, time):
            if leapt is not None:
                odd = f"{leapt.reading.time:%Y-%m-%d %H:%M} UTC"
                log.warning(
                    phrase(
                        "A single telegram of {odd} was left out: the meter's clock is back.",
                        odd=odd,
                    )
                )
            self._leapt = None
            return True
        if leapt is None or leapt.telegram.text != seen.text:  # a gateway may repeat itself
            confirmed = leapt is not None and timestamps.goes_on(leapt.reading.time, time)
            self._leapt = None if confirmed else decoded
        return self._leapt is None
