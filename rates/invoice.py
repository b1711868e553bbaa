"""A supplier's invoice as typed: the period, and EUR for each kind of line.

    period 2026-01-01 2026-03-31
    energy 128,40
    green 14.20
    distribution 48.11
    capacity 39.57
    levies 40.81
    fee 25.18
    VAT 17.78
    total 314.05

Both days of the period are inside. Values of a repeated name are added up; missing names are left
out. Lines are with or without VAT: the total tells which. After # is a remark.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from base.time import DAY

ZERO = Decimal(0)
MOST_EUR = 100_000
LONGEST_DAYS = 400
ROUNDED = Decimal("0.011")
"""Rounding difference of each line."""


class InvoiceError(ValueError):
    """A sentence for the householder with the line, the value and what is allowed."""


class Group(StrEnum):
    """Groups of invoice lines; every supplier splits and names them otherwise."""

    ENERGY = "energy"
    CERTIFICATES = "green"
    DISTRIBUTION = "distribution"
    CAPACITY = "capacity"
    LEVIES = "levies"
    FEE = "fee"
    INJECTION = "injection"
    DISCOUNT = "discount"


GROUP_OF: Mapping[str, Group] = {
    "energy": Group.ENERGY,
    "energy day": Group.ENERGY,
    "energy night": Group.ENERGY,
    "certificates": Group.CERTIFICATES,
    "distribution": Group.DISTRIBUTION,
    "transport": Group.DISTRIBUTION,
    "data management": Group.DISTRIBUTION,
    "grid fixed": Group.DISTRIBUTION,
    "power term": Group.DISTRIBUTION,
    "public service": Group.DISTRIBUTION,
    "capacity": Group.CAPACITY,
    "maximum tariff": Group.CAPACITY,
    "excise": Group.LEVIES,
    "energy contribution": Group.LEVIES,
    "connection fee": Group.LEVIES,
    "prosumer tariff": Group.DISTRIBUTION,
    "energy fund": Group.LEVIES,
    "fixed fee": Group.FEE,
    "injection": Group.INJECTION,
    "injection day": Group.INJECTION,
    "injection night": Group.INJECTION,
}
"""Groups of the lines of our own bill, except those that a contract names itself."""
GAS_GROUPS = (Group.ENERGY, Group.DISTRIBUTION, Group.LEVIES, Group.FEE, Group.DISCOUNT)
"""Groups on an invoice of gas."""
VAT, TOTAL, PERIOD = "VAT", "total", "period"
NAMES = (*Group, VAT, TOTAL)
_SPELLED = {name.lower(): name for name in NAMES} | {"certificates": Group.CERTIFICATES}
_EUR = re.compile(r"[-+]?\d+(?:[.,]\d{1,4})?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+,\d\d|[-+]?\d{1,3}(?:,\d{3})+\.\d\d")

_DAY = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"|(?P<day_>\d\d?)[-/.](?P<month_>\d\d?)[-/.](?P<year_>\d{4})"
)


def group_of(name: str, eur: Decimal) -> Group | None:
    """The group of a line of our own bill: a name of the contract's own is a fee or a discount."""
    if name == "rounding":
        return None
    return GROUP_OF.get(name, Group.DISCOUNT if eur < 0 else Group.FEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The days from `start` until before `end`; EUR of each kind of line that it has.

    `vat` is None where the invoice does not name it. Income is negative.
    """

    start: date
    end: date
    lines: Mapping[Group, Decimal]
    vat: Decimal | None
    total: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def incl_vat(self) -> bool:
        """True if the lines include VAT, so that they add up to the total by themselves."""
        added = sum(self.lines.values(), ZERO)
        return self.vat is None or abs(added - self.total) < abs(added + self.vat - self.total)

    @property
    def untold(self) -> Decimal:
        """EUR of the total that is in no line; 0 where only rounding is left."""
        vat = ZERO if self.incl_vat or self.vat is None else self.vat
        left = self.total - sum(self.lines.values(), ZERO) - vat
        return left if abs(left) > ROUNDED * (len(self.lines) + 1) else ZERO


def invoice_in(text: str, source: str) -> Invoice:
    """The invoice of a file. InvoiceError names the line that cannot be read."""
    told: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].replace(":", " ", 1).replace("=", " ", 1).split(None, 1)
        if not words:
            continue
        try:
            told.append(item(words[0], words[1].strip() if len(words) > 1 else ""))
        except InvoiceError as error:
            raise InvoiceError(f"{source}, line {number}: {error}") from None
    try:
        return invoice_of(told)
    except InvoiceError as error:
        raise InvoiceError(f"{source}: {error}") from None


def item(name: str, value: str) -> tuple[str, str]:
    """The full name of a line, and its checked value."""
    if name.lower() == PERIOD:
        period_in(value)
        return PERIOD, value
    if name.lower() not in _SPELLED:
        raise InvoiceError(f"{name!r} is unknown; allowed: {PERIOD}, {', '.join(NAMES)}")
    eur_in(value)
    return _SPELLED[name.lower()], value


def invoice_of(told: Iterable[tuple[str, str]]) -> Invoice:
    """The invoice of items. InvoiceError when the period, the total or every line is missing."""
    days: tuple[date, date] | None = None
    eur: dict[str, Decimal] = {}
    for name, value in told:
        if name == PERIOD:
            if days and days != period_in(value):
                raise InvoiceError("there are two periods: give one file for each invoice")
            days = period_in(value)
        elif name in (VAT, TOTAL) and name in eur:
            raise InvoiceError(f"{name} occurs twice")
        else:
            eur[name] = eur.get(name, ZERO) + eur_in(value)
    lines = {group: eur[group] for group in Group if group in eur}
    if days is None:
        raise InvoiceError(f'the period is missing, such as "{PERIOD} 2026-01-01 2026-03-31"')
    if TOTAL not in eur:
        raise InvoiceError(f'the total is missing, such as "{TOTAL} 314.05"')
    if not lines:
        raise InvoiceError(f"there are no lines; give some of {', '.join(Group)}")
    return Invoice(start=days[0], end=days[1], lines=lines, vat=eur.get(VAT), total=eur[TOTAL])


def period_in(text: str) -> tuple[date, date]:
    """The first day and the day after the last of `2026-01-01 2026-03-31`."""
    words = [word for word in re.split(r"[\s;]+|\bto\b|\btot\b|\bau\b", text) if word.strip("-–")]
    if len(words) != 2:
        raise InvoiceError(f"{text!r} must be two days, such as 2026-01-01 2026-03-31")
    first, last = map(day_in, words)
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise InvoiceError(
            f"the period from {first} to {last} must be 1 to {LONGEST_DAYS} days long"
        )
    return first, last + DAY


def eur_in(text: str) -> Decimal:
    """EUR of `128,40`, `€ 1.234,56` or `-12.30`."""
    bare = re.sub(r"€|EUR|[\s\u00a0\u202f]", "", text.strip(), flags=re.IGNORECASE)
    if _THOUSANDS.fullmatch(bare):
        decimal = "," if bare[-3] == "," else "."
        bare = bare.replace("." if decimal == "," else ",", "")
    if not _EUR.fullmatch(bare) or re.fullmatch(r"[-+]?\d{1,3}[.,]\d{3}", bare):
        raise InvoiceError(f"{text!r} is not an amount in EUR, such as 128.40")
    eur = Decimal(bare.replace(",", "."))
    if abs(eur) > MOST_EUR:
        raise InvoiceError(f"{text} EUR is too much; allowed: up to {MOST_EUR}")
    return eur


def day_in(text: str) -> date:
    """The day of `2026-01-31` or `31/01/2026`."""
    found = _DAY.fullmatch(text)
    try:
        if found and found["year"]:
            return date(*map(int, found.group("year", "month", "day")))
        if found:
            return date(*map(int, found.group("year_", "month_", "day_")))
    except ValueError:  # 31 February
        pass
    raise InvoiceError(f"{text!r} is not a day such as 2026-01-31 or 31/01/2026")
