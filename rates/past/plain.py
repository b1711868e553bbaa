"""A CSV of quarters of one's own making becomes past quarters.

    start_utc,offtake_kwh,injection_kwh
    2026-01-01T00:00:00Z,0.173,0.000

One row per quarter: its start with a zone, then kWh. Instead of `offtake_kwh` the file may have
`offtake_day_kwh` and `offtake_night_kwh`, likewise for injection; `gas_m3` and `water_m3` are
read too. An empty cell is missing. Other columns are left alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from p1.reading import Tariff
from rates.amounts import INJECTION, OFFTAKE, Register
from rates.calendar import TariffClock
from rates.past.quarters import Past, known_quarters
from rates.past.table import Table, places

START = frozenset({"start_utc", "start"})
BY_CLOCK = {"offtake_kwh": OFFTAKE, "injection_kwh": INJECTION}
BY_REGISTER = {
    "offtake_day_kwh": Register.OFFTAKE_DAY,
    "offtake_night_kwh": Register.OFFTAKE_NIGHT,
    "injection_day_kwh": Register.INJECTION_DAY,
    "injection_night_kwh": Register.INJECTION_NIGHT,
    "gas_m3": Register.GAS,
    "water_m3": Register.WATER,
}
AMOUNTS = {name: frozenset({name}) for name in (*BY_CLOCK, *BY_REGISTER)}
MOST = Decimal(25)


def read_plain(table: Table, clock: TariffClock) -> Past:
    """The quarters of the file; `clock` separates day from night where it does not. FileError."""
    start, found = _columns(table)
    uses: list[tuple[datetime, Register, Decimal]] = []
    told: dict[datetime, list[Register]] = {}
    for line, cells in table.rows():
        quarter = start_of(table, line, cells[start])
        if quarter in told:
            raise table.error(line, "this quarter occurs twice", cells[start])
        night = clock.tariff_at(quarter) is Tariff.NIGHT
        read = [
            (BY_CLOCK[name][night] if name in BY_CLOCK else BY_REGISTER[name], name, cells[place])
            for name, place in found.items()
        ]
        told[quarter] = [register for register, _, text in read if text]
        uses += [
            (quarter, register, table.number(line, name, text, 0, MOST))
            for register, name, text in read
            if text
        ]
    if len(told) > 1 and not any(quarter.minute for quarter in told):
        raise table.error(2, "these are hours; a bill needs quarters: minutes 00, 15, 30 and 45")
    if not told:
        raise table.error(2, "there are no rows under the header")
    registers = {register for _, register, _ in uses} - {Register.GAS, Register.WATER}
    electric = {quarter: set(names) & registers for quarter, names in told.items()}
    return Past(
        uses=tuple(uses),
        known=known_quarters(electric, registers),
        first=min(told),
        last=max(told),
        notes=_notes(found, clock),
    )


def start_of(table: Table, line: int, text: str) -> datetime:
    """The start of a quarter (UTC) as written in a cell. FileError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise table.error(line, "the start must look like 2026-01-31T18:45:00Z", text) from None
    if at.tzinfo is None:
        raise table.error(line, "the start has no time zone: end it with Z or +01:00", text)
    if at.minute % 15 or at.second or at.microsecond:
        raise table.error(line, "the start is not the start of a quarter hour", text)
    return at.astimezone(UTC)


def _columns(table: Table) -> tuple[int, dict[str, int]]:
    found = places(table, {"start": START, **AMOUNTS})
    start = found.pop("start", None)
    if start is None or not {"offtake_kwh", "offtake_day_kwh", "offtake_night_kwh"} & found.keys():
        raise table.error(
            1,
            "must be an export of mijn.fluvius.be, or have the columns start_utc,"
            " offtake_kwh and, where there are panels, injection_kwh",
            table.lines[0],
        )
    both = [name for name in BY_CLOCK if name in found and name.replace("_", "_day_", 1) in found]
    if both:
        raise table.error(1, f"{both[0]} cannot be combined with day and night: remove one")
    if table.separator not in ",;":
        raise table.error(1, "must have commas or semicolons between its columns", table.lines[0])
    return start, found


def _notes(found: Mapping[str, int], clock: TariffClock) -> tuple[str, ...]:
    if not BY_CLOCK.keys() & found.keys():
        return ()
    return (f"day and night are by the clock: {clock.words()}",)
