"""Questions of a dialogue on a terminal: a text, a number, a name of a list, yes or no."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from textwrap import fill

from base.language import ENGLISH, Language, phrase

WIDTH = 79
LEAST_PART = 3  # letters of a name
Read = Callable[[str], str]
Say = Callable[[str], object]


class Asker:
    """Repeats the question until the answer is understood. Answers on the command line are not
    asked again.

    Without `read` nothing is asked: a missing answer is the usual one, or a ValueError.
    """

    def __init__(self, read: Read | None, say: Say, language: Language = ENGLISH) -> None:
        """Sentences made by `phrase` are printed in this language."""
        self._read, self._print, self._language = read, say, language

    def say(self, sentence: str) -> None:
        """Print a line unchanged."""
        self._print(self._language.read(sentence))

    def _asked(self, question: str, usual: str) -> str:
        assert self._read is not None
        return self._read(f"{self._language.read(question)}{usual}: ").strip()

    @property
    def asks(self) -> bool:
        """True if questions can be asked."""
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
            values = {"text": repr(text), "least": least, "most": most}
            if right:
                return plain
            if whole:
                return wrong(
                    phrase("{text} is not a whole number from {least:g} to {most:g}", **values)
                )
            return wrong(phrase("{text} is not a number from {least:g} to {most:g}", **values))

        return float(self.answer(what, None if given is None else str(given), understood, usual))

    def tell(self, sentence: str) -> None:
        """A sentence under the contract, in lines that fit."""
        told = self._language.read(sentence)
        self._print(fill(told, WIDTH, initial_indent="  ", subsequent_indent="  "))

    def answer(
        self, question: str, given: str | None, understood: Callable[[str], str], usual: str = ""
    ) -> str:
        """The answer after `understood`, which raises ValueError for a wrong one."""
        if given is not None:
            return understood(given)
        if self._read is None:
            if usual:
                return usual
            raise ValueError(phrase("{what} is missing", what=question.split(" (")[0].lower()))
        while True:
            text = self._asked(question, f" [{usual}]" if usual else "") or usual
            try:
                return understood(text)
            except ValueError as error:
                self._print(fill(self._language.read(str(error)), WIDTH))

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
                self._print(f"  {number:>2}  {name}")

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
                return wrong(phrase("Type a number, or a name or a part of it."))
            why = [
                f"{name} {said}; "
                for name, said in (others or {}).items()
                if len(text) >= LEAST_PART and _plain(text) in _plain(name)
            ]
            head = "" if why and not found else f"{what.split(' (')[0]} {text!r}: "
            told = found or names
            there = phrase("the choices are {names}", names=", ".join(told))
            return wrong(f"{''.join(why)}{head}{there}")

        if given is None and len(names) == 1:
            return names[0]
        return self.answer(what, given, understood)

    def yes(self, question: str, given: bool | None) -> bool:
        """The answer; no when questions cannot be asked."""
        if given is not None:
            return given
        while self._read is not None:
            said = self._asked(question, " [y/N]").lower()
            if said[:1] in ("", "n"):
                return False
            if said[:1] in ("y", "j", "o"):
                return True
            self.say(phrase("Type y or n."))
        return False


def wrong(sentence: str) -> str:
    """ValueError with a sentence, where a value is expected."""
    raise ValueError(sentence)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower())
