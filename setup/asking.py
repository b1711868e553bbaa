"""Questions of a dialogue on a terminal: a text, a number, a name of a list, yes or no."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from textwrap import fill

WIDTH = 79
LEAST_PART = 3  # letters of a name
Read = Callable[[str], str]
Say = Callable[[str], object]


class Asker:
    """Asks until the answer is understood. What was given on the command line is not asked.

    Without `read` nothing is asked: what is missing has its usual value, or is a ValueError.
    """

    def __init__(self, read: Read | None, say: Say) -> None:
        self._read, self._say = read, say

    @property
    def asks(self) -> bool:
        """True if there is somebody to ask."""
        return self._read is not None

    def number(
        self,
        what: str,
        least: float,
        most: float,
        *,
        given: Decimal | int | None = None,
        usual: str = "",
        whole: bool = False,
    ) -> float:
        """A number from `least` to `most`, with a comma too."""

        def understood(text: str) -> str:
            plain = text.replace(",", ".")
            try:
                right = least <= float(plain) <= most and not (whole and float(plain) % 1)
            except ValueError:
                right = False
            kind = "a whole number" if whole else "a number"
            return plain if right else wrong(f"{text!r} is not {kind} from {least} to {most}")

        return float(self.answer(what, None if given is None else str(given), understood, usual))

    def tell(self, sentence: str) -> None:
        """A sentence under the contract, in lines that fit."""
        self._say(fill(sentence, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def answer(
        self, question: str, given: str | None, understood: Callable[[str], str], usual: str = ""
    ) -> str:
        """The answer as `understood`, which says by a ValueError what is wrong with it."""
        if given is not None:
            return understood(given)
        if self._read is None:
            if usual:
                return usual
            raise ValueError(f"{question.split(' (')[0].lower()} is missing")
        while True:
            text = self._read(f"{question}{f' [{usual}]' if usual else ''}: ").strip() or usual
            try:
                return understood(text)
            except ValueError as error:
                self._say(fill(str(error), WIDTH))

    def one_of(
        self,
        what: str,
        given: str | None,
        names: Sequence[str],
        others: Mapping[str, str] | None = None,
    ) -> str:
        """One of some names: by its number, its name, or a part of it that only one has.

        `others` are names that are none of them, and why.
        """
        if given is None and self._read is not None:
            for number, name in enumerate(names, 1):
                self._say(f"  {number:>2}  {name}")

        def understood(text: str) -> str:
            if text.isdecimal() and 1 <= int(text) <= len(names):
                return names[int(text) - 1]
            exact = [name for name in names if _plain(name) == _plain(text)]
            found = exact
            if not exact and len(text) >= LEAST_PART:
                found = [name for name in names if _plain(text) in _plain(name)]
            if len(found) == 1:
                return found[0]
            if not text:
                return wrong("Type a number, or a name or a part of it.")
            why = [
                f"{name} {said}; "
                for name, said in (others or {}).items()
                if len(text) >= LEAST_PART and _plain(text) in _plain(name)
            ]
            head = "" if why and not found else f"{what.split(' (')[0]} {text!r}: "
            told = found or names
            return wrong(f"{''.join(why)}{head}there are {', '.join(told)}")

        if given is None and len(names) == 1:
            return names[0]
        return self.answer(what, given, understood)

    def yes(self, question: str, given: bool | None) -> bool:
        """The answer; no where nobody is asked."""
        if given is not None:
            return given
        while self._read is not None:
            said = self._read(f"{question} [y/N]: ").strip().lower()
            if said[:1] in ("", "n"):
                return False
            if said[:1] in ("y", "j", "o"):
                return True
            self._say("Type y or n.")
        return False


def wrong(sentence: str) -> str:
    """ValueError with a sentence, where a value is expected."""
    raise ValueError(sentence)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower())
