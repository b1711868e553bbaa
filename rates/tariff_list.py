"""Contents of the tariff tables, and the changes by an entry, in lines for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from rates.table_form import Entry, IndexEntry, Levy, VatRow
from rates.tariffs import Tables, wrong_sum

SKIPPED = {"source", "read", "checks", "year", "kind", "from_", "until"}


def listed(tables: Tables, own: Sequence[Entry]) -> Iterator[str]:
    """Each operator and levy: the years or days known, until when, the newest source."""
    mine = {entry.key for entry in own}
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in tables.entries:
        groups.setdefault(entry.key[:2], []).append(entry)
    width = max(len(f"{what} of {name}") for what, name in groups)
    for (what, name), entries in groups.items():
        ordered = sorted(entries, key=lambda entry: entry.key[2])
        last = ordered[-1]
        until = _until(last)
        whose = " (tariffs/)" if last.key in mine else ""
        yield f"{f'{what} of {name}':<{width}}  {until:<22}  {last.source}, {last.read}{whose}"


def _until(entry: Entry) -> str:
    if isinstance(entry, IndexEntry):
        return f"until {max(entry.months)}"
    if isinstance(entry, VatRow):
        return f"from {entry.from_}"
    if isinstance(entry, Levy):
        return f"until {entry.until}" if entry.until else f"from {entry.from_}"
    return f"until {date(entry.year, 12, 31)}"


def changes(tables: Tables, entries: Sequence[Entry]) -> Iterator[str]:
    """Changes by these entries: against the present one, else against the one before."""
    for entry in entries:
        what, name, when = entry.key
        known = [each for each in tables.entries if each.key[:2] == entry.key[:2]]
        same = next((each for each in known if each.key == entry.key), None)
        before = max(
            (each for each in known if each.key[2] < when), key=lambda e: e.key[2], default=None
        )
        against = same or before
        head = f"{what} of {name} {when}"
        if against is None:
            yield f"{head}: new, nothing to compare with"
            continue
        found = [*_differences(_flat(against), _flat(entry))]
        how = "replaces what is known" if same else f"new; against {against.key[2]}"
        yield f"{head}: {how}: {'; '.join(found) or 'the same figures'}"


def wrong_sums(tables: Tables, entries: Sequence[Entry]) -> Iterator[str]:
    """Each sum to check that does not come out."""
    for entry in entries:
        year = getattr(entry, "year", None)
        if year is not None and (wrong := wrong_sum(entry, tables.vat(date(year, 12, 31)))):
            yield wrong


def _flat(entry: Entry) -> dict[str, object]:
    """The figures of an entry by their place; in EUR ex or incl VAT as the entry has them."""
    found: dict[str, object] = {}

    def walk(value: object, place: str) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                if place or key not in SKIPPED:
                    walk(each, f"{place}.{key}" if place else str(key))
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for number, each in enumerate(value):
                walk(each, f"{place}[{number}]")
        else:
            found[place] = value

    walk(entry.model_dump(), "")
    return found


def _differences(before: dict[str, object], after: dict[str, object]) -> Iterator[str]:
    for place in dict.fromkeys((*before, *after)):
        was, now = before.get(place), after.get(place)
        if was == now:
            continue
        if isinstance(was, Decimal) and isinstance(now, Decimal) and was:
            yield f"{place} {was} -> {now} ({100 * (now / was - 1):+.1f} %)"
        else:
            yield f"{place} {was} -> {now}"
