"""Cards of suppliers: their contents, the contract that follows, and the check of its prices.

A card applies to customers who signed in its month; only the owner's own card shows if an older
formula
is still right.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from rates.bands import Day as MonthDay
from rates.bands import Span, Weekday
from rates.discounts import MOST_TIMES
from rates.errors import Strict
from rates.formula import Formula, parse
from rates.table_form import Month, Region

VAT = Decimal("0.06")
AT_MOST = "at_most"
"""In a discount: for each customer brought, at most this many; null without a limit."""
Registers = Literal["mono", "day_night"]


class Printed(Strict):
    """A price that the card prints, cent/kWh, for an index of `s` EUR/MWh.

    `s_step` is the rounding of the printed index.
    """

    what: str
    s: Decimal | None
    price: Decimal
    s_is: str = ""
    s_step: Decimal | None = None


class Hours(Strict):
    """Hours of a card's price, by the name it has there."""

    name: str
    days: Literal["all", "weekdays", "weekend"] | tuple[Weekday, ...] = "all"
    hours: tuple[Span, ...]
    season: tuple[MonthDay, MonthDay] | None = None


class FirstTier(Strict):
    up_to_kwh_year: Decimal
    price: str


class CardFee(Strict):
    """A fee that some customers pay beside the fixed one; `sure` is True when the card is clear."""

    name: str
    fee: str
    per_kva: bool = False
    sure: bool = True

    def __str__(self) -> str:
        return f"{self.fee}{' a kVA' if self.per_kva else ''}"

    def told(self, kva: Decimal | None = None) -> dict[str, str]:
        """The fee in rates.json, for an inverter of `kva` where it depends on that."""
        amount, unit = self.fee.split(" ", 1)
        eur = Decimal(amount) * (kva or 1)
        return {"name": self.name, "fee": f"{eur.normalize():f} {unit}"}


