"""The panels of facts: header, quarter, now, rates.

Each takes the view and a size, and returns a block of exactly that size.
"""

from datetime import datetime, timedelta
from math import ceil
from textwrap import wrap

from rich.style import Style

from base import messages
from screen.facts import Fact, laid
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
    ink,
    marked,
    panel,
    runs,
)

WORDS_MOST = 3  # lines of what must be known
ROOMY_ROWS = 8


def header(view: MeterView, columns: int, glyphs: Glyphs) -> Block:
    """The name of the meter, the meter's time, and the age of the facts."""
    house = view.house
    meter = house.meter_id if house and house.meter_id else ""
    short = f"{meter[:4]}{glyphs.more}{meter[-4:]}" if len(meter) > 8 else meter
    left = f"{glyphs.read(view.title)} {glyphs.clean(short)}".rstrip()
    time = house.time if house else None
    age = glyphs.short(telegram_age(view, glyphs), 31)
    style = ATTENTION if view.age_s is None else ALARM if view.stale else DIM
    return headed(left, (stamp(time, glyphs), age, style), columns, glyphs)


def stamp(at: datetime | None, glyphs: Glyphs) -> str:
    """`Thu 15 Jan 2026 17:38:24`, `-` when unknown."""
    return glyphs.clock(at, "%a %-d %b %Y %H:%M:%S")


def headed(left: str, right: tuple[str, str, Style], columns: int, glyphs: Glyphs) -> Block:
    """The first row of a screen: its name at the left, time and age of the facts at the right."""
    stamp, age, style = right
    left = glyphs.short(left, max(0, columns - len(stamp) - len(age) - 3))
    gap = max(1, columns - len(left) - len(stamp) - 2 - len(age))
    line = [ink(left, STRONG), ink(" " * gap + stamp + "  "), ink(age, style)]
    return block([line], Size(columns, 1))


