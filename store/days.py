"""history/MM-DD_data.json: use, cost and prices of a day.

Named without the year, so that a year later the file of the same date takes its place. Written
again after a late booking of that day.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from base.time import BRUSSELS, QUARTER
from rates.amounts import Pricing, Register
from rates.calendar import quarters_of_day
from rates.usage import DayTotals, day_row
from store.files import write_whole


def write_day(
    history: Path, day: date, totals: DayTotals, pricing: Pricing, gas_kwh_m3: Decimal | None
) -> Path:
    """Write the day's file to `history` atomically, replacing that of a year ago or of an earlier
    close."""
    path = history / f"{day:%m-%d}_data.json"
    document = day_document(day, totals, pricing, gas_kwh_m3)
    write_whole(path, (json.dumps(document, indent=1) + "\n").encode())
    return path


def day_document(
    day: date, totals: DayTotals, pricing: Pricing, gas_kwh_m3: Decimal | None
) -> dict[str, Any]:
    """The day in plain values. kWh, m3, EUR incl. VAT; injection is the revenue.

    `lines_eur` has the same money per invoice line. `prices` are the lowest and highest of the
    day, EUR per kWh or m3; `peak` is the highest quarter, its end in local time.
    """
    row = day_row(day, totals, gas_kwh_m3)
    used = {name: part for name in Register if (part := getattr(row, name)) is not None}
    return {
        "date": day.isoformat(),
        "usage": {_with_unit(name): part.amount for name, part in used.items()}
        | ({} if row.gas_kwh is None else {"gas_kwh": row.gas_kwh}),
        "cost_eur": {str(name): part.eur for name, part in used.items()}
        | {"electricity": row.electricity_eur, "total": row.total_eur},
        "lines_eur": {
            str(name): {line: float(eur) for line, eur in lines.items()}
            for name, lines in totals.eur.items()
        },
        "peak": _peak(totals),
        "prices": _prices(day, totals, pricing),
    }


def _with_unit(name: Register) -> str:
    return f"{name}_{'m3' if name in (Register.GAS, Register.WATER) else 'kwh'}"


def _peak(totals: DayTotals) -> Mapping[str, float | str] | None:
    if totals.peak is None:
        return None
    end: datetime = (totals.peak.quarter + QUARTER).astimezone(BRUSSELS)
    return {"kw": float(totals.peak.kw), "at": end.isoformat()}


def _prices(day: date, totals: DayTotals, pricing: Pricing) -> dict[str, dict[str, float]]:
    prices = {}
    for register in totals.amounts:
        held = [pricing.price(register, quarter) for quarter in quarters_of_day(day)]
        known = [float(price) for price in held if price is not None]
        if known:
            prices[str(register)] = {"lowest": min(known), "highest": max(known)}
    return prices
