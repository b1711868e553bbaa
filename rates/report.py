"""A comparison as plain values, for JSON: every line, month and total."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from base.time import BRUSSELS, DAY
from rates.bill import Bill, Line
from rates.compare import Column, Comparison, Facts
from rates.invoice_check import Check, Row
from rates.past.quarters import Span


def report(told: Comparison) -> dict[str, Any]:
    """Days and months are ISO text, both days inside; EUR, kWh, kW and m3 are numbers."""
    facts = told.facts
    return {
        "source": facts.source,
        "first_day": facts.start.isoformat(),
        "last_day": (facts.end - DAY).isoformat(),
        "as_of": told.as_of and told.as_of.isoformat(),
        "used": {register.value: float(amount) for register, amount in facts.used.items()},
        "peak_kw": float(facts.peak_kw),
        "missing_quarters": facts.missing_quarters,
        "missing": [_span(span) for span in facts.missing],
        "contracts": [_column(told, column) for column in told.columns],
        "notes": list(told.notes),
    }


def invoice_report(
    told: Check, facts: Facts, contract: str, notes: Sequence[str]
) -> dict[str, Any]:
    """The same for an invoice: each line of it, ours, the difference and its likely cause."""
    invoice = told.invoice
    return {
        "source": facts.source,
        "contract": contract,
        "first_day": invoice.start.isoformat(),
        "last_day": (invoice.end - DAY).isoformat(),
        "lines_include_vat": invoice.incl_vat,
        "untold_eur": float(invoice.untold),
        "missing_quarters": facts.missing_quarters,
        "lines": [_row(row) for row in told.rows],
        "notes": [*notes, *told.bill.notes],
    }


def _row(row: Row) -> dict[str, Any]:
    invoice, ours, difference = (
        None if eur is None else float(eur) for eur in (row.invoice, row.ours, row.difference)
    )
    return {
        "name": str(row.name),
        "invoice_eur": invoice,
        "ours_eur": ours,
        "difference_eur": difference,
        "differs": row.differs,
        "cause": row.cause or None,
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "start": span.start.astimezone(BRUSSELS).isoformat(),
        "end": span.end.astimezone(BRUSSELS).isoformat(),
        "quarters": span.quarters,
    }


def _column(told: Comparison, column: Column) -> dict[str, Any]:
    bill: Bill = column.bill
    return {
        "name": column.name,
        "total_eur": float(bill.total_eur),
        "vat_eur": None if column.all_in else float(bill.vat_eur),
        "difference_eur": float(told.difference(column)),
        "lines": [_line(line, all_in=column.all_in) for line in bill.lines],
        "months_eur": _months(bill.months()),
        "notes": list(bill.notes),
    }


def _line(line: Line, *, all_in: bool) -> dict[str, Any]:
    price = line.unit_price_eur
    return {
        "energy": line.energy,
        "name": line.name,
        "quantity": float(line.quantity) if line.unit else None,
        "unit": line.unit or None,
        "eur_per_unit_ex_vat": None if price is None or all_in else float(round(price, 6)),
        "eur_ex_vat": None if all_in else float(line.eur_ex),
        "vat_percent": None if all_in else float(line.vat * 100),
        "eur_incl_vat": float(line.eur_incl),
        "months_eur": _months(line.months),
    }


def _months(months: Mapping[date, Decimal]) -> dict[str, float]:
    return {f"{month:%Y-%m}": float(eur) for month, eur in sorted(months.items())}