def quarter(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """The running quarter hour against its target; red when a new month peak is in the making."""
    yields_kw = view.house.yields_kw or 0.0 if view.house else 0.0
    title = glyphs.say("Quarter hour")
    if view.new_peak and size.columns >= 50:
        title = glyphs.say("Quarter hour, new month peak in the making")
    elif view.new_peak:
        title = glyphs.say("Quarter hour, new month peak")
    elif yields_kw >= SEEN_KW:
        title = glyphs.say("Quarter hour, {kw:.2f} kW reduced", kw=yields_kw)
    rows = _quarter_rows(view, size.columns - 4, glyphs, roomy=size.rows >= ROOMY_ROWS)
    return panel(title, laid(rows, size.columns - 4, glyphs), size, glyphs, alarm=view.new_peak)


def _quarter_rows(view: MeterView, width: int, glyphs: Glyphs, *, roomy: bool) -> list[Fact | Line]:
    house, say = view.house, glyphs.say
    running = house.quarter if house else None
    target_kw, peak = view.target_kw, house.month_peak if house else None
    gap = _gap(target_kw, running, glyphs)
    doubt = say("give or take {kw:.2f} kW", kw=running.error_kw) if running else ""
    rows: list[Fact | Line] = [
        Fact(
            label=say("headroom"),
            value=house.headroom_kw if house else None,
            unit="kW",
            note=_until(house, glyphs),
        ),
        demand_bar(view, width, glyphs),
        Fact(
            label=say("so far"),
            value=running.so_far_kw if running else None,
            unit="kW",
            note=_time_left(view, glyphs),
        ),
        Fact(
            label=say("forecast"),
            value=running.forecast_kw if running else None,
            unit="kW",
            note=doubt if roomy else gap,
        ),
        Fact(
            label=say("target"),
            value=target_kw,
            unit="kW",
            note=gap if roomy else _short_peak(target_kw, peak, glyphs),
        ),
    ]
    if roomy:
        at = glyphs.moment(peak.at) if peak else ""
        kw = peak.kw if peak else None
        none = none_yet(house, glyphs)
        rows.append(Fact(label=say("month peak"), value=kw, unit="kW", note=at, text=none))
    return rows


def none_yet(house: messages.House | None, glyphs: Glyphs) -> str | None:
    """The text for a month without a closed quarter, instead of its peak."""
    if house is None or house.quarter is None or house.month_peak is not None:
        return None
    return glyphs.say("none yet")


def _gap(target_kw: float | None, running: messages.Quarter | None, glyphs: Glyphs) -> str:
    """The difference between target and forecast."""
    if target_kw is None or running is None:
        return ""
    kw = target_kw - running.forecast_kw
    if kw < 0:
        return glyphs.say("{kw:.2f} kW too much", kw=-kw)
    return glyphs.say("{kw:.2f} kW to spare", kw=kw)


def _until(house: messages.House | None, glyphs: Glyphs) -> str:
    """The end of the headroom, and the part of it that may continue."""
    if house is None or house.quarter is None:
        return ""
    end, after_kw = clock(house.quarter.end), steady_kw(house)
    if after_kw is not None:
        return glyphs.say("{kw:.2f} after {time}", kw=after_kw, time=end)
    if (house.headroom_kw or 0) < 0:
        return glyphs.say("over until {time}", time=end)
    return glyphs.say("until {time}", time=end)


def _short_peak(target_kw: float | None, peak: messages.Peak | None, glyphs: Glyphs) -> str:
    """The month peak beside the target: its time when the two are equal, else its kW."""
    if peak is None or target_kw is None:
        return ""
    if abs(peak.kw - target_kw) < 0.005 and peak.at:
        return glyphs.say("peak {moment}", moment=glyphs.moment(peak.at))
    return glyphs.say("month peak {kw:.2f}", kw=peak.kw)


def _time_left(view: MeterView, glyphs: Glyphs) -> str:
    if view.house is None or view.house.quarter is None or view.house.time is None:
        return ""
    left = max(timedelta(), view.house.quarter.end - view.house.time)
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    return glyphs.say("{time} left", time=f"{minutes:02}:{seconds:02}")


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
    """Power at this second. Small: with the prices. Roomy: with each phase and the breaker."""
    house, width = view.house, size.columns - 4
    rows: list[Fact | Line] = [
        Fact(label=glyphs.say("offtake"), value=house.offtake_kw if house else None, unit="kW"),
        Fact(label=glyphs.say("injection"), value=house.injection_kw if house else None, unit="kW"),
    ]
    roomy = size.rows >= ROOMY_ROWS
    rows += _phase_rows(house, glyphs) if roomy else _price_rows(view, glyphs)
    words = _meter_words(house, width, glyphs)
    shown = laid(rows, width, glyphs)[: size.rows - 2 - len(words)]
    return panel(glyphs.say("Now"), [*shown, *words], size, glyphs)


def _phase_rows(house: messages.House | None, glyphs: Glyphs) -> list[Fact | Line]:
    return [
        Fact(
            label=_phase_label(place, phase, glyphs),
            value=phase.injection_kw or phase.offtake_kw,
            unit="kW",
            note=_volt_and_ampere(phase, glyphs),
        )
        for place, phase in enumerate(house.phases if house else (), 1)
    ]


def _volt_and_ampere(phase: messages.Phase, glyphs: Glyphs) -> str:
    parts = []
    if phase.voltage_v is not None:
        parts.append(f"{glyphs.number(phase.voltage_v, 3, 0)} V")
    if phase.current_a is not None:
        parts.append(f"{glyphs.number(phase.current_a, 4, 1)} A")
    return " ".join(parts)


def _phase_label(place: int, phase: messages.Phase, glyphs: Glyphs) -> str:
    if phase.injection_kw:
        return glyphs.say("L{phase} injection", phase=place)
    return glyphs.say("L{phase} offtake", phase=place)


def _price_rows(view: MeterView, glyphs: Glyphs) -> list[Fact | Line]:
    house = view.house
    rows: list[Fact | Line] = [
        Fact(
            label=_tariff(house.tariff if house else None, glyphs),
            value=house.price_offtake_eur_kwh if house else None,
            unit=glyphs.unit("EUR/kWh"),
            decimals=4,
            value_ink=ACTIVE,
            mark=PROVISIONAL if house and house.price_provisional else "",
        )
    ]
    rows += [
        Fact(
            label=glyphs.read(rate.name),
            value=rate.price,
            unit=glyphs.unit(rate.unit),
            decimals=4,
            value_ink=ACTIVE,
            mark=PROVISIONAL if rate.provisional else "",
        )
        for rate in (view.rates.rates if view.rates else ())
        if rate.name in ("gas", "water")
    ]
    return rows


def _tariff(tariff: str | None, glyphs: Glyphs) -> str:
    match tariff:
        case "day":
            return glyphs.say("day tariff")
        case "night":
            return glyphs.say("night tariff")
    return glyphs.say("tariff")


def _meter_words(house: messages.House | None, width: int, glyphs: Glyphs) -> list[Line]:
    """Notices: an open breaker, a message from the grid, trouble on the line."""
    if house is None:
        return []
    style = ATTENTION
    if house.breaker in ("off", "ready"):
        said = glyphs.say("the breaker of the meter is open: no power from the grid")
        if house.breaker == "ready":
            said = glyphs.say("the breaker of the meter is open and can be closed by hand")
        style = ALARM
    elif house.message:
        said = glyphs.say("message: {text}", text=house.message)
    else:
        said = glyphs.read(house.health.note)
    lines = wrap(said, width, max_lines=WORDS_MOST, placeholder=" ..")
    return [[ink(line, style)] for line in lines]


def rates(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    """All prices: the current ones are magenta with a mark, the others cyan."""
    told = view.rates
    labels = {rate.name: glyphs.read(rate.label) for rate in told.rates} if told else {}
    width = max(map(len, labels.values()), default=0)
    lines: list[Line] = []
    for rate in told.rates if told else ():
        style, mark = (ACTIVE, glyphs.here) if rate.active else (INACTIVE, " ")
        label, unit = labels[rate.name], glyphs.clean(glyphs.unit(rate.unit))
        price = marked(glyphs.number(rate.price, 7, 4), PROVISIONAL if rate.provisional else "")
        lines.append([ink(f"{mark} {label:<{width}}{price} {unit}", style)])
    if told and told.note:
        lines.append([ink(glyphs.short(glyphs.read(told.note), size.columns - 4), DIM)])
    return panel(
        _rates_title(told, glyphs),
        lines or [[ink(glyphs.say("no price known yet"), DIM)]],
        size,
        glyphs,
    )


def _rates_title(told: messages.Rates | None, glyphs: Glyphs) -> str:
    if told is None or told.tariff is None:
        return glyphs.say("Rate")
    tariff = _tariff(told.tariff, glyphs)
    if told.next_change is None:
        return glyphs.say("Rate, {tariff}", tariff=tariff)
    return glyphs.say("Rate, {tariff} until {time}", tariff=tariff, time=clock(told.next_change))
