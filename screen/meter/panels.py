"""The panels of facts: header, quarter, now, rates.

Each takes the view and the room it has and returns a block of exactly that size.
"""

from datetime import timedelta
from math import ceil
from textwrap import wrap

from rich.style import Style

from base import messages
from screen.meter.view import SEEN_KW, MeterView, steady_kw, telegram_age
from screen.primitives import (
    ACTIVE,
    ALARM,
    ATTENTION,
    DIM,
    INACTIVE,
    PROGRESS,
    PROVISIONAL,
    STRONG,
    Block,
    Glyphs,
    Line,
    Size,
    block,
    clock,
    day,
    ink,
    marked,
    moment,
    number,
    panel,
    runs,
)

LABEL = 11
WORDS_MOST = 3  # lines of what must be known


def fact(
    label: str,
    value: float | None,
    unit: str,
    note: str = "",
    *,
    decimals: int = 2,
    value_ink: Style = STRONG,
    mark: str = "",
) -> Line:
    """One fact: what, how much, in which unit, and a note that explains it."""
    shown = marked(number(value, 7, decimals), mark)
    name = f"{label:<{LABEL - 1}}"
    return [ink(name), ink(shown, value_ink), ink(f" {unit}", DIM), ink(f" {note}")]


def header(view: MeterView, columns: int, glyphs: Glyphs) -> Block:
    """Whose meter, the meter's time, and how old the facts are."""
    house = view.house
    meter = house.meter_id if house and house.meter_id else ""
    short = f"{meter[:4]}{glyphs.more}{meter[-4:]}" if len(meter) > 8 else meter
    left = glyphs.clean(f"{view.title} {short}".rstrip())
    time = house.time if house else None
    stamp = clock(time, f"%a {day(time)} %Y %H:%M:%S") if time else "-"
    age = glyphs.short(telegram_age(view), 31)
    style = ATTENTION if view.age_s is None else ALARM if view.stale else DIM
    gap = max(1, columns - len(left) - len(stamp) - 2 - len(age))
    line = [ink(left, STRONG), ink(" " * gap + stamp + "  ")]
    return block([[*line, ink(age, style)]], Size(columns, 1))


