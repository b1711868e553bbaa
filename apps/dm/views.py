"""Views of the meter program's facts: its screen, its metrics, the scene of its notifications."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from apps.changed import NOTICE
from apps.dm.commands import MeterWords
from apps.dm.meter import Meter
from apps.shared import metrics
from base import messages
from notify.causes import Scene
from screen.meter.view import MeterView, hear


def screen(meter: Meter, words: MeterWords, *, settings_changed: bool) -> MeterView:
    """The view of the meter screen."""
    now = datetime.now(UTC)
    view = MeterView(now=now)
    if settings_changed:
        view = replace(view, title=NOTICE)
    for topic in meter.topics:
        view = hear(view, words.message(topic), now)
    for need in words.needs().values():
        view = hear(view, need, now)
    return view


def measured(words: MeterWords, vitals: messages.Vitals) -> Iterator[metrics.Metric]:
    """The metrics of the house, its registers and the program."""
    peak, bill = words.of("peak", messages.PeakState), words.of("bill", messages.Bill)
    yield from metrics.of_house(words.house(), peak, bill)
    yield from metrics.of_registers(words.of("registers", messages.Registers))
    yield from metrics.of_vitals(vitals)


def scene(meter: Meter, words: MeterWords) -> Scene:
    """The facts that decide which notifications are sent."""
    return Scene(
        now=meter.clock,
        house=words.house(),
        peak=words.of("peak", messages.PeakState),
        outlook=words.of("outlook", messages.Outlook),
        rates=words.of("rates", messages.Rates),
        closed=meter.last_bill(),
        charging=words.charging(),
        needs=words.needs().values(),
    )
