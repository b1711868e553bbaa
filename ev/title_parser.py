"""Parser of calendar entries: the cars that leave, and their states of charge. Pure.

A distance is the total until the car is home again: it is never doubled.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from base.text import clean

LONGEST_TITLE = 60
_NUMBER = r"([0-9]{1,6}(?:[.,][0-9]{1,3})?)"
_FRESH = r"(?<!\w)(?<![0-9][.,])"  # not in the middle of a word or number

_PERCENT = re.compile(rf"{_FRESH}{_NUMBER}\s*(?:%|(?:procent|percent|pct)\b)", re.I)
_ENERGY = re.compile(rf"{_FRESH}{_NUMBER}\s*kwh\b", re.I)
_DISTANCE = re.compile(
    rf"{_FRESH}(?:([0-9]{{1,2}})\s*[x×*]\s*)?{_NUMBER}\s*(?:km|kilomet(?:er|re)s?)\b"
    r"(?:\s*[x×*]\s*([0-9]{1,2})\b|\s*(each way|per richting|par trajet)\b)?",
    re.I,
)
_BOTH_WAYS = re.compile(
    r"km\W{0,3}(return|retour|heen en terug|there and back|aller[- ]retour|[ha]/[tr])\b", re.I
)
# Markup, addresses, a consumption and a speed: their numbers are no need.
_NOISE = re.compile(
    rf"<[^>]*>|https?://\S+|{_NUMBER}\s*kwh\s*(?:/|per|op)\s*(?:100\s*)?km\b"
    rf"|{_NUMBER}\s*km(?:\s*/\s*)?(?:h|u|uur|hour)\b",
    re.I,
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_MARK = re.compile(r"(?<![\w.])@([^@]{1,40})@(?![^\W\d])")  # not in an address of e-mail
_WORD = r"[^@\s,;:!?()]+"
_WORDS = rf"{_WORD}(?:\s+{_WORD}){{0,2}}"
_SINGLE = re.compile(rf"(?<![\w.])@({_WORDS})|({_WORDS})@(?!\w)")
_JOINTS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Marks:
    """The cars that a title names, by their names in config.py, and the unknown names."""

    cars: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Request in a text: a SoC, or the energy of the trip. None is absent; `words` is the text.

    `doubt` is the word that leaves open if the distance counts twice.
    """

    pct: float | None = None
    kwh: float | None = None
    km: float | None = None
    words: str = ""
    doubt: str = ""


def is_marked(title: str) -> bool:
    """True if a title can name a car, or was meant to; most of a calendar does not."""
    return "@" in title


def plain(title: str) -> str:
    """The title on one line, printable and not long: it is shown on a screen and logged."""
    line = clean(title)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def marks(title: str, names: Iterable[str]) -> Marks:
    """The cars between @ and @. Capitals, spaces and the word car in front do not matter."""
    known = _keys(names)
    found = [car for part in title.split("@")[1:-1] if (car := known.get(in_title(part)))]
    others = [plain(part) for part in _MARK.findall(title) if in_title(part) not in known]
    unknown = filter(None, others)
    return Marks(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(unknown)))


def half_marked(title: str, names: Iterable[str]) -> str | None:
    """The car beside a single @, as in "@q4 sea"; None without one."""
    known = _keys(names)
    for found in _SINGLE.finditer(title):
        words = (found[1] or found[2]).split()
        for count in range(len(words), 0, -1):
            part = words[:count] if found[1] else words[-count:]
            if car := known.get(in_title("".join(part))):
                return car
    return None


def asked(title: str, description: str) -> Asked | None:
    """The request in the title, else in the description; None when neither has one."""
    return _asked(_MARK.sub(" ", title)) or _asked(description)


def _asked(text: str) -> Asked | None:
    """Percentages: the highest counts. Energies and distances in one text add up."""
    text = _NOISE.sub(" ", unescape(text))
    percentages = [_value(number) for number in _PERCENT.findall(text)]
    energies = [_value(number) for number in _ENERGY.findall(text)]
    distances = list(_DISTANCE.finditer(text))
    if not (percentages or energies or distances):
        return None
    found = [*_PERCENT.finditer(text), *_ENERGY.finditer(text), *distances]
    doubt = _BOTH_WAYS.search(text)
    return Asked(
        pct=max(percentages, default=None),
        kwh=sum(energies) if energies else None,
        km=sum(map(_driven_km, distances)) if distances else None,
        words=plain(" + ".join(match[0] for match in found)),
        doubt=doubt[1] if doubt else "",
    )


def _driven_km(match: re.Match[str]) -> float:
    """km, with "2x60 km", "60 km x 2" and "60 km each way" counted as often as they say."""
    before, number, after, each_way = match.groups()
    return _value(number) * int(before or after or (2 if each_way else 1))


def _value(number: str) -> float:
    """1.200 is a thousand and two hundred; 12,5 and 12.5 are twelve and a half."""
    if _THOUSANDS.fullmatch(number):
        return float(re.sub("[.,]", "", number))
    return float(number.replace(",", "."))


def _keys(names: Iterable[str]) -> dict[str, str]:
    """Names by their forms in a title; a full name goes before one without its "car"."""
    exact = {in_title(name): name for name in names}
    short = {key.removeprefix("car"): name for key, name in exact.items()}
    long = {f"car{key}": name for key, name in exact.items()}
    keys = short | long | exact
    keys.pop("", None)
    return keys


def in_title(name: str) -> str:
    """A name as titles are compared: without capitals, spaces and the like."""
    return _JOINTS.sub("", name).casefold()
