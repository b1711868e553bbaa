"""Discounts of contracts: the kinds on a card, when each applies, and its amount.

A discount on the price of each kWh (a percentage, free hours, an injection bonus) is a line of the
price itself, live too. One that depends on the whole bill (a lump sum, free kWh, a cap) is a line
of the bill.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from base.language import setting
from base.time import DAY
from rates.bands import When, week_of
from rates.calendar import months_after
from rates.curve import Curve, Rate
from rates.errors import Strict
from rates.formula import Fee, Formula, InjectionPrice, OfftakePrice

ZERO = Decimal(0)
YEAR_MONTHS = 12
MOST_TIMES = 50
Name = Annotated[str, Field(min_length=1, max_length=40)]


class Discount(Strict):
    """A discount of a card: one of

    - `eur_incl` once, or `kwh` free once, on the day it begins;
    - `eur_year_incl` by the day, at most the fixed fee;
    - an amount per year or month `by_day`, whatever the fixed fee is;
    - `percent` of the energy, with `only` of that in some hours: 100 makes them free;
    - so much `per_kwh` taken, or `per_kwh_injected`.

    It holds from `after_months` after the first day, for so many `months`, in all for at most
    `cap_eur_incl`, and where it `needs` a condition on the days on which the contract says so. It
    counts so many `times`: once for each customer that was brought.
    """

    name: Name
    eur_incl: Annotated[Decimal, Field(gt=0, le=1000)] | None = None
    eur_year_incl: Annotated[Decimal, Field(gt=0, le=1000)] | None = None
    by_day: Fee | None = None
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    per_kwh: OfftakePrice | None = None
    per_kwh_injected: InjectionPrice | None = None
    kwh: Annotated[Decimal, Field(gt=0, le=5000)] | None = None
    only: When | None = None
    after_months: Annotated[int, Field(ge=0, le=60)] = 0
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    cap_eur_incl: Annotated[Decimal, Field(gt=0, le=2000)] | None = None
    needs: Annotated[str, Field(max_length=60)] = ""
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)] = 1

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (
            "eur_incl", "eur_year_incl", "by_day", "percent", "per_kwh", "per_kwh_injected", "kwh",
        )  # fmt: skip
        given = [key for key in kinds if getattr(self, key) is not None]
        if len(given) != 1:
            said = ", ".join(given) or setting("nothing")
            raise ValueError(
                setting(
                    "must have exactly one of {names}; it has {said}",
                    names=", ".join(kinds),
                    said=said,
                )
            )
        if self.only is not None and self.percent is None:
            raise ValueError(setting("only needs percent, not {name}", name=given[0]))
        if self.times > 1 and given[0] not in ("eur_incl", "by_day"):
            raise ValueError(setting("times needs eur_incl or by_day, not {name}", name=given[0]))
        if self.cap_eur_incl is not None and given[0] not in ("percent", "per_kwh"):
            raise ValueError(
                setting("cap_eur_incl needs percent or per_kwh, not {name}", name=given[0])
            )
        if self.cap_eur_incl is not None and self.only is not None:
            raise ValueError(setting("cap_eur_incl cannot be combined with only"))
        return self

    @property
    def is_once(self) -> bool:
        """True if it is a discount of one day."""
        return self.eur_incl is not None or self.kwh is not None

    @property
    def is_on_bill(self) -> bool:
        """True if it depends on the whole bill and is in no price of a kWh."""
        return self.is_once or self.per_kwh is not None or self.cap_eur_incl is not None

    def days(self, first_day: date) -> tuple[date, date | None]:
        """Its first day, and the day after its last."""
        start = months_after(first_day, self.after_months)
        if self.is_once:
            return start, start + DAY
        return start, None if self.months is None else months_after(start, self.months)


class Condition(Strict):
    """A condition of some discounts, and the days on which it is met, both inside."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    first_day: date | None = None
    last_day: date | None = None

    def holds(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (
            self.last_day is None or day <= self.last_day
        )


class Discounted(Strict):
    """The discounts of a contract that began on `first_day`, and which conditions are met."""

    first_day: date
    discounts: tuple[Discount, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        names = [each.name for each in self.discounts]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(
                setting("discounts: the name {name} occurs twice", name=repr(twice[0]))
            )
        needed = dict.fromkeys(each.needs for each in self.discounts if each.needs)
        for each in self.conditions:
            if each.name not in needed:
                raise ValueError(
                    setting(
                        "conditions: no discount needs {name}; allowed: {names}",
                        name=repr(each.name),
                        names=", ".join(needed) or setting("none"),
                    )
                )
        return self

    def gets(self, discount: Discount, day: date) -> bool:
        """True if a discount holds on a day."""
        start, end = discount.days(self.first_day)
        if day < start or (end is not None and end <= day):
            return False
        met = (each for each in self.conditions if each.name == discount.needs)
        return not discount.needs or any(each.holds(day) for each in met)

    def held(self, day: date) -> tuple[Discount, ...]:
        """The discounts that hold on a day."""
        return tuple(each for each in self.discounts if self.gets(each, day))

    def changes(self) -> Iterator[date]:
        """The days from which on other discounts may hold."""
        for discount in self.discounts:
            start, end = discount.days(self.first_day)
            yield start
            if end is not None:
                yield end
        for each in self.conditions:
            if each.first_day is not None:
                yield each.first_day
            if each.last_day is not None:
                yield each.last_day + DAY


def in_price(discounts: Sequence[Discount], energy: Rate, vat: Decimal) -> Iterator[Rate]:
    """The lines by which these discounts lower the price of a kWh taken."""
    for each in discounts:
        if each.percent is not None and not each.is_on_bill:
            curve = energy.curve or Curve(formulas=(Formula(ZERO, energy.flat or ZERO),))
            within = week_of((each.only.band(),)) if each.only else None
            part = curve.part(-each.percent / 100, within)
            yield Rate(
                line=each.name,
                vat=vat,
                flat=None,
                curve=part,
                stand_in=energy.stand_in,
                missing=energy.missing,
            )


def on_injection(discounts: Sequence[Discount]) -> Iterator[Rate]:
    """The lines by which they raise that of a kWh injected."""
    for each in discounts:
        if each.per_kwh_injected is not None:
            yield Rate(line=each.name, vat=ZERO, flat=each.per_kwh_injected.formula.fixed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some days of one contract with the same discounts, and their energy: EUR ex VAT and kWh."""

    start: date
    terms: Discounted
    vat: Decimal
    ex: Decimal
    kwh: Decimal


def taken_off(parts: Sequence[Part]) -> Iterator[tuple[Part, Discount, Decimal]]:
    """Discounts on the bill of each part, in the order of their days. EUR ex VAT.

    Free kWh have the average price of a kWh in the year before, as far as they are in `parts`;
    other discounts are never more than the energy. Discounts of earlier parts count towards a cap.
    """
    given: dict[tuple[date, str], Decimal] = {}
    for part in parts:
        for discount in part.terms.held(part.start):
            if not discount.is_on_bill:
                continue
            less = _worth(discount, part, parts)
            if discount.cap_eur_incl is not None:
                key = part.terms.first_day, discount.name
                left = discount.cap_eur_incl / (1 + part.vat) - given.get(key, ZERO)
                less = min(less, left)
                given[key] = given.get(key, ZERO) + less
            yield part, discount, less


def _worth(discount: Discount, part: Part, parts: Sequence[Part]) -> Decimal:
    if discount.eur_incl is not None:
        return discount.times * discount.eur_incl / (1 + part.vat)
    if discount.kwh is not None:
        return discount.kwh * _mean_price(part, parts)
    if discount.percent is not None:
        return max(ZERO, part.ex * discount.percent / 100)
    assert discount.per_kwh is not None
    return min(part.kwh * discount.per_kwh.ex(part.vat).fixed, max(ZERO, part.ex))


def _mean_price(part: Part, parts: Sequence[Part]) -> Decimal:
    """EUR ex VAT of a kWh in the year before a part; in all parts where that has none."""
    since = months_after(part.start, -YEAR_MONTHS)
    own = [each for each in parts if each.terms is part.terms]
    before = [each for each in own if since <= each.start < part.start]
    for several in (before, own):
        if kwh := sum((each.kwh for each in several), ZERO):
            return sum((each.ex for each in several), ZERO) / kwh
    return ZERO
