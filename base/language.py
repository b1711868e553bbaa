"""The language of the reader: sentences, numbers and times in English, Dutch or French.

An English sentence with named placeholders is its own key: `say` translates the whole sentence and
fills in numbers in the format of the language. Reasons are made in English by `phrase` and
`clause`, are sent and logged in English, and are translated by `read` where they are shown
(docs/decisions/0007-languages.md).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from numbers import Real
from string import Formatter
from typing import Any

from base.time import BRUSSELS

DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
    "fr": ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
}
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "nl": ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
    "fr": ("jan", "fév", "mar", "avr", "mai", "jun", "jul", "aoû", "sep", "oct", "nov", "déc"),
}
CODES = tuple(DAYS)
_NUMBER = r"-?\d+(?:\.\d+)?"
_LOOSE_NUMBER = re.compile(rf"(?<![\w.]){_NUMBER}(?![\w.]*\d)")
_DATES = re.compile(
    rf"\b(?P<day>{'|'.join(DAYS['en'])})\b(?= \d)|(?<=\d )(?P<month>{'|'.join(MONTHS['en'])})\b"
    rf"|\b(?P<of_year>{'|'.join(MONTHS['en'])})\b(?= \d{{4}}\b)"
)
_COLON = (": ", "")
"""Tried first where all that follows it is one sentence, whatever joints that has."""
_JOINTS = ((". ", "."), ("; ", ""), (": ", ""), (", ", ""))
"""Joints between several sentences in one, and the part that belongs to the first."""
_ANOTHER = re.compile(r"; [^ ]*[.\[][^ ]*: ")
"""The next mistake in the same file."""
DEPTH_MOST = 16
SENTENCES = frozenset({"left", "notes", "order", "reason", "text", "value", "wish"})
"""Placeholders that hold a sentence: anything. The others contain no joint, so that a name does not
match the next sentence too."""
_ANYTHING, _NO_JOINT, _NO_COMMA = ".*?", r"(?:(?![:;] ).)*?", r"(?:(?![:;,] ).)*?"
_SUBJECT = "{subject} "
"""Before a clause, where it may be missing."""
_STOP = "_stop"
"""A full stop behind a sentence that is marked without one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The pattern of a sentence that travels in English, and the longest of its fixed parts."""

    message: str
    pattern: str
    fixed: str
    numeric: frozenset[str]

    def match(self, sentence: str) -> re.Match[str] | None:
        """The values in the sentence; None when it is another one."""
        return _compiled(self.pattern).fullmatch(sentence) if self.fixed in sentence else None


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language: its catalogue and its formats. Equal to itself only, so it can be a cache key.

    `reasons` are the sentences that `read` recognises, those with the most fixed text first.
    `mark` goes around each translation; a test uses it to find untranslated text.
    """

    code: str = "en"
    catalogue: NullTranslations = field(default_factory=NullTranslations)
    reasons: tuple[Reason, ...] = ()
    mark: Callable[[str], str] = str

    def say(self, message: str, /, **values: Any) -> str:
        """The sentence in this language, filled in."""
        return self.mark(self._filled(self.catalogue.gettext(message), message, values))

    def many(self, one: str, more: str, /, count: int, **values: Any) -> str:
        """The sentence for this `count`, which is also a placeholder."""
        message = self.catalogue.ngettext(one, more, count)
        return self.mark(self._filled(message, more, {**values, "count": count}))

    def read(self, sentence: str) -> str:
        """A sentence made by `phrase`, in this language; unknown parts stay English."""
        return _read(self, sentence, 0) if self.reasons else sentence

    def number(self, value: float | None, width: int = 0, decimals: int = 2) -> str:
        """The number right-aligned with fixed decimals, `-` when unknown, never a negative zero.

        Thousands are separated only where that fits.
        """
        if value is None:
            return f"{'-':>{width}}"
        value = round(value, decimals) + 0.0
        apart = self._written(f"{value:,.{decimals}f}")
        if not width or len(apart) < width:
            return f"{apart:>{width}}"
        return f"{self._written(f'{value:.{decimals}f}'):>{width}}"

    def time(self, at: datetime | date | None, pattern: str = "%H:%M") -> str:
        """A moment on the wall clock in Brussels, or a day; `-` when unknown."""
        if at is None:
            return "-"
        local = at.astimezone(BRUSSELS) if isinstance(at, datetime) else at
        day, month = DAYS[self.code][local.weekday()], MONTHS[self.code][local.month - 1]
        return local.strftime(pattern.replace("%a", day).replace("%b", month))

    def span(self, seconds: float) -> str:
        """A length of time in its one useful unit: `12 s`, `14 min`, `3 h`, `2 days`."""
        if seconds < 100:
            return f"{max(0, seconds):.0f} s"
        if seconds < 100 * 60:
            return f"{seconds / 60:.0f} min"
        if seconds < 48 * 3600:
            return f"{seconds / 3600:.0f} h"
        return self.many("{count} day", "{count} days", round(seconds / 86400))

    def _filled(self, message: str, key: str, values: Mapping[str, Any]) -> str:
        """The message with its values; the English `key` gives their formats."""
        if not values:
            return message
        specs = {name: spec for _, name, spec in _parts(key)}
        return "".join(
            text if name is None else text + self._shown(values[name], specs[name])
            for text, name, _ in _parts(message)
        )

    def _shown(self, value: Any, spec: str) -> str:
        if isinstance(value, date):
            return self.time(value, spec or "%H:%M")
        if isinstance(value, Real) and spec:
            return self._written(format(value, spec))
        return format(value, spec)

    def _written(self, number: str) -> str:
        """A number as Python writes it, with this language's separators."""
        if self.code == "en":
            return number.replace(",", "")
        return number.translate(_BELGIAN)


