"""Edge: the text of rates.json and the table files beside this module become prices."""

import gzip
import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from base.checked import where_json
from base.language import setting
from base.time import DAY
from rates.contract import AnyTerms, Contract
from rates.curve import Spots
from rates.errors import RatesError, decode
from rates.indices import Profile, kept
from rates.seed_form import SeedRates, seed_rates
from rates.table_form import Entry, EntryFile
from rates.tariff_list import wrong_sums
from rates.tariffs import ALIASES, Tables
from rates.terms import Gas, RatesFile, Water

FOLDER = Path(__file__).parent / "tables"
PROFILES = Path(__file__).parent / "profiles"
EXAMPLES = Path(__file__).parent / "examples"
TARIFFS = "tariffs"
"""The owner's own tariff entries, beside rates.json."""
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
    contract = Contract(home=file.home, contracts=contracts, tables=tables or read_tables())
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
        raise RatesError(setting("{name}: is not text in UTF-8", name=path.name)) from None
    return load(text, path.name, tables_with(path.parent / TARIFFS))


@lru_cache(maxsize=1)
def read_tables() -> Tables:
    """The tables that come with the program."""
    return Tables(tuple(_entries(sorted(FOLDER.glob("*.json")))))


@lru_cache(maxsize=4)
def read_profile(year: int) -> tuple[int, Profile]:
    """The weights of a year's quarters, with the year they are from: the last available one."""
    there = sorted(int(path.name[:4]) for path in PROFILES.glob("*.csv.gz"))
    of_year = max((each for each in there if each <= year), default=there[0])
    with gzip.open(PROFILES / f"{of_year}.csv.gz", "rt", encoding="ascii") as file:
        names, *rows = (line.rstrip("\n").split(",") for line in file)
    columns = zip(*rows, strict=True)
    return of_year, {
        name: array("L", map(int, column)) for name, column in zip(names, columns, strict=True)
    }


def market_spots(
    spot: Callable[[datetime], Decimal | None], version: Callable[[], object] = lambda: None
) -> Spots:
    """Day-ahead prices with the month indices that are made of them."""
    return replace(Spots.of(spot), month=kept(spot, read_profile, version))


def tables_with(folder: Path) -> Tables:
    """The same, with the entries of an owner's folder before them. RatesError when one is wrong:
    the whole folder is then ignored."""
    own = tuple(_entries(sorted(folder.glob("*.json")))) if folder.is_dir() else ()
    if not own:
        return read_tables()
    tables = Tables((*own, *read_tables().entries))
    for sentence in wrong_sums(tables, own):
        raise RatesError(f"{folder.name}/: {sentence}")
    return tables


def entries_in(path: Path) -> tuple[Entry, ...]:
    """The entries of a file: one, or a list. RatesError naming file, key, value and what is
    allowed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RatesError(
            setting("{path} cannot be read: {reason}", path=path, reason=error.strerror)
        ) from None
    except UnicodeDecodeError:
        raise RatesError(setting("{name}: is not text in UTF-8", name=path.name)) from None
    if "entries" not in _keys(text, path.name):
        text = f'{{"entries": [{text}]}}'
    return decode(EntryFile, text, path.name).entries


def _entries(paths: Iterable[Path]) -> Iterator[Entry]:
    """The entries of these files; RatesError for two entries on the same subject."""
    seen: dict[tuple[str, str, str], str] = {}
    for path in paths:
        for entry in entries_in(path):
            what, name, when = entry.key
            if entry.key in seen:
                raise RatesError(
                    setting(
                        "{name}: {what} of {whose} for {when} are in {seen} already: keep one",
                        name=path.name,
                        what=what,
                        whose=name,
                        when=when,
                        seen=seen[entry.key],
                    )
                )
            seen[entry.key] = path.name
            yield entry


def _check(contract: Contract) -> None:
    """Dates follow each other, and the tables know every name. Years are checked when used."""
    for energy in ("electricity", "injection", "gas", "water"):
        _check_dates([terms for terms in contract.contracts if terms.energy == energy])
    home, tables = contract.home, contract.tables
    area = ALIASES.get(str(home.grid_area), str(home.grid_area))
    if home.grid_area is not None:
        _known("home.grid_area", area, tables.areas())
    for terms in contract.contracts:
        if isinstance(terms, Water) and not terms.all_in:
            _known("water operator", terms.operator, tables.water_operators())
        if isinstance(terms, Gas) and not terms.all_in:
            gas = "home.gas_area" if home.gas_area else "gas for home.grid_area"
            _known(gas, ALIASES.get(home.gas_grid, home.gas_grid), tables.gas_areas())
    if home.compensation:
        walloon = [each for each in tables.areas() if tables.region(each) == "Wallonia"]
        _known("home.compensation for", area, tuple(walloon))
        if home.grid_tariff == "impact":
            raise RatesError(
                setting(
                    "home.compensation: true cannot be combined with home.grid_tariff 'impact';"
                    " allowed: mono, day_night"
                )
            )
    if home.grid_tariff == "impact":
        _known("home.grid_tariff impact for", area, tables.impact_areas())


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise RatesError(
            setting(
                "{what}: {name} is unknown; allowed: {names}",
                what=what,
                name=repr(name),
                names=", ".join(names),
            )
        )


def _check_dates(contracts: Sequence[AnyTerms]) -> None:
    """The contracts of one energy, by first day, neither overlap nor leave a gap. RatesError."""
    for before, after in pairwise(contracts):
        end = before.last_day
        between = f"{before.name!r} and {after.name!r} ({before.energy})"
        if end is None or after.first_day <= end:
            said = f"until {end}" if end else "without last_day"
            raise RatesError(
                setting(
                    "contracts: {between} overlap: the first runs {said}, the second"
                    " begins on {day}",
                    between=between,
                    said=said,
                    day=after.first_day,
                )
            )
        if after.first_day != end + DAY:
            raise RatesError(
                setting(
                    "contracts: no contract between {between} from {first} until {last}",
                    between=between,
                    first=end + DAY,
                    last=after.first_day - DAY,
                )
            )


def _keys(text: str, source: str) -> set[str]:
    """The keys of the file's top level. RatesError with line and column, or the doubled key."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise RatesError(
                setting(
                    "{source}: the key {name} occurs twice in the same object",
                    source=source,
                    name=repr(twice),
                )
            )
        return seen

    try:
        data = json.loads(text, object_pairs_hook=once)
    except RatesError:
        raise
    except json.JSONDecodeError as error:
        raise RatesError(f"{source}: {where_json(error)}") from None
    except ValueError:
        raise RatesError(
            setting("{source}: has a number that is far too long", source=source)
        ) from None
    except RecursionError:
        raise RatesError(
            setting("{source}: is nested too deeply to be a rates file", source=source)
        ) from None
    if not isinstance(data, dict):
        raise RatesError(
            setting(
                "{source}: must be an object in braces (it says {text})",
                source=source,
                text=repr(text[:20]),
            )
        )
    return set(data)
