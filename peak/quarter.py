"""The running quarter moves on with each telegram, counted twice.

The meter counts its demand in 1-0:1.4.0, which is billed; we count it again from the offtake
registers, and report a difference. When 1.4.0 is missing our own count takes over. Unobserved
values stay None. Source: eMUCS-P1, 1-0:1.4.0, 1-0:1.8.1, 1-0:1.8.2.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from base.time import QUARTER, QUARTER_S, quarter_of
from p1.reading import Reading
from peak.clock import ClosedQuarter, Meaning, Quarter, Source

_MOST_KW = 100.0  # no house takes more: a register that runs faster has jumped
_NEAR_S = 2.0  # 1.4.0 this close to the end is the quarter's value but for 0.2 %
_LAG_S = 5.0  # how long after the boundary 1.4.0 may still show the quarter before
_LAG_KW = 0.05  # below this a late reset cannot be told from a new quarter, and does not matter
_HOLE_S = 15.0  # across a longer hole the register at the boundary is not known
_TELLING_S = 60.0  # before this the two meanings of 1.4.0 are too close to tell
_TELLING_KW = 0.02


def advance(last: Quarter | None, reading: Reading) -> Quarter | None:
    """The quarter after this telegram; None before the first with a time.

    After a clock was set back into the quarter before, the count waits until it has caught up; set
    back further, it starts again.
    """
    time = reading.time
    if time is None:
        return last
    total_kwh = _total_kwh(reading)
    if last is None or time <= last.start - QUARTER:
        start = quarter_of(time)
        blank = _blank(start, total_kwh if time == start else None)
        return _counted(blank, reading, time, reading.demand_kw, total_kwh, 0.0)
    if time < last.start:
        return last
    step_kwh = _step_kwh(last, reading, time, total_kwh)
    if time - last.start < QUARTER:
        return _counted(last, reading, time, reading.demand_kw, total_kwh, step_kwh)
    return _turned(last, reading, time, total_kwh, step_kwh)


def _blank(start: datetime, opened_kwh: Decimal | None, last: Quarter | None = None) -> Quarter:
    """A quarter with only its start known, and the meaning of 1.4.0 from the one before."""
    return Quarter(
        start=start,
        time=start,
        so_far_kw=None,
        source=None,
        own_kw=None,
        closed=last.closed if last else None,
        total_kwh=None,
        opened_kwh=opened_kwh,
        meter_id=last.meter_id if last else None,
        meaning=last.meaning if last else Meaning.ENERGY,
    )


def _turned(
    last: Quarter,
    reading: Reading,
    time: datetime,
    total_kwh: Decimal | None,
    step_kwh: float | None,
) -> Quarter:
    """The quarter that this telegram begins, with the one before it closed."""
    start = quarter_of(time)
    opened_kwh = total_kwh if time == start else _between_kwh(last, start, time, step_kwh)
    lagging_kw = _lagging_kw(last, reading, start, time)
    demand_kw = reading.demand_kw if lagging_kw is None else None
    new = _counted(_blank(start, opened_kwh, last), reading, time, demand_kw, total_kwh, 0.0)
    if lagging_kw is not None:
        return replace(new, closed=ClosedQuarter(last.start, lagging_kw, Source.METER))
    closed = _closed(last, new, step_kwh)
    return replace(new, closed=closed) if closed else new


def _counted(
    last: Quarter,
    reading: Reading,
    time: datetime,
    demand_kw: float | None,
    total_kwh: Decimal | None,
    step_kwh: float | None,
) -> Quarter:
    """`last`, the same quarter, moved on to this telegram. 1.4.0 counts, else the registers."""
    start, meaning = last.start, last.meaning
    opened_kwh = last.opened_kwh if step_kwh is not None else None
    own_kw = None
    if total_kwh is not None and opened_kwh is not None:
        own_kw = 4.0 * float(total_kwh - opened_kwh)
    so_far_kw = source = None
    if demand_kw is not None:
        so_far_kw, source = demand_kw, Source.METER
        if meaning is not Meaning.ENERGY or (
            own_kw is not None and abs(demand_kw - own_kw) > _TELLING_KW
        ):
            elapsed_s = (time - start).total_seconds()
            average_kw = demand_kw * elapsed_s / QUARTER_S
            if own_kw is not None and elapsed_s >= _TELLING_S:
                meaning = _meaning(meaning, demand_kw, average_kw, own_kw)
            so_far_kw = demand_kw if meaning is Meaning.ENERGY else average_kw
    elif own_kw is not None:
        so_far_kw, source = own_kw, Source.OWN
    elif last.so_far_kw is not None and step_kwh is not None:
        so_far_kw, source = last.so_far_kw + 4.0 * step_kwh, Source.OWN
    meter_id = reading.meter_id or last.meter_id
    return Quarter(
        start=start,
        time=time,
        so_far_kw=so_far_kw,
        source=source,
        own_kw=own_kw,
        closed=last.closed,
        total_kwh=total_kwh,
        opened_kwh=opened_kwh,
        meter_id=meter_id,
        meaning=meaning,
    )


def _meaning(known: Meaning, energy_kw: float, average_kw: float, own_kw: float) -> Meaning:
    """Meaning of 1.4.0, once the registers fit one meaning and clearly not the other."""
    off_energy, off_average = abs(energy_kw - own_kw), abs(average_kw - own_kw)
    if off_energy <= _TELLING_KW < off_average / 2:
        return Meaning.ENERGY
    if off_average <= _TELLING_KW < off_energy / 2:
        return Meaning.AVERAGE
    return known


def _closed(last: Quarter, new: Quarter, step_kwh: float | None) -> ClosedQuarter | None:
    """Closing demand of the quarter before, from the best source; None when there was none."""
    start, so_far_kw, near = last.start, last.so_far_kw, last.left_s <= _NEAR_S
    if near and so_far_kw is not None and last.source is Source.METER:
        return ClosedQuarter(start, so_far_kw, Source.METER)
    if new.start == last.end and step_kwh is not None:
        if last.opened_kwh is not None and new.opened_kwh is not None:
            return ClosedQuarter(start, 4.0 * float(new.opened_kwh - last.opened_kwh), Source.OWN)
        if so_far_kw is not None and new.so_far_kw is not None and new.source is Source.METER:
            # All the offtake across the hole, less what 1.4.0 says the new quarter took of it.
            kw = so_far_kw + 4.0 * step_kwh - new.so_far_kw
            return ClosedQuarter(start, max(kw, so_far_kw), Source.ESTIMATE)
    return ClosedQuarter(start, so_far_kw, Source.OWN) if near and so_far_kw is not None else None


def _lagging_kw(last: Quarter, reading: Reading, start: datetime, time: datetime) -> float | None:
    """1.4.0 where it still shows the quarter before: its last value, grown as power could."""
    now_kw, before_kw = reading.demand_kw, last.so_far_kw
    if now_kw is None or before_kw is None or before_kw <= _LAG_KW or start != last.end:
        return None
    if last.source is not Source.METER or last.meaning is not Meaning.ENERGY:
        return None
    gap_s = (time - last.time).total_seconds()
    grown = 0.0 <= now_kw - before_kw <= _MOST_KW * gap_s / QUARTER_S
    return now_kw if grown and (time - start).total_seconds() <= _LAG_S else None


def _between_kwh(
    last: Quarter, start: datetime, time: datetime, step_kwh: float | None
) -> Decimal | None:
    """The register at `start`, interpolated between two telegrams close to it."""
    gap_s = (time - last.time).total_seconds()
    if step_kwh is None or last.total_kwh is None or gap_s > _HOLE_S:
        return None
    share = (start - last.time).total_seconds() / gap_s
    return last.total_kwh + Decimal(step_kwh * share)


def _step_kwh(
    last: Quarter, reading: Reading, time: datetime, total_kwh: Decimal | None
) -> float | None:
    """Count of the register since the last telegram; None when it is not the same count."""
    if total_kwh is None or last.total_kwh is None:
        return None
    if reading.meter_id != last.meter_id and reading.meter_id and last.meter_id:
        return None
    step_kwh = float(total_kwh - last.total_kwh)
    hours = abs((time - last.time).total_seconds()) / 3600.0
    return step_kwh if 0.0 <= step_kwh <= _MOST_KW * hours + 0.01 else None


def _total_kwh(reading: Reading) -> Decimal | None:
    day, night = reading.offtake_day_kwh, reading.offtake_night_kwh
    return None if day is None or night is None else day + night
