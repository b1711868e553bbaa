"""An invoice beside the bill of the same days: the lines that differ, the differences, and the
known causes.

A cause is found by trial: the bill is drawn up again as it would be in another grid area, with
another index, other VAT, more kWh or days; changes that then agree with the invoice are named.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import starmap

from rates.bill import Bill, Line, cents
from rates.contract import AnyTerms, Contract, Energy
from rates.errors import RatesError
from rates.indices import COMPUTED
from rates.invoice import TOTAL, VAT, ZERO, Group, Invoice, group_of
from rates.terms import Electricity, Offtake

AGREES_EUR = Decimal("0.02")
FITS_EUR = Decimal("0.05")
VAT_RATES = (ZERO, Decimal("0.06"), Decimal("0.21"))
PER_KWH = (Group.ENERGY, Group.CERTIFICATES, Group.LEVIES)
FLAT = Offtake.model_validate({"price": "10 cent/kWh ex VAT"})
"""Placeholder for the energy where only the grid's lines are compared: no market price is
needed."""
_MONTH = timedelta(days=31)
Draw = Callable[[Contract], Bill]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the invoice and ours, EUR; None where one of them does not have it.

    `cause` explains the difference; "" when unknown or without one.
    """

    name: str
    invoice: Decimal | None
    ours: Decimal | None
    cause: str = ""

    @property
    def difference(self) -> Decimal | None:
        """EUR by which the invoice is higher; negative when lower."""
        if self.invoice is None or self.ours is None:
            return None
        return self.invoice - self.ours

    @property
    def differs(self) -> bool:
        """True if it is more than rounding."""
        return self.difference is not None and abs(self.difference) > AGREES_EUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An invoice beside our bill. `rows` are in the order of an invoice, VAT and total last."""

    invoice: Invoice
    bill: Bill
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Our bill by the groups of an invoice, in its own way: with or without VAT."""

    bill: Bill
    incl_vat: bool

    def lines(self, group: Group) -> list[Line]:
        return [line for line in self.bill.lines if group_of(line.name, line.ex) is group]

    def eur(self, group: Group) -> Decimal | None:
        lines = self.lines(group)
        return self.of(lines) if lines else None

    def of(self, lines: Sequence[Line]) -> Decimal:
        return cents(sum((line.incl if self.incl_vat else line.ex for line in lines), ZERO))

    @property
    def kwh(self) -> Decimal:
        """Offtake."""
        return sum((line.quantity for line in self.lines(Group.ENERGY)), ZERO)


