"""A mijn.fluvius.be export becomes past quarters, whatever its language and year.

One row per register per quarter, local clock, kWh; an empty volume is missing, not nothing. In
October the repeated hour appears twice under the same label: first in summer time, then in winter
time. Daily totals are spread over the day. Layouts: headers of 2021 to 2026, Dutch and English;
dates and times also as Excel writes them. Gas comes by the hour, in m3 and again in kWh. On the day
of an exchange two meters may report the same quarter: the two add up.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from base.time import BRUSSELS, QUARTER
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
    "meter": frozenset({"meter", "meternummer", "meter number"}),
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
DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
SERIAL = re.compile(r"\d{5}(?:\.0*)?")
PART_OF_DAY = re.compile(r"0(?:\.\d+)?(?:[eE]-\d+)?")
EXCEL_EPOCH = date(1899, 12, 30)
GAS, PEAKS = "afname", "piekvermogen"
Told = dict[datetime, dict[Register, Decimal | None]]
MOST_QUARTER_KWH, MOST_DAY_KWH = Decimal(25), Decimal(2400)  # 100 kW without a pause


def is_fluvius(table: Table) -> bool:
    """True if these are the columns of an export of mijn.fluvius.be."""
    return {"ean", "register", "volume"} <= places(table, COLUMNS).keys()


def read_fluvius(table: Table, clock: TariffClock, eans: Collection[str] = ()) -> Past:
    """The quarters of an export. FileError with line and value for wrong contents.

    `clock` only spreads daily totals: the export itself tells day and night. Rows of other EANs
    than `eans` are left out; without any, the file must hold one.
    """
    found = places(table, COLUMNS)
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        said = table.separator.join(table.columns)
        raise table.error(1, f"an export needs a column for the {lacking[0]}", said)
    if table.separator not in ";\t":
        raise table.error(
            1, "an export of Fluvius has semicolons between its columns", table.lines[0]
        )
    rows = _Rows(table, found, eans)
    return _spread(rows, clock) if "clock" not in found else _by_quarter(rows)


class _Rows:
    """The rows, each checked: line, day, label of the clock, register, kWh (None: empty)."""

    def __init__(self, table: Table, found: Mapping[str, int], eans: Collection[str]) -> None:
        self.estimated = 0
        self.meter = ""
        self._table, self._found, self._ean, self._eans = table, found, "", eans

    def __iter__(self) -> Iterator[tuple[int, date, str, Register, Decimal | None]]:
        table, found = self._table, self._found
        clock, status = found.get("clock"), found.get("status")
        most = MOST_DAY_KWH if clock is None else MOST_QUARTER_KWH
        line = 1
        for line, cells in table.rows():
            unit = cells[found["unit"]].strip().lower()
            name = cells[found["register"]].strip().lower()
            if not self._check(line, cells[found["ean"]].strip('="'), unit, peaks=name == PEAKS):
                continue
            if name == GAS and unit == "kwh":
                continue  # the same gas again
            self.meter = cells[found["meter"]] if "meter" in found else ""
            text = cells[found["volume"]]
            kwh = table.number(line, "the volume in kWh", text, 0, most) if text else None
            label = "" if clock is None else _label(cells[clock])
            self.estimated += status is not None and cells[status].lower() in ESTIMATED
            day = self._day(line, cells[found["day"]])
            yield line, day, label, self._register(line, cells[found["register"]], unit), kwh
        if line == 1:
            raise table.error(table.first + 1, "there are no rows under the header")

    def _check(self, line: int, ean: str, unit: str, *, peaks: bool) -> bool:
        """True if the row is of an EAN that counts."""
        if self._eans:
            if ean not in self._eans:
                return False
        elif ean != (self._ean or ean):
            way = f"of one address? then name both: --ean {self._ean} {ean}"
            raise self._table.error(line, f"another EAN than {self._ean}; {way}", ean)
        self._ean = ean
        if unit not in ("kwh", "m³", "m3") and not (unit == "kw" and peaks):
            raise self._table.error(
                line, "the unit must be kWh: download the quarter-hour totals of electricity", unit
            )
        return True

    def _day(self, line: int, text: str) -> date:
        try:
            return _day(text)
        except ValueError:
            raise self._table.error(
                line, "the date must look like 31-12-2026 or 31/12/2026", text
            ) from None

    def _register(self, line: int, text: str, unit: str) -> Register:
        name = text.strip().lower()
        if unit in ("m³", "m3"):
            if name != GAS:
                raise self._table.error(line, "the register of gas must be its offtake", text)
            return Register.GAS
        register = REGISTERS.get(name)
        if name == PEAKS:
            raise self._table.error(
                line, "this is the export of month peaks: download the quarter-hour totals", text
            )
        if register is None:
            raise self._table.error(
                line, "the register must be offtake or injection, day or night", text
            )
        return register

    def error(self, line: int, what: str, value: str) -> FileError:
        return self._table.error(line, what, value)

    def past(self, told: Told, *notes: str) -> Past:
        """The quarters of the rows, as a Past."""
        known = {
            quarter: [register for register, kwh in row.items() if kwh is not None]
            for quarter, row in told.items()
        }
        if not told:
            eans = " ".join(sorted(self._eans))
            raise self._table.error(self._table.first + 1, f"there are no rows of --ean {eans}")
        registers = {register for row in told.values() for register in row}
        estimated = f"{self.estimated} volumes are estimated by Fluvius"
        return Past(
            uses=tuple(
                (quarter, name, kwh)
                for quarter, row in told.items()
                for name, kwh in row.items()
                if kwh is not None
            ),
            known=known_quarters(known, registers),
            first=min(told),
            last=max(told),
            notes=(*notes, estimated) if self.estimated else notes,
        )


def _by_quarter(rows: _Rows) -> Past:
    """Under a repeated label, a meter's first volume is of the first quarter.

    A repeated row with the same volume counts once. Gas is given by the hour: each quarter gets a
    fourth.
    """
    told: dict[datetime, dict[Register, dict[str, Decimal | None]]] = {}
    again = 0
    for line, day, label, register, kwh in rows:
        quarters = _labels(day).get(label, ())
        if not quarters:
            raise rows.error(line, "is not a quarter of that day", f"{day:%d-%m-%Y} {label}")
        each = kwh / 4 if kwh is not None and register is Register.GAS else kwh
        of = [told.setdefault(quarter, {}).setdefault(register, {}) for quarter in quarters]
        free = next((place for place, meters in enumerate(of) if rows.meter not in meters), None)
        if free is None:
            if each not in [meters[rows.meter] for meters in of]:
                what = "occurs twice, with another volume"
                raise rows.error(line, what, f"{day:%d-%m-%Y} {label}")
            again += 1
        else:
            for step in range(4 if register is Register.GAS else 1):
                row = told.setdefault(quarters[free] + step * QUARTER, {})
                row.setdefault(register, {})[rows.meter] = each
    notes = []
    if again:
        notes.append(f"{again} rows occur twice, alike: counted once")
    exchanged = [
        quarter
        for quarter, row in told.items()
        if any(len([kwh for kwh in each.values() if kwh is not None]) > 1 for each in row.values())
    ]
    if exchanged:
        on = f"{min(exchanged).astimezone(BRUSSELS):%d-%m-%Y}"
        notes.append(f"two meters report the same quarter of {on}: an exchange, the two are added")
    return rows.past({q: {r: _sum(e) for r, e in row.items()} for q, row in told.items()}, *notes)


def _sum(meters: Mapping[str, Decimal | None]) -> Decimal | None:
    known = [kwh for kwh in meters.values() if kwh is not None]
    return sum(known, Decimal(0)) if known else None


def _spread(rows: _Rows, clock: TariffClock) -> Past:
    """Each day's total evenly over the quarters of its register."""
    told: Told = {}
    for line, day, _, register, kwh in rows:
        quarters = _of_register(day, register, clock)
        for quarter in quarters:
            row = told.setdefault(quarter, {})
            if register in row:
                raise rows.error(line, "occurs twice", f"{day:%d-%m-%Y}")
            row[register] = None if kwh is None else kwh / len(quarters)
    note = (
        "these are daily totals, spread evenly over the day: the peak is too low, and so is what"
        " a dynamic price makes of it; quarter-hour totals give it right"
    )
    return rows.past(told, note)


