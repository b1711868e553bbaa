"""The meter screen: layouts that tile the terminal exactly."""

from base.time import local_day
from screen.meter import bill, chart, lists, months, panels, prices, usage_table
from screen.meter.view import MeterView, headline
from screen.primitives import Block, Glyphs, Size, beside, stacked
from screen.sizes import Sizes


def _small(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Quarter and now, use and cost, neighbours; events when there is room for them."""
    left = room.columns - 34 - (room.columns - 80) // 3
    neighbours = lists.neighbours_rows(view, 4 + len(usage_table.SPARED))
    records = usage_table.shorter(usage_table.SMALL, neighbours - room.rows + 19)
    table = len(records) + 3
    spare = room.rows - 7 - table - neighbours
    cost = "" if view.bill is None else bill.short(view.bill, glyphs)
    blocks = [
        beside(
            panels.quarter(view, Size(left, 7), glyphs),
            panels.now(view, Size(room.columns - left, 7), glyphs),
        ),
        usage_table.usage(view, Size(room.columns, table), glyphs, records, 13, cost),
        lists.neighbours(
            view, Size(room.columns, neighbours + (spare if spare < 3 else 0)), glyphs
        ),
    ]
    if spare >= 3:
        blocks.append(_events(view, Size(room.columns, spare), glyphs))
    return stacked(*blocks)


def _medium(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Past above future: demand below the quarter, prices below the rates; all but the telegram."""
    half = room.columns // 2
    periods = 7 if room.columns >= 150 else 5
    column = usage_table.COLUMN + min(
        3, (room.columns - usage_table.usage_width(periods) - 44) // periods
    )
    table = usage_table.usage_width(periods, column)
    low = (room.rows - 39) // 2
    past = 7 + low
    peers = lists.neighbours_rows(view, room.rows - 27 - past)
    last = room.rows - 22 - past - peers
    sides = half, room.columns - half
    return stacked(
        _top(view, room.columns, glyphs),
        beside(
            chart.demand(view.demand, Size(sides[0], past), glyphs),
            prices.prices(view, Size(sides[1], past), glyphs),
        ),
        beside(
            usage_table.usage(view, Size(table, 14), glyphs, usage_table.MEDIUM, column),
            bill.bill(view.bill, Size(room.columns - table, 14), glyphs),
        ),
        lists.neighbours(view, Size(room.columns, peers), glyphs),
        beside(
            months.months(view, Size(sides[0], last), glyphs),
            _events(view, Size(sides[1], last), glyphs),
        ),
    )


def _large(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """Everything, with all periods in the table, the whole bill, and the telegram at the right."""
    more = room.columns - 200
    telegram = min(90, 62 + more // 2)
    left, table = room.columns - telegram, usage_table.usage_width(7)
    top = 120 + more // 3
    return stacked(
        beside(
            _top(view, top, glyphs),
            prices.prices(view, Size(room.columns - top, 8), glyphs),
        ),
        beside(
            stacked(
                beside(
                    usage_table.usage(view, Size(table, 21), glyphs, usage_table.LARGE),
                    months.months(view, Size(left - table, 21), glyphs),
                ),
                _past(view, Size(left, room.rows - 29), glyphs),
            ),
            lists.telegram(view, Size(telegram, room.rows - 8), glyphs),
        ),
    )


def _top(view: MeterView, columns: int, glyphs: Glyphs) -> Block:
    """The quarter, the power now, and the prices."""
    spread = (columns - 120) // 3
    now, rates = 38 + spread, 36 + spread
    return beside(
        panels.quarter(view, Size(columns - now - rates, 8), glyphs),
        panels.now(view, Size(now, 8), glyphs),
        panels.rates(view, Size(rates, 8), glyphs),
    )


def _past(view: MeterView, room: Size, glyphs: Glyphs) -> Block:
    """The bill; beside it the neighbours, the demand of the last days, and the events."""
    invoice = 48 + max(0, room.columns - 138) // 4
    right = room.columns - invoice
    events = 6 + (room.rows - 20) // 2
    return beside(
        bill.bill(view.bill, Size(invoice, room.rows), glyphs),
        stacked(
            lists.neighbours(view, Size(right, 6), glyphs),
            chart.demand(view.demand, Size(right, room.rows - 6 - events), glyphs),
            _events(view, Size(right, events), glyphs),
        ),
    )


def _events(view: MeterView, size: Size, glyphs: Glyphs) -> Block:
    return lists.events(view.events, local_day(view.now), size, glyphs, glyphs.say("Events"))


render: Sizes[MeterView] = Sizes(
    headline=headline,
    header=panels.header,
    small=_small,
    medium=_medium,
    large=_large,
    dim=lambda view: view.stale,
)