def check(
    invoice: Invoice, contract: Contract, draw: Draw, unknown_peaks: Sequence[date] = ()
) -> Check:
    """The invoice beside the bill that `draw` makes of a contract.

    `unknown_peaks` are the months of the mean month peak that are not known.
    """
    bill = draw(contract)
    ours = _Sums(bill, invoice.incl_vat)
    rows = [Row(group, invoice.lines.get(group), ours.eur(group)) for group in Group]
    rows = [row for row in rows if row.invoice is not None or row.ours]
    causes = _Causes(
        invoice=invoice,
        contract=contract,
        draw=draw,
        ours=ours,
        rows=tuple(rows),
        peaks_unknown=bool(unknown_peaks),
    )
    named = [replace(row, cause=causes.of(row)) if row.differs else row for row in rows]
    vat = Row(VAT, invoice.vat, bill.vat_eur)
    if vat.differs:
        vat = replace(vat, cause=causes.of_vat())
    total = Row(TOTAL, invoice.total, bill.total_eur)
    return Check(invoice=invoice, bill=bill, rows=(*named, vat, total))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Causes:
    """Possible causes of the lines that differ."""

    invoice: Invoice
    contract: Contract
    draw: Draw
    ours: _Sums
    rows: tuple[Row, ...]
    peaks_unknown: bool

    @property
    def energy(self) -> Energy:
        """Description of the bill."""
        found = (line.energy for line in self.ours.bill.lines if line.energy)
        return next(found, "electricity")

    def of(self, row: Row) -> str:
        """The first cause that makes the line agree; else the line's price per kWh or day."""
        group = Group(row.name)
        return next(self._found(row, group), "")

    def of_vat(self) -> str:
        rate = self._vat_rate()
        if rate is not None:
            return f"that is {rate * 100:.0f} % VAT"
        if any(row.differs for row in self.rows):
            return "follows from the lines above"
        return ""

    def _vat_rate(self) -> Decimal | None:
        """The VAT rate of the invoice's own lines, when it is another one."""
        vat, lines = self.invoice.vat, dict(self.invoice.lines)
        lines.pop(Group.INJECTION, None)  # a household's has none
        base = sum(lines.values(), ZERO) - (vat or ZERO) * self.invoice.incl_vat
        rates = {line.vat for line in self.ours.bill.lines}
        for rate in VAT_RATES:
            if vat is not None and rate not in rates and abs(base * rate - vat) <= FITS_EUR:
                return rate
        return None

    def _found(self, row: Row, group: Group) -> Iterator[str]:
        invoice, ours = row.invoice or ZERO, row.ours or ZERO
        for other in self.rows:
            if other.invoice is None and other.ours and _fits(invoice, ours + other.ours):
                yield f"the {other.name} is in it"
        kwh = self._other_kwh()
        if kwh is not None and group in (*PER_KWH, Group.DISTRIBUTION):
            yield self._as_for(kwh)
        yield from self._other_vat(invoice, self.ours.lines(group))
        if group in (Group.DISTRIBUTION, Group.CAPACITY):
            yield from self._other_grid(group, invoice)
        if group is Group.ENERGY:
            yield from self._other_index(invoice)
        if group is Group.FEE:
            yield from self._other_days(invoice, ours)
        if group is Group.CAPACITY:
            yield from self._other_peak(invoice)
        if group in PER_KWH and self.ours.kwh:
            of, here = (100 * eur / self.ours.kwh for eur in (invoice, ours))
            yield f"{of:.2f} cent/kWh; here {here:.2f}"

    def _as_for(self, kwh: Decimal) -> str:
        """Another number of kWh; for gas with the kWh in a m3."""
        here, factor = self.ours.kwh, self.contract.home.gas_kwh_per_m3
        if self.energy != "gas" or not factor:
            return f"as for {kwh:.0f} kWh; here {here:.0f} kWh"
        return (
            f"as for {kwh:.0f} kWh, {kwh / here * factor:.2f} kWh a m3;"
            f" here {here:.0f} kWh, {factor:.2f} kWh a m3"
        )

    def _other_vat(self, invoice: Decimal, lines: Sequence[Line]) -> Iterator[str]:
        ex = sum((line.ex for line in lines), ZERO)
        here = {line.vat for line in lines}
        if not self.invoice.incl_vat:
            if any(here) and _fits(invoice, sum((line.incl for line in lines), ZERO)):
                yield "VAT is in this line, not in the others"
            return
        for rate in VAT_RATES:
            if rate not in here and _fits(invoice, ex * (1 + rate)):
                told = f"{rate * 100:.0f} %" if rate else "no"
                yield f"with {told} VAT; here {max(here, default=ZERO) * 100:.0f} %"

    def _other_grid(self, group: Group, invoice: Decimal) -> Iterator[str]:
        home = self.contract.home
        key, here = "grid_area", home.grid_area
        if self.energy == "gas":
            key, here = "gas_area", home.gas_grid
        for area in self.contract.tables.areas():
            if area != here and self._agrees(group, invoice, {key: area}):
                yield f"as in the grid area {area}; here {here}"
        for tariff in ("mono", "day_night", "impact"):
            if tariff != home.grid_tariff and self._agrees(group, invoice, {"grid_tariff": tariff}):
                yield f"by the grid tariff {tariff}; here {home.grid_tariff}"
        if self.energy == "gas" and home.gas_kwh_year is not None:
            year, *_ = self.contract.tables.gas_tier(
                home.gas_grid, home.gas_kwh_year, self.invoice.start
            )
            for tier in year.tiers:
                if self._agrees(group, invoice, {"gas_kwh_year": tier.up_to_kwh}):
                    yield (
                        f"as for up to {tier.up_to_kwh:.0f} kWh a year;"
                        f" here {home.gas_kwh_year:.0f}"
                    )

    def _agrees(self, group: Group, invoice: Decimal, other: Mapping[str, object]) -> bool:
        """True if the grid's lines agree with another setting of the home."""
        home = self.contract.home.model_copy(update=other)
        flat = _with(self.contract, lambda terms: {"offtake": FLAT, "injection": None})
        return self._drawn(group, replace(flat, home=home, _months={}), invoice)

    def _other_index(self, invoice: Decimal) -> Iterator[str]:
        indices = {
            terms.offtake.index
            for terms in self.contract.contracts
            if isinstance(terms, Electricity) and isinstance(terms.offtake.index, str)
        }
        for name in ("quarter", "hour", *COMPUTED) if indices else ():
            if name in indices:
                continue
            other = _with(self.contract, partial(_indexed, name=name))
            if self._drawn(Group.ENERGY, other, invoice):
                yield f"by the index {name}; here {', '.join(sorted(map(str, indices)))}"

    def _drawn(self, group: Group, contract: Contract, invoice: Decimal) -> bool:
        try:
            eur = _Sums(self.draw(contract), self.invoice.incl_vat).eur(group)
        except RatesError:  # not to be priced so
            return False
        return eur is not None and _fits(invoice, eur)

    def _other_kwh(self) -> Decimal | None:
        """The kWh by which all lines per kWh differ alike; None when they do not."""
        rows = [
            (row.invoice, row.ours)
            for row in self.rows
            if row.name in PER_KWH and row.invoice is not None and row.ours
        ]
        if len(rows) < 2:
            return None
        ratio = sum((told for told, _ in rows), ZERO) / sum((ours for _, ours in rows), ZERO)
        alike = all(_fits(told, ratio * ours) for told, ours in rows)
        return ratio * self.ours.kwh if alike and not all(starmap(_fits, rows)) else None

    def _other_days(self, invoice: Decimal, ours: Decimal) -> Iterator[str]:
        if not ours:
            return
        days = invoice / ours * self.invoice.days
        if days > 0 and abs(days - round(days)) <= days * FITS_EUR / max(invoice, FITS_EUR):
            yield f"a fee for {round(days)} days; here {self.invoice.days}"

    def _other_peak(self, invoice: Decimal) -> Iterator[str]:
        capacity, ours = self.ours.bill.line("capacity"), self.ours.lines(Group.CAPACITY)
        if capacity is None or len(ours) > 1 or not capacity.ex:
            return
        kw = capacity.quantity * 12 / _months(self.invoice)
        why = "; some months are not known here" if self.peaks_unknown else ""
        yield (
            f"as for a mean month peak of {kw * invoice / self.ours.of([capacity]):.2f} kW;"
            f" here {kw:.2f} kW{why}"
        )


def _fits(invoice: Decimal, eur: Decimal) -> bool:
    return abs(invoice - eur) <= FITS_EUR


def _months(invoice: Invoice) -> Decimal:
    """Length of the period in months, a part of a month by its days."""
    months, day = ZERO, invoice.start
    while day < invoice.end:
        after = (day.replace(day=1) + _MONTH).replace(day=1)
        whole = (after - day.replace(day=1)).days
        months += Decimal((min(after, invoice.end) - day).days) / whole
        day = after
    return months


def _with(contract: Contract, change: Callable[[Electricity], Mapping[str, object]]) -> Contract:
    """The contract with other terms for its electricity."""
    changed: list[AnyTerms] = [
        terms.model_copy(update=dict(change(terms))) if isinstance(terms, Electricity) else terms
        for terms in contract.contracts
    ]
    return replace(contract, contracts=tuple(changed), _months={})


def _indexed(terms: Electricity, name: str) -> dict[str, object]:
    other = {"s": name, "named": None} if terms.offtake.index else {}
    return {"offtake": terms.offtake.model_copy(update=other)}
