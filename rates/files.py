"""Edge: the text of rates.json and the table files beside this module become prices."""

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from base.time import DAY
from rates.contract import Contract
from rates.errors import RatesError, decode
from rates.seed_form import SeedRates, seed_rates
from rates.table_form import GasTable, Grid, Levies, WaterTable
from rates.tariffs import Tables
from rates.terms import Electricity, Gas, RatesFile, Water

FOLDER = Path(__file__).parent / "tables"
EXAMPLES = Path(__file__).parent / "examples"
REGIONS = ("flanders", "wallonia", "brussels")
FULL_KEYS = frozenset({"home", "contracts"})


def load(
    text: str, source: str = "rates.json", tables: Tables | None = None
) -> SeedRates | Contract:
    """A rates file as prices: the four-line form, or the full form when it has contracts.

    RatesError with a sentence naming file, key, value and what is allowed.
    """
    keys = _keys(text, source)
    if not keys & FULL_KEYS:
        return seed_rates(text, source)
    file = decode(RatesFile, text, source)
    contracts = tuple(sorted(file.contracts, key=lambda terms: (terms.energy, terms.first_day)))
    contract = Contract(file.home, contracts, tables or read_tables())
    try:
        _check(contract)
    except RatesError as error:
        raise type(error)(f"{source}: {error}") from None
    return contract


def load_file(path: Path) -> SeedRates | Contract:
    """A rates file of the householder, also as an editor on Windows saves it. OSError when it
    cannot be read, RatesError as `load`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RatesError(f"{path.name}: is not text in UTF-8") from None
    return load(text, path.name)


@lru_cache(maxsize=1)
def read_tables(folder: Path = FOLDER) -> Tables:
    """The tables that come with the program."""

    def text(name: str) -> str:
        return (folder / f"{name}.json").read_text(encoding="utf-8")

    return Tables(
        grids=tuple(decode(Grid, text(name), f"{name}.json") for name in REGIONS),
        levies=decode(Levies, text("levies"), "levies.json"),
        gas=decode(GasTable, text("gas"), "gas.json"),
        water=decode(WaterTable, text("water"), "water.json"),
    )


def _check(contract: Contract) -> None:
    """Dates follow each other, and the tables know every name. Years are asked for when used."""
    for energy in ("electricity", "gas", "water"):
        _check_dates([terms for terms in contract.contracts if terms.energy == energy])
    home, tables = contract.home, contract.tables
    if home.grid_area is not None:
        _known("home.grid_area", home.grid_area, tables.areas())
    for terms in contract.contracts:
        if isinstance(terms, Water):
            _known("water operator", terms.operator, tables.water_operators())
        if isinstance(terms, Gas):
            _known("gas for home.grid_area", str(home.grid_area), tables.gas_areas())
    if home.grid_tariff == "impact":
        _known("home.grid_tariff impact for", str(home.grid_area), tables.impact_areas())


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise RatesError(f"{what}: {name!r} is unknown; allowed: {', '.join(names)}")


def _check_dates(contracts: Sequence[Electricity | Gas | Water]) -> None:
    """The contracts of one energy, by first day, neither overlap nor leave a gap. RatesError."""
    for before, after in pairwise(contracts):
        end = before.last_day
        between = f"{before.name!r} and {after.name!r} ({before.energy})"
        if end is None or after.first_day <= end:
            said = f"until {end}" if end else "without last_day"
            raise RatesError(
                f"contracts: {between} overlap: the first runs {said}, "
                f"the second begins on {after.first_day}"
            )
        if after.first_day != end + DAY:
            raise RatesError(
                f"contracts: no contract between {between} from {end + DAY} "
                f"until {after.first_day - DAY}"
            )


def _keys(text: str, source: str) -> set[str]:
    """The keys of the file's top level. RatesError with line and column, or the doubled key."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise RatesError(f"{source}: the key {twice!r} stands twice in one place")
        return seen

    try:
        data = json.loads(text, object_pairs_hook=once)
    except RatesError:
        raise
    except json.JSONDecodeError as error:
        raise RatesError(
            f"{source}: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except ValueError:
        raise RatesError(f"{source}: holds a number that is far too long") from None
    except RecursionError:
        raise RatesError(f"{source}: is nested too deeply to be a rates file") from None
    if not isinstance(data, dict):
        raise RatesError(f"{source}: must be an object {{...}} (it says {text[:20]!r})")
    return set(data)
