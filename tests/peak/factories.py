"""Readings of a meter that counts whole Wh, as it would send them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from p1.reading import MonthPeak, Peak, Reading
from peak.clock import Quarter
from peak.quarter import advance

START = datetime(2026, 1, 15, 16, 30, tzinfo=UTC)


def reading(
    time: datetime | None,
    *,
    wh: int | None = None,
    demand_kw: float | None = None,
    offtake_kw: float | None = 0.0,
    injection_kw: float | None = 0.0,
    meter_id: str | None = "1SAG0000000001",
    month_peak: Peak | None = None,
    month_peaks: tuple[MonthPeak, ...] = (),
) -> Reading:
    """A reading; `wh` is the day register above 1000 kWh, None when the meter sends none."""
    return Reading(
        time=time,
        meter_id=meter_id,
        version="50221",
        offtake_day_kwh=None if wh is None else 1000 + Decimal(wh) / 1000,
        offtake_night_kwh=None if wh is None else Decimal("2000.000"),
        offtake_kw=offtake_kw,
        injection_kw=injection_kw,
        demand_kw=demand_kw,
        month_peak=month_peak,
        month_peaks=month_peaks,
    )


@dataclass
class Meter:
    """A meter that counts `step_wh` a second, telegram by telegram, in whole Wh."""

    time: datetime = START
    wh: int = 0
    quarter_wh: int = 0
    average: bool = False  # 1.4.0 is the average power so far, not the energy x 4

    def read(self, seconds: int = 1, step_wh: int = 1, *, demand: bool = True) -> Reading:
        """The telegram `seconds` after the last one."""
        for _ in range(seconds):
            self.time += timedelta(seconds=1)
            self.wh += step_wh
            self.quarter_wh += step_wh
            if self.time.timestamp() % 900 == 0:
                self.quarter_wh = 0
        return self.now(step_wh, demand=demand)

    def now(self, step_wh: int = 0, *, demand: bool = True) -> Reading:
        kw = 4 * self.quarter_wh / 1000
        elapsed_s = self.time.timestamp() % 900
        if self.average:
            kw = kw * 900 / elapsed_s if elapsed_s else 0.0
        return reading(
            self.time,
            wh=self.wh,
            demand_kw=kw if demand else None,
            offtake_kw=step_wh * 3.6,
        )


def counted(readings: Iterable[Reading], last: Quarter | None = None) -> Quarter:
    """The quarter after all of them."""
    for each in readings:
        last = advance(last, each)
    assert last is not None
    return last
