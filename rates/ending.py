"""Tables, indices and contracts that end soon, each in a sentence for the householder."""

from collections.abc import Iterator
from datetime import date, timedelta

from base.language import phrase
from base.time import DAY
from rates.calendar import month_start
from rates.contract import Contract
from rates.errors import RatesError
from rates.tariffs import Tables
from rates.terms import Electricity, Gas, Water

NOTICE = timedelta(days=31)  # from 1 December for a table that ends on 31 December
ENERGIES = {
    "electricity": phrase("electricity"),
    "gas": phrase("gas"),
    "injection": phrase("injection"),
    "water": phrase("water"),
}
INDEX_DUE_DAY = 5  # of the month after: by then the index of a month is published


def ending(contract: Contract, today: date) -> tuple[str, ...]:
    """Needs of the home that end within a month, or have ended; the first to end first."""
    held = [t for t in contract.contracts if t.last_day is None or t.last_day >= today]
    tables = contract.tables.ends(
        contract.home.grid_area if any(isinstance(t, Electricity | Gas) for t in held) else None,
        tuple(t.operator for t in held if isinstance(t, Water) and t.operator),
        contract.home.gas_grid if any(isinstance(t, Gas) and not t.all_in for t in held) else None,
    )
    ends = sorted((last, what) for what, last in tables.items() if last - today < NOTICE)
    return (
        *(_table(what, last) for last, what in ends),
        *_indices(contract, today),
        *_contracts(contract, today),
        *_prosumer(contract, today),
    )


def _table(what: str, last: date) -> str:
    return phrase(
        "The {what} are known until {day}; from {next} those of {year} are used and amounts are"
        " marked ~ (provisional). Upgrade for the new ones, or add them in tariffs/"
        " (docs/rates.md).",
        what=what,
        day=_day(last),
        next=_day(last + DAY),
        year=last.year,
    )


def _indices(contract: Contract, today: date) -> Iterator[str]:
    """Typed indices of which the last month is due."""
    before = month_start(month_start(today) - DAY)
    if today.day < INDEX_DUE_DAY:
        before = month_start(before - DAY)
    for terms in contract.contracts:
        if isinstance(terms, Water) or not terms.holds(before):
            continue
        sides = [getattr(terms, side, None) for side in ("offtake", "injection")]
        typed = [side.index for side in sides if side and isinstance(side.index, dict)]
        if any(f"{before:%Y-%m}" not in months for months in typed):
            yield phrase(
                "The index S of {month} is not in rates.json ({name}): an earlier one is used"
                " and amounts are marked ~ (provisional) until you add it.",
                month=f"{before:%Y-%m}",
                name=terms.name,
            )


def _contracts(contract: Contract, today: date) -> Iterator[str]:
    """The last contract of an energy, where it ends and nothing follows."""
    last = {terms.energy: terms for terms in contract.contracts}
    for energy, terms in last.items():
        if terms.last_day is not None and terms.last_day - today < NOTICE:
            yield phrase(
                "The {energy} contract {name} ends on {day} and no other follows in rates.json:"
                " from then on {reason}.",
                energy=ENERGIES[energy],
                name=terms.name,
                day=_day(terms.last_day),
                reason=_without(contract, energy),
            )


def _without(contract: Contract, energy: str) -> str:
    """Consequence of an energy without a contract."""
    other = any(isinstance(t, Electricity) and t.injection for t in contract.contracts)
    if energy == "injection" and other:
        return phrase("injection has the price of the electricity contract")
    if energy == "injection":
        return phrase("injection has no price")
    return phrase("nothing has a price")


def _prosumer(contract: Contract, today: date) -> Iterator[str]:
    """A prosumer tariff that is due and that no table has."""
    home = contract.home
    if home.prosumer_kva and home.grid_area:
        said = without_prosumer_tariff(contract.tables, home.grid_area, today)
        yield from filter(None, (said,))


def without_prosumer_tariff(tables: Tables, area: str, today: date) -> str:
    """A sentence when no table has the prosumer tariff of a Walloon area, with what to type; ""
    otherwise.

    Brussels and the digital meters of Flanders have no such tariff.
    """
    try:
        entry = tables.grid(area, today)[0]
    except RatesError:
        return ""
    if entry.region != "Wallonia" or entry.prosumer_eur_kva_year:
        return ""
    return phrase(
        "The prosumer tariff of {area} is not known here: the bill is without it. Copy the entry of"
        " {area} for {year} from rates/tables/grid.json to a file in tariffs/ and add"
        ' "prosumer_eur_kva_year": the EUR for each kVA and year, with VAT, that your bill or the'
        " operator's site says (docs/rates.md).",
        area=entry.area,
        year=entry.year,
    )


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"
