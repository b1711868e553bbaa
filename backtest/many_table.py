"""Savings of many homes, as a table of 80 columns and as a picture."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean, quantiles
from xml.sax.saxutils import escape

from backtest.jobs import BOUND, NONE, OURS
from backtest.many import Result

HEAD = ("days", "none", "ours", "bound", "share", "EUR/mo", "kW", "trips")
WIDTHS = (6, 9, 9, 9, 7, 8, 7, 6)
SHOWN = 30
BIN_PCT = 5
WIDTH, HEIGHT, LEFT, TOP, FLOOR = 720, 300, 48, 64, 252
STYLE = """
text { font-family: Inter, "Helvetica Neue", Arial, sans-serif; font-size: 12px; fill: #222 }
.title { font-size: 18px; font-weight: 600 } .dim { fill: #6b6b6b }
.bar { fill: #2f5d8c } .axis { stroke: #bbb }
"""


def table(results: Sequence[Result]) -> Iterator[str]:
    """The homes with the most regret, worst first, then the distribution and the errors."""
    good = [each for each in results if each.costs is not None]
    worst = sorted(good, key=lambda each: -each.regret_eur)[:SHOWN]
    yield f"{'home':<19}" + _cells(HEAD)
    for each in worst:
        yield f"{each.name[:18]:<19}" + _cells(_row(each))
    if len(good) > len(worst):
        yield f"and {len(good) - len(worst)} homes with less regret"
    yield ""
    shares = [each.share for each in good if each.share is not None]
    regrets = [each.regret_eur for each in good]
    yield f"{'':<19}" + _spread_cells(("mean", "least", "tenth", "median", "9 tenths", "most"))
    above = [each.peak_kw - each.bound_peak_kw for each in good]
    for name, values in (
        ("share, %", shares),
        ("regret, EUR/month", regrets),
        ("kW above the bound", above),
    ):
        if values:
            low, middle, high = _spread(values)
            cells = (fmean(values), min(values), low, middle, high, max(values))
            yield f"{name:<19}" + _spread_cells([f"{each:.2f}" for each in cells])
    missed = sum(each.missed for each in good)
    yield f"homes {len(good)} of {len(results)}; trips missed {missed}"
    for each in results:
        if each.trouble:
            yield f"{each.name}: {each.trouble}"


def drawing(results: Sequence[Result]) -> str:
    """A histogram of the shares as SVG; the same results give the same text."""
    shares = [each.share for each in results if each.share is not None]
    bins = Counter(max(0, min(95, int(share // BIN_PCT) * BIN_PCT)) for share in shares)
    tall = max(bins.values(), default=1)
    title = f"Share of the achievable saving, {len(shares)} homes"
    step = (WIDTH - 2 * LEFT) / (100 / BIN_PCT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="36">{escape(title)}</text>',
    ]
    for begin, count in sorted(bins.items()):
        x, high = LEFT + begin / BIN_PCT * step, (FLOOR - TOP) * count / tall
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{FLOOR - high:.1f}" width="{step - 2:.1f}"'
            f' height="{high:.1f}"/>'
        )
        parts.append(
            f'<text x="{x + step / 2:.1f}" y="{FLOOR - high - 5:.1f}"'
            f' text-anchor="middle">{count}</text>'
        )
    parts.append(f'<path class="axis" d="M{LEFT} {FLOOR}H{WIDTH - LEFT}"/>')
    for percent in range(0, 101, 10):
        x = LEFT + percent / BIN_PCT * step
        where = f'x="{x:.1f}" y="{FLOOR + 18}" text-anchor="middle"'
        parts.append(f'<text class="dim" {where}>{percent} %</text>')
    low = "homes at 0 % and below are in the first bar"
    parts.append(f'<text class="dim" x="{LEFT}" y="{HEIGHT - 10}">{low}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _row(each: Result) -> tuple[str, ...]:
    costs = each.costs or {}
    share = each.share
    return (
        f"{each.days:.0f}",
        *(f"{costs[name]:.2f}" for name in (NONE, OURS, BOUND)),
        "-" if share is None else f"{share:.1f}",
        f"{each.regret_eur:.2f}",
        f"{each.peak_kw:.2f}",
        f"{each.missed}",
    )


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    """The first tenth, the median and the ninth."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[4], tenths[8]


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def _spread_cells(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>10}" for cell in cells)
