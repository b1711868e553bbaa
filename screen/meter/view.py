"""The view of the meter screen, frozen: the last message of each kind, and the moment it is shown.

The meter and a watcher on another machine fill it with the same messages, so they draw the same
screen.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from base import messages
from base.language import phrase
from base.limits import STALE_S
from screen.primitives import Glyphs, clock

SEEN_KW = 0.05
"""A smaller change is not an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """Everything on the meter screen. A message is None until it is known.

    `heard` is when, on our own clock, the last house message came; `now` is the same clock.
    """

    now: datetime
    heard: datetime | None = None
    house: messages.House | None = None
    peak: messages.PeakState | None = None
    rates: messages.Rates | None = None
    usage: messages.Usage | None = None
    telegram: messages.TelegramText | None = None
    demand: messages.Demand | None = None
    outlook: messages.Outlook | None = None
    bill: messages.Bill | None = None
    events: messages.Events | None = None
    neighbours: tuple[messages.Need, ...] = ()
    title: str = phrase("digital meter")

    @property
    def at(self) -> datetime:
        """The meter's time; ours before the first telegram."""
        return self.house.time if self.house and self.house.time else self.now

    @property
    def age_s(self) -> float | None:
        """Seconds since the last valid telegram, as far as this screen knows."""
        if self.house is None or self.house.health.age_s is None or self.heard is None:
            return None
        return self.house.health.age_s + max(0.0, (self.now - self.heard).total_seconds())

    @property
    def stale(self) -> bool:
        """True if the shown facts are outdated."""
        if self.house is None or self.house.health.state != "fresh":
            return True
        return self.age_s is None or self.age_s > STALE_S

    @property
    def target_kw(self) -> float | None:
        """The target: the demand that is paid anyway, under the owner's ceiling."""
        return self.house.target_kw if self.house else None

    @property
    def billed_peak_kw(self) -> float | None:
        """The demand that is paid anyway: this month's peak, or the least billed one."""
        if self.house is None or self.house.month_peak is None:
            return None
        return max(self.house.month_peak.kw, self.peak.floor_kw if self.peak else 0.0)

    @property
    def new_peak(self) -> bool:
        """True if this quarter is on its way to a month peak that costs money, above 0 EUR."""
        if self.house is None or self.house.quarter is None or self.billed_peak_kw is None:
            return False
        paid_kw = max(self.billed_peak_kw, self.target_kw or 0.0)
        return self.house.quarter.forecast_kw > paid_kw


def hear(view: MeterView, message: messages.Message, now: datetime) -> MeterView:
    """The view after one more message at `now`; messages that are not shown change nothing."""
    match message:
        case messages.House():
            return replace(view, now=now, heard=now, house=message)
        case messages.PeakState():
            return replace(view, now=now, peak=message)
        case messages.Rates():
            return replace(view, now=now, rates=message)
        case messages.Usage():
            return replace(view, now=now, usage=message)
        case messages.TelegramText():
            return replace(view, now=now, telegram=message)
        case messages.Demand():
            return replace(view, now=now, demand=message)
        case messages.Outlook():
            return replace(view, now=now, outlook=message)
        case messages.Bill():
            return replace(view, now=now, bill=message)
        case messages.Events():
            return replace(view, now=now, events=message)
        case messages.Need():
            others = (need for need in view.neighbours if need.name != message.name)
            together = sorted((*others, message), key=lambda need: need.name)
            return replace(view, now=now, neighbours=tuple(together))
    return replace(view, now=now)


def telegram_age(view: MeterView, glyphs: Glyphs) -> str:
    """Age of the facts, in words."""
    if view.age_s is None:
        return glyphs.say("waiting for the first telegram")
    age = glyphs.span(view.age_s)
    if view.stale:
        return glyphs.say("no telegram for {age}", age=age)
    return glyphs.say("telegram {age} ago", age=age)


def headline(view: MeterView, glyphs: Glyphs) -> str:
    """The one number that matters, in one sentence."""
    house = view.house
    if house is None or house.quarter is None or house.headroom_kw is None:
        return telegram_age(view, glyphs)
    facts = [_headroom(house.headroom_kw, steady_kw(house), clock(house.quarter.end), glyphs)]
    if (yields_kw := house.yields_kw or 0.0) >= SEEN_KW:
        facts.append(glyphs.say("cars and batteries reduce: {kw:.2f} kW", kw=yields_kw))
    if view.stale:
        age = telegram_age(view, glyphs)
        return glyphs.say("{age}; before that: {facts}", age=age, facts=", ".join(facts))
    if view.new_peak:
        facts.append(glyphs.say("new month peak in the making"))
    return ", ".join(facts)


def _headroom(kw: float, after_kw: float | None, until: str, glyphs: Glyphs) -> str:
    if kw < 0:
        return glyphs.say("{kw:.2f} kW over the target until {until}", kw=-kw, until=until)
    if after_kw is None:
        return glyphs.say("headroom {kw:.2f} kW until {until}", kw=kw, until=until)
    return glyphs.say(
        "headroom {kw:.2f} kW until {until}, {after:.2f} kW after it",
        kw=kw,
        until=until,
        after=after_kw,
    )


def steady_kw(house: messages.House) -> float | None:
    """The part of the headroom that may continue after the quarter; None when all of it may."""
    if house.headroom_kw is None or house.steady_kw is None:
        return None
    more_kw = house.headroom_kw - house.steady_kw
    return max(0.0, house.steady_kw) if house.headroom_kw > 0 and more_kw >= SEEN_KW else None


def summary(view: MeterView, glyphs: Glyphs) -> str:
    """One plain line for output without a terminal: the moment, the headline, the main facts."""
    say, facts = glyphs.say, [headline(view, glyphs)]
    if (house := view.house) is not None:
        if house.quarter is not None:
            facts.append(say("forecast {kw:.2f} kW", kw=house.quarter.forecast_kw))
        if house.month_peak is not None:
            facts.append(say("month peak {kw:.2f} kW", kw=house.month_peak.kw))
        if house.offtake_kw is not None:
            facts.append(say("offtake {kw:.2f} kW", kw=house.offtake_kw))
        if house.injection_kw is not None:
            facts.append(say("injection {kw:.2f} kW", kw=house.injection_kw))
    today = period(view, "today")
    if today is not None and today.total_eur is not None:
        facts.append(say("today {eur:.2f} EUR", eur=today.total_eur))
    return f"{clock(view.at, '%Y-%m-%d %H:%M')} {', '.join(facts)}"


PERIODS = ("day-3", "day-2", "day-1", "today", "week", "month", "year")


def period(view: MeterView, name: str) -> messages.UsagePeriod | None:
    """One column of the usage table by its place in the message; None when missing."""
    place = PERIODS.index(name)
    periods = view.usage.periods if view.usage else ()
    return periods[place] if place < len(periods) else None
