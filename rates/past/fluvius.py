"""A mijn.fluvius.be export becomes past quarters, whatever its language and year.

One row per register per quarter, local clock, kWh; an empty volume is missing, not nothing. In
October the repeated hour stands twice under the same label: first in summer time, then in winter
time. Daily totals are spread over the day. Layouts: headers of 2021 to 2026, Dutch and English.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from base.time import BRUSSELS
from p1.reading import Tariff
from rates.amounts import INJECTION, Register
from rates.calendar import TariffClock, quarters_of_day
from rates.past.quarters import Past, known_quarters
from rates.past.table import FileError, Table, places

COLUMNS = {
    "ean": frozenset({"ean", "ean-code", "ean code"}),
    "register": frozenset({"register"}),
    "volume": frozenset({"volume"}),
    "day": frozenset({"van datum", "van (datum)", "from (date)", "start date"}),
    "clock": frozenset({"van tijdstip", "van (tijdstip)", "from (time)", "start time"}),
    "unit": frozenset({"eenheid", "unit"}),
    "status": frozenset({"validatiestatus", "validation status"}),
}
NEEDED = ("day", "ean", "register", "volume", "unit")
REGISTERS = {
    "afname dag": Register.OFFTAKE_DAY,
    "afname nacht": Register.OFFTAKE_NIGHT,
    "injectie dag": Register.INJECTION_DAY,
    "injectie nacht": Register.INJECTION_NIGHT,
    "offtake day": Register.OFFTAKE_DAY,
    "offtake night": Register.OFFTAKE_NIGHT,
    "injection day": Register.INJECTION_DAY,
    "injection night": Register.INJECTION_NIGHT,
    "peak offtake": Register.OFFTAKE_DAY,
    "off-peak offtake": Register.OFFTAKE_NIGHT,
    "peak injection": Register.INJECTION_DAY,
    "off-peak injection": Register.INJECTION_NIGHT,
}
ESTIMATED = frozenset({"geschat", "estimated"})
DAY = re.compile(r"(\d\d)([-/])(\d\d)\2(\d{4})")
Told = dict[datetime, dict[Register, Decimal | None]]
MOST_QUARTER_KWH, MOST_DAY_KWH = Decimal(25), Decimal(2400)  # 100 kW without a pause


def is_fluvius(table: Table) -> bool:
    """Whether these are the columns of an export of mijn.fluvius.be."""
    return {"ean", "register", "volume"} <= places(table, COLUMNS).keys()


def read_fluvius(table: Table, clock: TariffClock) -> Past:
    """The quarters of an export. FileError with line and value when it is not what it must be.

    `clock` only spreads daily totals: the export itself tells day and night.
    """
    found = places(table, COLUMNS)
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        said = table.separator.join(table.columns)
        raise table.error(1, f"an export needs a column for the {lacking[0]}", said)
    if table.separator != ";":
        raise table.error(
            1, "an export of Fluvius has semicolons between its columns", table.lines[0]
        )
    rows = _Rows(table, found)
    return _spread(rows, clock) if "clock" not in found else _by_quarter(rows)


class _Rows:
    """The rows, each checked: line, day, label of the clock, register, kWh (None: empty)."""

    def __init__(self, table: Table, found: Mapping[str, int]) -> None:
        self.estimated = 0
        self._table, self._found, self._ean = table, found, ""

    def __iter__(self) -> Iterator[tuple[int, date, str, Register, Decimal | None]]:
        table, found = self._table, self._found
        clock, status = found.get("clock"), found.get("status")
        most = MOST_DAY_KWH if clock is None else MOST_QUARTER_KWH
        line = 1
        for line, cells in table.rows():
            self._check(line, cells[found["ean"]], cells[found["unit"]])
            text = cells[found["volume"]]
            kwh = table.number(line, "the volume in kWh", text, 0, most) if text else None
            label = "" if clock is None else cells[clock]
            self.estimated += status is not None and cells[status].lower() in ESTIMATED
            day = self._day(line, cells[found["day"]])
            yield line, day, label, self._register(line, cells[found["register"]]), kwh
        if line == 1:
            raise table.error(2, "there are no rows under the header")

    def _check(self, line: int, ean: str, unit: str) -> None:
        self._ean = self._ean or ean
        if ean != self._ean:
            raise self._table.error(line, f"another EAN than {_bare(self._ean)}", _bare(ean))
        if unit != "kWh":
            raise self._table.error(
                line, "the unit must be kWh: download the quarter-hour totals of electricity", unit
            )

    def _day(self, line: int, text: str) -> date:
        try:
            return _day(text)
        except ValueError:
            raise self._table.error(
                line, "the date must read 31-12-2026 or 31/12/2026", text
            ) from None

    def _register(self, line: int, text: str) -> Register:
        register = REGISTERS.get(text.lower())
        if register is None:
            raise self._table.error(
                line, "the register must be offtake or injection, day or night", text
            )
        return register

    def error(self, line: int, what: str, value: str) -> FileError:
        return self._table.error(line, what, value)

    def past(self, told: Told, *notes: str) -> Past:
        """What the rows told of each quarter, as a Past."""
        known = {
            quarter: [register for register, kwh in row.items() if kwh is not None]
            for quarter, row in told.items()
        }
        registers = {register for row in told.values() for register in row}
        estimated = f"{self.estimated} volumes are estimated by Fluvius"
        return Past(
            tuple(
                (quarter, name, kwh)
                for quarter, row in told.items()
                for name, kwh in row.items()
                if kwh is not None
            ),
            known_quarters(known, registers),
            min(told),
            max(told),
            (*notes, estimated) if self.estimated else notes,
        )


def _by_quarter(rows: _Rows) -> Past:
    """Under a label that stands twice, a register's first volume is of the first quarter."""
    told: Told = {}
    for line, day, label, register, kwh in rows:
        quarters = _labels(day).get(label, ())
        for quarter in quarters:
            row = told.setdefault(quarter, {})
            if register not in row:
                row[register] = kwh
                break
        else:
            what = "stands there twice" if quarters else "is not a quarter of that day"
            raise rows.error(line, what, f"{day:%d-%m-%Y} {label}")
    return rows.past(told)


