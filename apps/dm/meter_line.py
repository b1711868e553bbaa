"""The line to the meter: its bytes go to the Meter, its state to the screen and the log."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.dm.meter import Meter
from apps.dm.meter_source import opened
from base.language import phrase
from p1 import source

if TYPE_CHECKING:
    from sim.day import ExtraKw

CALM = (source.Status.CONNECTED, source.Status.ENDED)
log = logging.getLogger("dm")


class MeterLine:
    """The line of one meter. `received` is called after each good telegram."""

    def __init__(
        self, meter: Meter, now_s: Callable[[], float], received: Callable[[], None]
    ) -> None:
        self._meter, self._now_s, self._received = meter, now_s, received
        self._said: dict[str, int] = {}

    async def read(self, name: str, extra_kw: "ExtraKw") -> None:
        """Read the meter forever; a recording until its end.

        `extra_kw` is additional power of a simulated house.
        """
        async with opened(name, extra_kw) as path, source.open(path, tell=self._told) as port:
            async for chunk in port:
                if self._meter.feed(chunk, self._now_s()):
                    port.valid()
                    self._is_well()
                    self._received()

    def _told(self, event: source.Event) -> None:
        """Show the state of the line on the screen, and log what is new."""
        if event.sentence not in self._said:
            level = logging.INFO if event.status in CALM else logging.WARNING
            self._said[event.sentence] = level
            log.log(level, event.sentence)
        self._meter.tell(event.sentence)

    def _is_well(self) -> None:
        """Log the next fault again, and show the last one as resolved."""
        if logging.WARNING in self._said.values():
            log.info(phrase("Telegrams arrive again."))
        self._said.clear()