_BELGIAN = str.maketrans(",.", ".,")
ENGLISH = Language()


def phrase(message: str, /, **values: object) -> str:
    """A sentence in English that people may read in another language: `Language.read` knows it."""
    return message.format(**values) if values else message


def clause(message: str, /, **values: object) -> str:
    """A phrase without its subject, such as "does not answer": the name of a device or service
    before it is its subject. Read by itself it is known too."""
    return phrase(message, **values)


def setting(message: str, /, **values: object) -> str:
    """A phrase about what somebody types in a file: only install, doctor and the terminal at a
    start say it."""
    return phrase(message, **values)


def whole(message: str) -> str:
    """The sentence of a clause and its subject."""
    return _SUBJECT + message


def reason(message: str) -> Reason:
    """The pattern that recognises a sentence made of this message."""
    pattern, fixed, numeric, seen, ends = "", [""], set(), set(), False
    if message.startswith(_SUBJECT):
        pattern = f"(?:(?P<subject>{_NO_COMMA}) )?"
    for text, name, spec in _parts(message.removeprefix(_SUBJECT)):
        ends = name is None and text[-1:] not in ".?!"
        pattern += re.escape(text)
        fixed.append(text)
        if name is None:
            continue
        if name in seen:
            pattern += f"(?P={name})"
            continue
        seen.add(name)
        if spec.endswith(("f", "d", "g")):
            numeric.add(name)
            pattern += f"(?P<{name}>[+]?{_NUMBER})"
            ends = True
        else:
            pattern += f"(?P<{name}>{_ANYTHING if name in SENTENCES else _NO_JOINT})"
    if ends:
        pattern += rf"(?P<{_STOP}>\.?)"
    return Reason(message, pattern, max(fixed, key=len), frozenset(numeric))


def reasons(messages: Iterable[str]) -> tuple[Reason, ...]:
    """All patterns in the order in which they are tried: the most specific first."""
    known = map(reason, messages)
    return tuple(sorted(known, key=lambda each: (-_weight(each.message), each.message)))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled at its first use: most of a thousand sentences never occur."""
    return re.compile(pattern)


@lru_cache(maxsize=512)
def _parts(message: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple((text, name, spec or "") for text, name, spec, _ in Formatter().parse(message))


def _weight(message: str) -> int:
    return sum(len(text) for text, _, _ in _parts(message))


@lru_cache(maxsize=512)
def _read(language: Language, sentence: str, depth: int) -> str:
    if depth < DEPTH_MOST:
        if found := _known(language, sentence):
            return _told(language, *found, depth + 1)
        for joint, end in (_COLON, *_JOINTS) if _named(language, sentence) else _JOINTS:
            first, gap, rest = sentence.partition(joint)
            if gap:
                told = _read(language, first + end, depth + 1)
                gap = gap.removeprefix(end)
                space = " " if language.code == "fr" and gap[0] in ":;" else ""
                return told + space + gap + _read(language, rest, depth + 1)
    return _value(language, sentence)


def _named(language: Language, sentence: str) -> bool:
    """True if one sentence follows the first colon, or the next one: a file, and a place in it."""
    rest = sentence.partition(_COLON[0])[2]
    place, _, further = rest.partition(_COLON[0])
    alone = " " not in place and not _ANOTHER.search(further)
    return any(_known(language, each) for each in (rest, further if alone else "") if each)


def _known(language: Language, sentence: str) -> tuple[Reason, Mapping[str, str | None]] | None:
    """The first sentence that this is, with the values in it."""
    for each in language.reasons:
        if found := each.match(sentence):
            return each, found.groupdict()
    return None


def _told(language: Language, known: Reason, parts: Mapping[str, str | None], depth: int) -> str:
    """The translation with the values found; values that are sentences are translated too."""
    message = language.catalogue.gettext(known.message)
    if parts.get("subject") is None:
        message = message.removeprefix(_SUBJECT)
    pieces = []
    for text, name, _ in _parts(message):
        pieces.append(text)
        if name is not None:
            value = parts.get(name) or ""
            whole = name in known.numeric
            pieces.append(_grouped(language, value) if whole else _read(language, value, depth))
    return language.mark("".join(pieces) + (parts.get(_STOP) or ""))


def _grouped(language: Language, number: str) -> str:
    """A number as sent, with separated thousands when it has decimals; a year has none."""
    whole, point, decimals = number.partition(".")
    sign = whole[0] if whole[0] in "+-" else ""
    apart = f"{sign}{int(whole.lstrip('+-')):,}.{decimals}"
    return language._written(apart if point else number)


def _value(language: Language, text: str) -> str:
    """A part of a sentence: a name, a time, a number with its unit."""
    if not any(map(str.isdigit, text)):
        return text
    dated = _DATES.sub(lambda found: _dated(language, found), text)
    return _LOOSE_NUMBER.sub(lambda found: language._written(found[0]), dated)


def _dated(language: Language, found: re.Match[str]) -> str:
    if found["day"]:
        return DAYS[language.code][DAYS["en"].index(found["day"])]
    return MONTHS[language.code][MONTHS["en"].index(found["month"] or found["of_year"])]
