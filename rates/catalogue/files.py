"""Edge: the cards and the postcodes that come with the program."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rates.catalogue.cards import Card, CardFile
from rates.errors import decode

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A municipality: its region, and its grid areas. Several where the owner must be asked;
    `gas` is empty without a gas network."""

    postcode: str
    municipality: str
    region: str
    electricity: tuple[str, ...]
    gas: str


@lru_cache(maxsize=1)
def read_cards() -> tuple[Card, ...]:
    """All cards."""
    files = sorted(FOLDER.glob("*.json"))
    return tuple(
        card
        for path in files
        for card in decode(CardFile, path.read_text(encoding="utf-8"), path.name).cards
    )


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    with (FOLDER / "areas.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def places(postcode: str) -> tuple[Place, ...]:
    """The municipalities of a postcode, one for each set of grid areas; empty when unknown."""
    found: dict[tuple[str, str, str], Place] = {}
    for row in _rows():
        if row["postcode"] == postcode:
            areas = tuple(filter(None, row["electricity"].split("|")))
            place = Place(
                postcode=postcode,
                municipality=row["municipality"],
                region=row["region"],
                electricity=areas,
                gas=row["gas"],
            )
            found.setdefault((row["region"], row["electricity"], row["gas"]), place)
    return tuple(found.values())
