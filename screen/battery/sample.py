"""An example battery on a January afternoon: for the tests and for looking at the screen."""

from datetime import UTC, datetime, timedelta
from math import sin

from base import messages as m
from base.time import QUARTER
from bs.facts import Battery, BatteryState
from bs.inputs import Unit
from bs.tally import Tally
from screen.battery.view import BatteryView
from screen.meter.sample import END, HOLDING, TIME
from screen.meter.sample import example as meter_example

SUNNY = "storing solar surplus"
WAITS = "holding: a kWh from it costs 0.310 EUR, the grid 0.250"


def example() -> BatteryView:
    """Thu 15 Jan 2026 17:38:24: an oven; the battery holds the quarter below its target."""
    return BatteryView(
        now=TIME + timedelta(seconds=1),
        heard=TIME,
        house=meter_example().house,
        units=(
            Unit(
                Battery(name="home", capacity_kwh=10.0, reserve_pct=10.0),
                BatteryState(
                    battery="home", at=TIME, soc_pct=54.0, power_kw=-1.79, temperature_c=21.0
                ),
            ),
        ),
        told_kw=-1.80,
        act="discharging",
        since=datetime(2026, 1, 15, 16, 31, tzinfo=UTC),
        why=HOLDING,
        damping="at once",
        tally=Tally(day=TIME.date(), charged_kwh=4.6, discharged_kwh=3.8, quarters=_quarters()),
        keep_kwh=1.2,
        worth_eur=0.2644,
        outlook=m.Outlook(
            start=END - QUARTER,
            buy_eur_kwh=tuple(round(0.27 + 0.06 * sin(n / 9), 4) for n in range(192)),
            sell_eur_kwh=(0.05,) * 192,
        ),
        events=m.Events(
            events=(
                _event(11, 20, SUNNY),
                _event(14, 2, WAITS),
                _event(17, 31, HOLDING),
            )
        ),
        title="home battery 10 kWh, simulated",
    )


def _event(hour: int, minute: int, text: str) -> m.Event:
    return m.Event(at=datetime(2026, 1, 15, hour - 1, minute, tzinfo=UTC), level="info", text=text)


def _quarters() -> tuple[tuple[datetime, float], ...]:
    """Charging around noon, discharging in the evening."""
    first = END - 192 * QUARTER
    starts = [first + place * QUARTER for place in range(191)]
    return tuple((at, round(2.4 * sin((at.hour - 8.5) / 3.9), 2)) for at in starts)
