"""Text from outside, made safe for a terminal, a page, a log and a file: one line, printable.

A name, title, sentence or serial number from outside passes through here once, on arrival. Control
characters would drive a terminal or forge a log line, bidirectional marks would reorder the text on
the screen.
"""

import re

from base.language import phrase

CHARGING, BATTERY = phrase("Car charging"), phrase("Home battery")
_SPACE = re.compile(r"\s+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def clean(text: str, most: int | None = None) -> str:
    """The text on one line in printable characters, at most `most` of them, ends stripped.

    Line breaks, tabs and other controls become one space; invisible marks (bidirectional,
    zero-width, surrogates, private use) are dropped.
    """
    if not (text.isprintable() and "  " not in text):
        spaced = "".join(" " if _breaks(each) else each for each in text)
        text = _SPACE.sub(" ", "".join(each for each in spaced if each.isprintable()))
    return text.strip()[:most]


def plain(text: str) -> str:
    """Only letters, digits, dot, dash and underscore: safe in a path, a rule file or a command."""
    return _UNSAFE.sub("", text)


def spoken(name: str) -> str:
    """The householder's name of a program, to begin a sentence: Car charging, Home battery.

    The name of a second one is followed by its number: "Car charging ev2". Third parties keep their
    name.
    """
    for program, called in (("ev", CHARGING), ("bs", BATTERY)):
        if name == program:
            return called
        if name.startswith(program) and name[len(program) :].isdecimal():
            return f"{called} {name}"
    return name


def masked(text: str) -> str:
    """An id with its middle hidden, for screens and logs: 1SAG…1605."""
    kept = min(4, len(text) // 3)
    return f"{text[:kept]}…{text[len(text) - kept :]}"


def _breaks(character: str) -> bool:
    return character.isspace() or character < " " or "\x7f" <= character < "\xa0"


def reason(error: Exception) -> str:
    """What went wrong, without Python's number: "File exists: /home/pi/a_file"."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error) or type(error).__name__
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
