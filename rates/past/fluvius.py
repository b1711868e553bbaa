"""A mijn.fluvius.be export becomes past quarters, whatever its language and year.

One row per register per quarter, local clock, kWh; an empty volume is missing, not nothing. In
October the repeated hour stands twice under the same label: first in summer time, then in winter
time. Daily totals are spread over the day. Layouts: headers of 2021 to 2026, Dutch and English.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from p1.reading import Tariff
from rates.amounts import Register
from rates.calendar import BRUSSELS, Hours, quarters_of_day, tariff_at
from rates.month import INJECTION
from rates.past.quarters import Past, known_quarters
from rates.past.table import Table, places

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
MOST_QUARTER_KWH, MOST_DAY_KWH = Decimal(25), Decimal(2400)  # 100 kW without a pause


def is_fluvius(table: Table) -> bool:
    """Whether these are the columns of an export of mijn.fluvius.be."""
    return {"ean", "register", "volume"} <= places(table, COLUMNS).keys()


def read_fluvius(table: Table, hours: Hours) -> Past:
    """The quarters of an export. FileError with line and value when it is not what it must be.

    `hours` only spread daily totals: the export itself tells day and night.
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
    return _spread(rows, hours) if "clock" not in found else _by_quarter(rows)


class _Rows:
    """The rows checked one by one: volumes per day, label and register, as they come."""

    def __init__(self, table: Table, found: Mapping[str, int]) -> None:
        self.volumes: list[tuple[int, date, str, Register, Decimal | None]] = []
        self.estimated = 0
        self._table, self._ean = table, ""
        clock, status = found.get("clock"), found.get("status")
        most = MOST_DAY_KWH if clock is None else MOST_QUARTER_KWH
        for line, cells in table.rows():
            self._check(line, cells[found["ean"]], cells[found["unit"]])
            text = cells[found["volume"]]
            self.volumes.append(
                (
                    line,
                    self.day(line, cells[found["day"]]),
                    "" if clock is None else cells[clock],
                    self._register(line, cells[found["register"]]),
                    table.number(line, "the volume in kWh", text, 0, most) if text else None,
                )
            )
            self.estimated += status is not None and cells[status].lower() in ESTIMATED
        if not self.volumes:
            raise table.error(2, "there are no rows under the header")

    def _check(self, line: int, ean: str, unit: str) -> None:
        self._ean = self._ean or ean
        if ean != self._ean:
            raise self._table.error(line, f"another EAN than {_bare(self._ean)}", _bare(ean))
        if unit != "kWh":
            raise self._table.error(
                line, "the unit must be kWh: download the quarter-hour totals of electricity", unit
            )

    def day(self, line: int, text: str) -> date:
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

    def instant(self, line: int, day: date, label: str, turn: int) -> datetime:
        """The quarter (UTC) under a label, the `turn`-th time that it stands there."""
        quarters = _labels(day).get(label, ())
        if turn < len(quarters):
            return quarters[turn]
        what = "stands there twice" if quarters else "is not a quarter of that day"
        raise self._table.error(line, what, f"{day:%d-%m-%Y} {label}")

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"{self.estimated} volumes are estimated by Fluvius",) if self.estimated else ()


def _by_quarter(rows: _Rows) -> Past:
    turns: Counter[tuple[date, str, Register]] = Counter()
    told: dict[datetime, list[Register]] = {}
    uses = []
    for line, day, label, register, kwh in rows.volumes:
        key = day, label, register
        quarter = rows.instant(line, day, label, turns[key])
        turns[key] += 1
        names = told.setdefault(quarter, [])
        if kwh is not None:
            names.append(register)
            uses.append((quarter, register, kwh))
    known = known_quarters(told, {row[3] for row in rows.volumes})
    return Past(tuple(uses), known, min(told), max(told), rows.notes)


def _spread(rows: _Rows, hours: Hours) -> Past:
    """Each day's total evenly over the quarters of its register."""
    told: dict[datetime, list[Register]] = {}
    uses = []
    for _, day, _, register, kwh in rows.volumes:
        quarters = _of_register(day, register, hours)
        for quarter in quarters:
            names = told.setdefault(quarter, [])
            if kwh is not None:
                names.append(register)
                uses.append((quarter, register, kwh / len(quarters)))
    known = known_quarters(told, {row[3] for row in rows.volumes})
    note = (
        "these are daily totals, spread evenly over the day: the peak is too low, and so is what"
        " a dynamic price makes of it; the quarter-hour totals tell it right"
    )
    return Past(tuple(uses), known, min(told), max(told), (note, *rows.notes))


def _of_register(day: date, register: Register, hours: Hours) -> tuple[datetime, ...]:
    night = register in (Register.OFFTAKE_NIGHT, INJECTION[1])
    wanted = Tariff.NIGHT if night else Tariff.DAY
    quarters = quarters_of_day(day)
    return tuple(q for q in quarters if tariff_at(q, hours) is wanted) or quarters


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
        label = f"{quarter.astimezone(BRUSSELS):%H:%M:%S}"
        labels[label] = (*labels.get(label, ()), quarter)
    return labels


def _bare(ean: str) -> str:
    return ean.strip('="')
