"""A price as printed on a tariff card: `0.8702 + 0.1039 x S cent/kWh ex VAT`.

The unit and the VAT are in the price itself, so that nothing has to be converted by hand. S is
the index in EUR/MWh: the day-ahead price of the hour or quarter, or a month's index. A fixed
price is a formula without S.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import PlainValidator

from base.language import setting

ZERO = Decimal(0)
S_IN_CENT = setting('If S on the card is in cent/kWh, write ", S in cent/kWh" after the price')
NUMBER = r"\d+(?:[.,]\d+)?"
TIMES = " ?[x×*] ?"
TERM = re.compile(rf" ?([+-]?) ?(?:(?:({NUMBER}){TIMES}S|S{TIMES}({NUMBER}))|({NUMBER}))")
INDEX = re.compile(
    r"(?<![\w-])(?:(?i:BELPEX|EPEX|BELIX|ESPOT|ENDEX|TTF|ZTP|BE_SPOT)[\w-]*|X)(?![\w-])"
)
"""The index as cards name it in a formula: BELPEXH, eSpot_15, EPEXDAM, X; here S."""
DASHES = str.maketrans("\u2013\u2212", "--")
SHAPE = re.compile(
    r"(?P<sum>[-+0-9.,*×xS ]+?) *(?P<unit>cent|ct|c€|EUR|€)/(?P<per>kWh|MWh|m3|year|month)"
    r"(?: (?P<vat>ex|incl) (?:(?P<rate>-?[0-9]+) ?% )?VAT)?"
    r"(?:, S in (?P<of>cent|ct|c€|EUR|€)/(?P<of_per>kWh|MWh))?"
)

UNITS = re.compile(r"(?:cent|ct|c€|EUR|€)/(?:kWh|MWh|m3|year|month)")
MOST_VAT = Decimal("0.25")


class Unit(StrEnum):
    """Units of a price."""

    KWH = "kWh"
    M3 = "m3"
    YEAR = "year"
    MONTH = "month"


class Vat(StrEnum):
    """VAT in a printed price. NONE: without VAT (a household's injection)."""

    EX = "ex VAT"
    INCL = "incl VAT"
    NONE = "no VAT"


@dataclass(frozen=True, slots=True)
class Formula:
    """EUR per unit: `slope` x S + `fixed`, with S in EUR/MWh."""

    slope: Decimal
    fixed: Decimal

    def at(self, index: Decimal) -> Decimal:
        return self.slope * index + self.fixed

    def without(self, vat: Decimal) -> "Formula":
        """The same formula without the `vat` (0.06) that was in it."""
        return Formula(self.slope / (1 + vat), self.fixed / (1 + vat))


@dataclass(frozen=True, slots=True)
class Price:
    """A printed price in EUR per unit, with or without VAT.

    `rate` is a VAT rate of its own, such as 0.21; None for the usual one.
    """

    formula: Formula
    unit: Unit
    vat: Vat
    rate: Decimal | None = None

    def ex(self, vat: Decimal) -> Formula:
        """EUR per unit without VAT, at a VAT rate of `vat` (0.06) where it has none of its own."""
        rate = vat if self.rate is None else self.rate
        return self.formula.without(rate) if self.vat is Vat.INCL else self.formula


A_PRICE = '"12.5 cent/kWh ex VAT" or "0.1 x S + 1.2 cent/kWh ex VAT"'
A_FEE = '"95 EUR/year ex VAT"'
PER_M3 = '"1.576 EUR/m3 incl VAT"'


def parse(text: str, like: str = A_PRICE) -> Price:
    """The price in `text`. ValueError with a sentence and an example when it cannot be read."""
    text = INDEX.sub("S", " ".join(text.translate(DASHES).split()))
    shape = SHAPE.fullmatch(text)
    units = UNITS.findall(text)
    if shape is None and len(units) > 1:
        raise ValueError(
            setting(
                'has {count} units, {units}; use one for the whole sum: "0.1 x S + 1.2 cent/kWh'
                ' ex VAT". {text}',
                count=len(units),
                units=", ".join(units),
                text=S_IN_CENT,
            )
        )
    if shape is None:
        raise ValueError(setting("must look like {text}", text=like))
    scale = Decimal(1) if shape["unit"] in ("EUR", "€") else Decimal("0.01")
    unit = shape["per"]
    if unit == "MWh":
        scale, unit = scale / 1000, "kWh"
    slope, fixed = _terms(shape["sum"])
    if shape["of"]:  # S in another unit than EUR/MWh
        slope /= _mwh(shape["of"], shape["of_per"])
    vat = {"ex": Vat.EX, "incl": Vat.INCL, None: Vat.NONE}[shape["vat"]]
    rate = Decimal(shape["rate"]) / 100 if shape["rate"] else None
    if rate is not None and not 0 <= rate <= MOST_VAT:
        raise ValueError(
            setting(
                "has {pct} % VAT; allowed 0 to {most:.0f} %",
                pct=shape["rate"],
                most=MOST_VAT * 100,
            )
        )
    return Price(Formula(slope * scale, fixed * scale), Unit(unit), vat, rate)


def _mwh(unit: str, per: str) -> Decimal:
    """One such unit in EUR/MWh."""
    eur = Decimal(1) if unit in ("EUR", "€") else Decimal("0.01")
    return eur * (1000 if per == "kWh" else 1)


def _terms(text: str) -> tuple[Decimal, Decimal]:
    """Slope and fixed term of `0.8702 + 0.1039 x S`, in any order, at most one of each."""
    found = list(TERM.finditer(text))
    slopes = [_signed(m[1], m[2] or m[3]) for m in found if m[2] or m[3]]
    fixed = [_signed(m[1], m[4]) for m in found if m[4]]
    signs = all(m[1] for m in found[1:])
    whole = "".join(m[0] for m in found) == text
    if not (whole and signs and found and len(slopes) < 2 and len(fixed) < 2):
        raise ValueError(setting('must be a number, or number x S and a number: "0.1 x S - 1.2"'))
    return sum(slopes, ZERO), sum(fixed, ZERO)


def _signed(sign: str, number: str) -> Decimal:
    return Decimal(sign + number.replace(",", "."))


def _per_kwh(text: str) -> Price:
    price = parse(text)
    if price.unit is not Unit.KWH:
        raise ValueError(setting("must be a price per kWh, not per {unit}", unit=price.unit))
    eur_kwh = price.formula.at(Decimal(100)).normalize()
    if not -1 <= eur_kwh <= 1 and price.formula.slope:
        raise ValueError(
            setting(
                "gives {eur:f} EUR/kWh at S = 100 EUR/MWh; allowed -1 to 1: is it in cent/kWh?"
                " {text}",
                eur=eur_kwh,
                text=S_IN_CENT,
            )
        )
    if not -1 <= eur_kwh <= 1:
        raise ValueError(
            setting("gives {eur:f} EUR/kWh; allowed -1 to 1: is it in cent/kWh?", eur=eur_kwh)
        )
    if price.formula.slope and not Decimal("0.0001") <= price.formula.slope <= Decimal("0.003"):
        raise ValueError(
            setting(
                "adds {eur:f} EUR/kWh at S = 100 EUR/MWh; allowed 0.01 to 0.3: is the unit right?"
                " {text}",
                eur=price.formula.slope * 100,
                text=S_IN_CENT,
            )
        )
    return price


def _offtake(text: str) -> Price:
    price = _per_kwh(text)
    if price.vat is Vat.NONE:
        raise ValueError(setting('must end with "ex VAT" or "incl VAT", as the card says'))
    if not price.formula.slope and 0 < price.formula.fixed < Decimal("0.001"):
        raise ValueError(
            setting(
                "is only {eur:f} EUR/kWh; allowed 0, or 0.001 to 1: is it in EUR/kWh?",
                eur=price.formula.fixed.normalize(),
            )
        )
    return price


def _injection(text: str) -> Price:
    price = _per_kwh(text)
    if price.vat is not Vat.NONE:
        raise ValueError(setting("must not mention VAT: injection of a household has no VAT"))
    return price


def _fee(text: str) -> Price:
    price = parse(text, A_FEE)
    if price.unit not in (Unit.YEAR, Unit.MONTH) or price.formula.slope:
        raise ValueError(setting('must be a fee per year or month, such as "95 EUR/year ex VAT"'))
    if price.vat is Vat.NONE:
        raise ValueError(setting('must end with "ex VAT" or "incl VAT", as the card says'))
    if not 0 <= price.formula.fixed <= 1000:
        raise ValueError(
            setting(
                "is {eur:f} EUR per {unit}; allowed 0 to 1000",
                eur=price.formula.fixed,
                unit=price.unit,
            )
        )
    return price


def _text(value: object, like: str = A_PRICE) -> str:
    if not isinstance(value, str):
        raise ValueError(setting("must be text with its unit, such as {text}", text=like))
    return value


OfftakePrice = Annotated[Price, PlainValidator(lambda value: _offtake(_text(value)))]
InjectionPrice = Annotated[Price, PlainValidator(lambda value: _injection(_text(value)))]


def _all_in(text: str) -> Price:
    price = parse(text, PER_M3)
    if price.unit is not Unit.M3 or price.vat is not Vat.INCL or price.formula.slope:
        raise ValueError(
            setting('must be a price per m3 with VAT, such as "1.576 EUR/m3 incl VAT"')
        )
    if not 0 <= price.formula.fixed <= 50:
        raise ValueError(setting("is {eur:f} EUR per m3; allowed 0 to 50", eur=price.formula.fixed))
    return price


AllIn = Annotated[Price, PlainValidator(lambda value: _all_in(_text(value, PER_M3)))]
Fee = Annotated[Price, PlainValidator(lambda value: _fee(_text(value, A_FEE)))]