def _spread(rows: _Rows, clock: TariffClock) -> Past:
    """Each day's total evenly over the quarters of its register."""
    told: Told = {}
    for line, day, _, register, kwh in rows:
        quarters = _of_register(day, register, clock)
        for quarter in quarters:
            row = told.setdefault(quarter, {})
            if register in row:
                raise rows.error(line, "stands there twice", f"{day:%d-%m-%Y}")
            row[register] = None if kwh is None else kwh / len(quarters)
    note = (
        "these are daily totals, spread evenly over the day: the peak is too low, and so is what"
        " a dynamic price makes of it; the quarter-hour totals tell it right"
    )
    return rows.past(told, note)


def _of_register(day: date, register: Register, clock: TariffClock) -> tuple[datetime, ...]:
    night = register in (Register.OFFTAKE_NIGHT, INJECTION[1])
    wanted = Tariff.NIGHT if night else Tariff.DAY
    quarters = quarters_of_day(day)
    return tuple(q for q in quarters if clock.tariff_at(q) is wanted) or quarters


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    parts = DAY.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    return date(int(parts[4]), int(parts[3]), int(parts[1]))


@lru_cache(maxsize=1024)
def _labels(day: date) -> Mapping[str, tuple[datetime, ...]]:
    """The quarters of a day under the label of the wall clock: two under one in October."""
    labels: dict[str, tuple[datetime, ...]] = {}
    for quarter in quarters_of_day(day):
        label = quarter.astimezone(BRUSSELS).time().isoformat()
        labels[label] = (*labels.get(label, ()), quarter)
    return labels


def _bare(ean: str) -> str:
    return ean.strip('="')