def quarter(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The running quarter hour against its target; red when a new month peak is in the making."""
    yields_kw = view.house.yields_kw or 0.0 if view.house else 0.0
    title = "Quarter hour"
    if view.new_peak:
        title = f"{title}, new month peak{' in the making' if size.columns >= 50 else ''}"
    elif yields_kw >= SEEN_KW:
        title = f"{title}, {yields_kw:.2f} kW gives way"
    lines = _quarter_lines(view, size.columns - 4, glyphs, roomy=size.rows >= 8)
    return panel(title, lines, size, glyphs, alarm=view.new_peak)


def _quarter_lines(view: MeterView, width: int, glyphs: Glyphs, *, roomy: bool) -> list[Line]:
    house = view.house
    running = house.quarter if house else None
    target_kw, peak = view.target_kw, house.month_peak if house else None
    gap = ""
    if target_kw is not None and running:
        gap_kw = target_kw - running.forecast_kw
        gap = f"{'gap' if gap_kw >= 0 else 'overshoot'} {abs(gap_kw):.2f} kW"
    doubt = f"give or take {running.error_kw:.2f} kW" if running else ""
    lines = [
        fact("headroom", house.headroom_kw if house else None, "kW", _until(house)),
        demand_bar(view, width, glyphs),
        fact("so far", running.so_far_kw if running else None, "kW", _time_left(view)),
        fact("forecast", running.forecast_kw if running else None, "kW", doubt if roomy else gap),
        fact("target", target_kw, "kW", gap if roomy else _short_peak(target_kw, peak)),
    ]
    at = moment(peak.at) if peak else ""
    return [*lines, fact("month peak", peak.kw if peak else None, "kW", at)] if roomy else lines


def _until(house: messages.House | None) -> str:
    """Until when the headroom holds, and what of it may run on."""
    if house is None or house.quarter is None:
        return ""
    end, after_kw = clock(house.quarter.end), steady_kw(house)
    if after_kw is not None:
        return f"{after_kw:.2f} after {end}"
    return f"until {end}" if (house.headroom_kw or 0) >= 0 else f"over until {end}"


def _short_peak(target_kw: float | None, peak: messages.Peak | None) -> str:
    """The month peak beside the target: its moment when the two are the same, else its kW."""
    if peak is None or target_kw is None:
        return ""
    same = abs(peak.kw - target_kw) < 0.005
    return f"peak {moment(peak.at)}" if same and peak.at else f"month peak {peak.kw:.2f}"


def _time_left(view: MeterView) -> str:
    if view.house is None or view.house.quarter is None or view.house.time is None:
        return ""
    left = max(timedelta(), view.house.quarter.end - view.house.time)
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    return f"{minutes:02}:{seconds:02} left"


def demand_bar(view: MeterView, width: int, glyphs: Glyphs) -> Line:
    """So far full, the rest of the forecast half, free light, a line at the target; kW."""
    running = view.house.quarter if view.house else None
    if running is None:
        return [ink(glyphs.free * width, DIM)]
    limit = view.target_kw
    most = max(running.forecast_kw, running.so_far_kw, limit or 0.0)
    scale = max(5, 5 * ceil(most * 1.1 / 5))
    end = f" {scale} kW"
    cells = width - len(end)
    done, due = (
        min(cells, round(max(0.0, kw) / scale * cells))
        for kw in (running.so_far_kw, max(running.so_far_kw, running.forecast_kw))
    )
    bar = glyphs.full * done + glyphs.part * (due - done) + glyphs.free * (cells - due)
    inks = [PROGRESS] * due + [DIM] * (cells - due)
    if limit is not None:
        at = min(cells - 1, int(limit / scale * cells))
        bar = bar[:at] + glyphs.limit + bar[at + 1 :]
        inks[at] = STRONG
    return [*runs(bar, inks), ink(end, DIM)]


def now(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """What flows this second. Small: with the prices. Roomy: with each phase and the breaker."""
    house = view.house
    lines = [
        fact("offtake", house.offtake_kw if house else None, "kW"),
        fact("injection", house.injection_kw if house else None, "kW"),
    ]
    lines += _phase_lines(house) if size.rows >= 8 else _price_lines(view, glyphs)
    words = _meter_words(house, size.columns - 4, glyphs)
    return panel("Now", [*lines[: size.rows - 2 - len(words)], *words], size, glyphs)


def _phase_lines(house: messages.House | None) -> list[Line]:
    if house is None:
        return []
    return [
        [
            ink(f"L{place} {'injection' if phase.injection_kw else 'offtake':<9}"),
            ink(number(phase.injection_kw or phase.offtake_kw, LABEL - 6)),
            ink(" kW ", DIM),
            ink(f"{number(phase.voltage_v, 3, 0)} V {number(phase.current_a, 4, 1)} A", DIM),
        ]
        for place, phase in enumerate(house.phases, 1)
    ]


def _price_lines(view: MeterView, glyphs: Glyphs) -> list[Line]:
    house = view.house
    price = house.price_offtake_eur_kwh if house else None
    tariff = (house.tariff if house else None) or ""
    unit = glyphs.unit("EUR/kWh")
    mark = PROVISIONAL if house and house.price_provisional else ""
    lines = [fact("tariff", price, unit, tariff, decimals=4, value_ink=ACTIVE, mark=mark)]
    for rate in view.rates.rates if view.rates else ():
        if rate.name in ("gas", "water"):
            unit, mark = glyphs.unit(rate.unit), PROVISIONAL if rate.provisional else ""
            lines.append(fact(rate.name, rate.price, unit, decimals=4, value_ink=ACTIVE, mark=mark))
    return lines


def _meter_words(house: messages.House | None, width: int, glyphs: Glyphs) -> list[Line]:
    """What must be known: an open breaker, a message from the grid, trouble on the line."""
    if house is None:
        return []
    style = ATTENTION
    if house.breaker in ("off", "ready"):
        said = f"breaker {house.breaker}: the house has no power from the grid"
        style = ALARM
    elif house.message:
        said = f"message: {glyphs.clean(house.message)}"
    else:
        said = glyphs.clean(house.health.note)
    lines = wrap(said, width, max_lines=WORDS_MOST, placeholder=" ..")
    return [[ink(line, style)] for line in lines]


def rates(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """All prices: those that hold now are magenta with a mark, the others cyan."""
    told = view.rates
    title = "Rate"
    if told and told.tariff:
        until = f" until {clock(told.next_change)}" if told.next_change else ""
        title = f"Rate, {told.tariff}{until}"
    width = max((len(rate.label) for rate in told.rates), default=0) if told else 0
    lines: list[Line] = []
    for rate in told.rates if told else ():
        style, mark = (ACTIVE, glyphs.here) if rate.active else (INACTIVE, " ")
        label, unit = glyphs.clean(rate.label), glyphs.clean(glyphs.unit(rate.unit))
        price = marked(number(rate.price, 7, 4), PROVISIONAL if rate.provisional else "")
        lines.append([ink(f"{mark} {label:<{width}}{price} {unit}", style)])
    if told and told.note:
        lines.append([ink(glyphs.short(told.note, size.columns - 4), DIM)])
    return panel(title, lines or [[ink("-")]], size, glyphs)