class Card(Strict):
    """One product in one region, from its card of one month."""

    supplier: str
    product: str
    region: Region
    energy: Literal["electricity", "gas"]
    month: Month
    source: str
    printed_vat: Literal["ex", "incl"]
    offtake: dict[str, str]
    index: str | None = None
    injection: dict[str, str] = Field(default_factory=dict)
    injection_index: str | None = None
    injection_floor: str | None = None
    ceiling: str | None = None
    first_tier: FirstTier | None = None
    hours: tuple[Hours, ...] = ()
    fixed_fee: str | None = None
    fees: tuple[CardFee, ...] = ()
    injection_only_fee: str | None = None
    certificates: str | None = None
    discounts: tuple[dict[str, Any], ...] = ()
    checks: tuple[Printed, ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.supplier} {self.product}"

    @property
    def readable(self) -> bool:
        """True if its formula could be read; else it cannot be offered."""
        return bool(self.offtake)

    def sells(self, energy: str) -> bool:
        """True if a contract of it is sold; "injection" is injection alone."""
        return bool(self.injection_only_fee) if energy == "injection" else self.energy == energy

    @property
    def has_day_and_night(self) -> bool:
        return not self.hours and {"day", "night"} <= self.offtake.keys()

    @property
    def impact(self) -> bool:
        """True if it requires the Walloon Impact tariff of the grid."""
        return "pic" in self.offtake

    def age_months(self, today: date) -> int:
        """Age of the card in months."""
        first = date.fromisoformat(f"{self.month}-01")
        return (today.year - first.year) * 12 + today.month - first.month

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions of some of its discounts, each once."""
        return tuple(dict.fromkeys(each["needs"] for each in self.discounts if "needs" in each))

    @property
    def for_customers(self) -> Mapping[str, Any] | None:
        """The discount for each customer that was brought; None without one."""
        return next((each for each in self.discounts if AT_MOST in each), None)

    @property
    def most_brought(self) -> int:
        """The most customers for whom there is a discount."""
        said = self.for_customers
        return 0 if said is None else said[AT_MOST] or MOST_TIMES

    def contract(
        self,
        first_day: date,
        registers: Registers,
        *,
        injects: bool,
        met: Collection[str] = (),
        fees: Sequence[Mapping[str, str]] = (),
        brought: int = 0,
    ) -> dict[str, Any]:
        """Its contract in rates.json, with the discounts whose condition is `met`.

        `fees` are those of the card that are paid, `brought` the customers that were brought.
        """
        told: dict[str, Any] = {
            "energy": self.energy,
            "name": self.name,
            "first_day": first_day.isoformat(),
            "offtake": self._side(self.offtake, self.index, registers),
        }
        if self.ceiling:
            told["offtake"]["ceiling"] = self.ceiling
        if self.fixed_fee:
            told["fixed_fee"] = self.fixed_fee
        if fees:
            told["fees"] = [dict(each) for each in fees]
        if self.certificates:
            told["certificates"] = self.certificates
        if injects and self.injection and self.energy == "electricity":
            told["injection"] = self._side(self.injection, self.injection_index, registers)
            if self.injection_floor:
                told["injection"]["floor"] = self.injection_floor
        given = [
            each
            for each in self.discounts
            if ("needs" not in each or each["needs"] in met)
            and (injects or "per_kwh_injected" not in each)
            and AT_MOST not in each
        ]
        if self.for_customers is not None and brought:
            whole = {key: value for key, value in self.for_customers.items() if key != AT_MOST}
            given.append({**whole, "times": brought})
        if given:
            told["discounts"] = given
        if needed := dict.fromkeys(each["needs"] for each in given if "needs" in each):
            told["conditions"] = [{"name": each} for each in needed]
        return told

    def injection_contract(self, first_day: date) -> dict[str, Any]:
        """Its contract of injection alone in rates.json."""
        return {
            "energy": "injection",
            "name": f"{self.name}, injection only",
            "first_day": first_day.isoformat(),
            "fixed_fee": self.injection_only_fee,
            "injection": self._side(self.injection, self.injection_index, "mono"),
        }

    def _side(
        self, prices: Mapping[str, str], index: str | None, registers: Registers
    ) -> dict[str, Any]:
        said: dict[str, Any]
        if self.hours and all(each.name in prices for each in self.hours):
            said = {
                "bands": [
                    {
                        **each.model_dump(mode="json", exclude={"name"}, exclude_none=True),
                        "price": prices[each.name],
                    }
                    for each in self.hours
                ]
            }
        elif {"day", "night"} <= prices.keys() and (
            registers == "day_night" or "mono" not in prices
        ):
            said = {"day": prices["day"], "night": prices["night"]}
        elif self.first_tier is not None and prices is self.offtake:
            first = self.first_tier.model_dump(mode="json")
            first["up_to_kwh_year"] = float(self.first_tier.up_to_kwh_year)
            said = {"tiers": [first, {"price": prices["mono"]}]}
        else:
            said = {"price": next(prices[name] for name in (*ONE, *prices) if name in prices)}
        if any(parse(price).formula.slope for price in prices.values()):
            said["S"] = index
        return said


ONE = ("mono", "gas", "all")
SPOKEN = {
    "offpeak": "off-peak",
    "super_offpeak": "super off-peak",
    "excl_night": "night-exclusive",
}


class CardFile(Strict):
    cards: Annotated[tuple[Card, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Compared:
    """A printed price beside the one that the formula gives, cent/kWh."""

    printed: Printed
    ours: Decimal
    agrees: bool

    def __str__(self) -> str:
        digits = max(2, -int(self.printed.price.as_tuple().exponent))
        if self.agrees and round(self.ours, digits) != self.printed.price:
            digits += 1  # the card cuts, or its index is rounded
        at = "" if not self.printed.s else f" at S = {self.printed.s}"
        side, name = self.printed.what.split(".")
        which = "" if name in ONE else f" {SPOKEN.get(name, name)}"
        return (
            f"{side}{which}{at}: the card prints {self.printed.price} c,"
            f" yours gives {self.ours:.{digits}f}"
        )


def compared(card: Card, prices: Mapping[str, Formula] | None = None) -> Iterator[Compared]:
    """Each printed price beside that of the formulas.

    `prices` are formulas ex VAT by `offtake.mono` and so on that replace the card's own. A price
    agrees when it rounds or is cut to the printed one; a rounded index allows a difference of its
    step.
    """
    for printed in card.checks:
        side, name = printed.what.split(".")
        text = (card.offtake if side == "offtake" else card.injection).get(name)
        formula = (prices or {}).get(printed.what)
        if formula is None and text is None:
            continue
        if formula is None:
            formula = parse(str(text)).ex(VAT)
        vat = 1 + VAT if side == "offtake" and card.printed_vat == "incl" else Decimal(1)
        cent = formula.at(printed.s or Decimal(0)) * 100
        if side == "injection" and card.injection_floor:
            cent = max(cent, parse(card.injection_floor).formula.fixed * 100)
        ours = cent * vat
        yield Compared(printed, ours, _agrees(printed, ours, abs(formula.slope) * 100 * vat))


def _agrees(printed: Printed, ours: Decimal, slope: Decimal) -> bool:
    unit = Decimal(1).scaleb(min(-2, int(printed.price.as_tuple().exponent)))
    coarse = printed.s is not None and int(printed.s.as_tuple().exponent) >= -2
    step = printed.s_step or (Decimal("0.01") if coarse else Decimal(0))
    room = unit / 2 + slope * step / 2 + Decimal("1e-9")
    cut = Decimal(math.floor(ours / unit + Decimal("1e-9"))) * unit
    return abs(ours - printed.price) <= room or abs(cut - printed.price) < unit / 2


def offered(cards: Iterable[Card], region: str, energy: str) -> dict[str, list[Card]]:
    """The cards of a region by supplier, newest first; never one that is not sold there.

    The energy "injection" is injection alone.
    """
    found: dict[str, list[Card]] = {}
    for card in cards:
        if card.region == region and card.readable and card.sells(energy):
            found.setdefault(card.supplier, []).append(card)
    for supplier in found:
        found[supplier].sort(key=lambda card: (card.product, card.month), reverse=False)
    return dict(sorted(found.items()))
