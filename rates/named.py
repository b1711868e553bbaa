"""Edge: contracts by the name of an example, or by the path of a file, ready to be compared."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from rates.contract import Contract
from rates.errors import RatesError
from rates.files import EXAMPLES, load_file
from rates.offers import Offer, home_in
from rates.seed_form import SeedRates
from rates.terms import Home

ALL = "all"
NOT_IN_ALL = "everything"  # gas and water too, and two contracts in a row: to learn from


def examples() -> dict[str, Path]:
    """The contracts that come with the program, by name."""
    return {path.stem: path for path in sorted(EXAMPLES.glob("*.json"))}


def offers(
    names: Sequence[str], own: Path, area: str | None = None, fallback: Decimal | None = None
) -> list[Offer]:
    """The contracts of these names and paths; `all` stands for every example that is left.

    An example is priced in the home of `own`, the householder's rates.json, where that tells it;
    `area` goes before. `fallback` is EUR/MWh for quarters without a day-ahead price. RatesError
    naming those that exist when one is not known, or what is wrong in a file.
    """
    known = examples()
    mine = load_file(own) if own.exists() else None
    home = mine.home if isinstance(mine, Contract) else None
    found: list[Offer] = []
    for name in _spelled_out(names, own):
        if name not in known and not Path(name).is_file():
            there = ", ".join(known)
            raise RatesError(f"there is no contract {name!r}: name a file, {ALL}, or {there}")
        path = known.get(name, Path(name))
        offer = _offer(path, home if name in known else None, area)
        if any(offer.name == other.name for other in found):
            offer = Offer(f"{offer.name} ({path.stem})", offer.prices)
        found.append(offer if fallback is None else offer.with_fallback(fallback))
    return found


def _spelled_out(names: Sequence[str], own: Path) -> list[str]:
    if ALL not in names:
        return list(names)
    named = [name for name in names if name != ALL] or [str(own)]
    return named + [name for name in examples() if name not in (*named, NOT_IN_ALL)]


def _offer(path: Path, home: Home | None, area: str | None) -> Offer:
    """The contract of a file under its own name, in its own home unless another is given."""
    prices = load_file(path)
    if isinstance(prices, SeedRates):
        return Offer(path.name, prices)
    names = {terms.name for terms in prices.contracts if terms.energy == "electricity"}
    offer = Offer(names.pop() if len(names) == 1 else path.stem, prices)
    home = home or prices.home
    return offer.in_home(home_in(home, area, prices.tables.areas()) if area else home)
