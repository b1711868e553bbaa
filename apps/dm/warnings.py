"""Warnings about the meter, each logged once until it changes: its clock, its peaks, the prices."""

import logging
from datetime import UTC, datetime

from apps.dm import house, timestamps
from base.language import phrase
from p1.reading import Reading
from peak import state as peak

log = logging.getLogger(__name__)


class Warnings:
    """The warnings in force."""

    def __init__(self) -> None:
        self._clock_is_off = False
        self._notices: tuple[str, ...] = ()
        self._unpriced = False
        self._endings: tuple[str, ...] = ()

    def clock(self, read: Reading, at: datetime) -> None:
        """Log that the meter's clock differs from ours, and which of them dates the bookings."""
        if read.time is None:
            return
        host = datetime.now(UTC)
        off = abs(read.time - host) > timestamps.TRUST
        if off and not self._clock_is_off:
            told = f"{read.time:%Y-%m-%d %H:%M}", f"{host:%Y-%m-%d %H:%M} UTC"
            log.warning(_two_clocks(*told, by_meter=read.time == at))
        self._clock_is_off = off

    def peaks(self, now: house.House) -> None:
        """Log an inconsistency of the meter's own peaks."""
        self._notices = _logged(peak.notices(now.peaks), self._notices)

    def prices(self, now: house.House, at: datetime) -> None:
        """Log that prices are missing, that they are known again, and what ends soon."""
        why = house.price_trouble(now, at)
        if why and not self._unpriced:
            log.warning(
                phrase(
                    "No price ({reason}). Use is counted; costs follow when prices arrive.",
                    reason=why,
                )
            )
        elif self._unpriced and not why:
            log.info(phrase("Prices are known again."))
        self._unpriced = why is not None
        self._endings = _logged(house.endings(now, at), self._endings)


def _logged(sentences: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """Log the sentences that were not there before."""
    for sentence in sentences:
        if sentence not in before:
            log.warning(sentence)
    return sentences


def _two_clocks(meter: str, ours: str, *, by_meter: bool) -> str:
    """The two clocks differ; bookings are dated by one of them."""
    if by_meter:
        return phrase(
            "The meter's clock says {time}, ours {ours}: bookings use the meter's time.",
            time=meter,
            ours=ours,
        )
    return phrase(
        "The meter's clock says {time}, ours {ours}: bookings use our time.",
        time=meter,
        ours=ours,
    )