def _of_register(day: date, register: Register, clock: TariffClock) -> tuple[datetime, ...]:
    night = register in (Register.OFFTAKE_NIGHT, INJECTION[1])
    wanted = Tariff.NIGHT if night else Tariff.DAY
    quarters = quarters_of_day(day)
    return tuple(q for q in quarters if clock.tariff_at(q) is wanted) or quarters


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    if SERIAL.fullmatch(text):
        return EXCEL_EPOCH + timedelta(days=int(float(text)))
    parts = DAY.fullmatch(text)
    if parts is None:
        return date.fromisoformat(text[:10])
    return date(int(parts[4]), int(parts[3]), int(parts[1]))


@lru_cache(maxsize=1024)
def _label(text: str) -> str:
    """The time of day as 07:15:00; other text unchanged."""
    if PART_OF_DAY.fullmatch(text):
        minutes = round(float(text) * 1440)
        return f"{minutes // 60:02}:{minutes % 60:02}:00"
    parts = CLOCK.fullmatch(text)
    return f"{int(parts[1]):02}:{parts[2]}:{parts[3] or '00'}" if parts else text


@lru_cache(maxsize=1024)
def _labels(day: date) -> Mapping[str, tuple[datetime, ...]]:
    """The quarters of a day under the label of the wall clock: two under one in October."""
    labels: dict[str, tuple[datetime, ...]] = {}
    for quarter in quarters_of_day(day):
        label = quarter.astimezone(BRUSSELS).time().isoformat()
        labels[label] = (*labels.get(label, ()), quarter)
    return labels
