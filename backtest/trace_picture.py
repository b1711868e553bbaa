"""A day as a picture: price, house and sun, car, battery, meter, and where the money went; ours
beside perfect knowledge."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

import numpy as np

from backtest.trace import Day, Trace
from backtest.world import Floats, World
from base.time import BRUSSELS

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 790, 136, 24, 74, 84, 22
STYLE = """
text { font-family: Inter, "Helvetica Neue", Arial, sans-serif; font-size: 12px; fill: #222 }
.title { font-size: 18px; font-weight: 600 } .dim { fill: #6b6b6b } .axis { stroke: #ccc }
.rule { stroke: #c96a2b; stroke-dasharray: 2 3 } path { fill: none; stroke-width: 1.6 }
.ours { stroke: #2f5d8c } .best { stroke: #4d8f57; stroke-dasharray: 5 3 }
.load { stroke: #44536a } .sun { stroke: #d0a020 } .price { stroke: #8c5a8c }
.more { stroke: #a83a3a } .grid { stroke: #eee; stroke-width: 1 }
text.load { fill: #44536a; stroke: none } text.sun { fill: #a07810; stroke: none }
"""
KEYS = {"load": "house", "sun": "sun"}
HOURS = 3
Line = tuple[str, Floats]


def picture(where: str, world: World, traces: tuple[Trace, Trace], day: Day) -> str:
    """SVG of ours and of the best; the same traces give the same text."""
    ours, best = traces
    span = slice(day.first, day.last)
    more_eur = np.cumsum(ours.cost_eur[span] - best.cost_eur[span])
    panels: Sequence[tuple[str, Sequence[Line], float | None]] = (
        ("price EUR/kWh", [("price", world.buy[span])], None),
        ("house, sun kW", [("load", ours.load_kw[span]), ("sun", ours.solar_kw[span])], None),
        ("cars kW", [("best", best.cars_kw[span]), ("ours", ours.cars_kw[span])], None),
        ("battery kW", [("best", best.battery_kw[span]), ("ours", ours.battery_kw[span])], None),
        ("battery %", [("best", best.soc_pct[span]), ("ours", ours.soc_pct[span])], None),
        ("meter kW", [("best", best.grid_kw[span]), ("ours", ours.grid_kw[span])], world.floor_kw),
        ("more paid EUR", [("more", more_eur)], None),
    )
    height = TOP + len(panels) * (PANEL + GAP) + 28
    title = f"{where}, {day.day}: {day.regret_eur:.2f} EUR more than with perfect knowledge"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>',
        f'<text class="title" x="24" y="32">{escape(title)}</text>',
        f'<text class="dim" x="24" y="54">solid blue: ours; dashed green: perfect knowledge;'
        f" dotted: {world.floor_kw:g} kW, free of peak cost; red: what ours paid more since"
        " midnight</text>",
        *_hours(world, day, height - 14),
    ]
    for number, (name, lines, rule) in enumerate(panels):
        parts += _panel(name, lines, rule, TOP + number * (PANEL + GAP))
    return "\n".join([*parts, "</svg>\n"])


def _panel(name: str, lines: Sequence[Line], rule: float | None, top: int) -> Iterator[str]:
    lines = [(kind, np.round(each, 3)) for kind, each in lines]  # a solver's zeros are not quite
    values = np.concatenate([each for _, each in lines] + ([np.array([rule])] if rule else []))
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = PANEL / (high - low) if high > low else 0.0

    def y(value: float) -> float:
        return top + PANEL - (value - low) * scale

    yield f'<text x="24" y="{top + 12}">{name.rpartition(" ")[0]}</text>'
    yield f'<text class="dim" x="24" y="{top + 28}">{name.rpartition(" ")[2]}</text>'
    for value in (low, high):
        yield (
            f'<text class="dim" x="{LEFT - 6}" y="{y(value) + 4:.1f}"'
            f' text-anchor="end">{round(value, 2) + 0.0:.2f}</text>'
        )
    yield f'<path class="axis" d="M{LEFT} {y(0.0):.1f}H{WIDTH - RIGHT}"/>'
    if rule is not None:
        yield f'<path class="rule" d="M{LEFT} {y(rule):.1f}H{WIDTH - RIGHT}"/>'
    for number, kind in enumerate(kind for kind, _ in lines if kind in KEYS):
        x = LEFT + 8 + 48 * number
        yield f'<text class="{kind}" x="{x}" y="{top + 12}">{KEYS[kind]}</text>'
    for kind, each in lines:
        step = (WIDTH - LEFT - RIGHT) / len(each)
        points = "".join(
            f"{'LM'[n == 0]}{LEFT + n * step:.1f} {y(float(kw)):.1f}H{LEFT + (n + 1) * step:.1f}"
            for n, kw in enumerate(each)
        )
        yield f'<path class="{kind}" d="{points}"/>'


def _hours(world: World, day: Day, at_y: int) -> Iterator[str]:
    """The hours of the day, and a line through all panels at each."""
    step = (WIDTH - LEFT - RIGHT) / (day.last - day.first)
    for q in range(day.first, day.last + 1):
        local = world.at(q).astimezone(BRUSSELS)
        if local.minute == 0 and local.hour % HOURS == 0:
            x, hour = LEFT + (q - day.first) * step, "24" if q == day.last else f"{local:%H}"
            yield f'<path class="grid" d="M{x:.1f} {TOP}V{at_y - 16}"/>'
            yield f'<text class="dim" x="{x:.1f}" y="{at_y}" text-anchor="middle">{hour}</text>'
