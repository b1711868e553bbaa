"""Sentences that the code marks for translation, found in its syntax tree."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from base.catalogue import CLAUSES, LOCALES, REASONS, SCREENS, SETTINGS, SETUP
from base.language import whole

ROOT = LOCALES.parent
ROOMS = (
    "apps", "base", "bs", "ev", "notify", "p1", "peak", "plan", "rates", "screen",
    "store", "sun", "web",
)  # fmt: skip
FILES = ("bs_app.py", "dm.py", "ev_app.py", "mqtt_app.py", "my_socket.py")
SPOKEN, TRAVELLING, CLAUSE, SETTING = ("say", "many"), ("phrase",), ("clause",), ("setting",)
ALL = (*SPOKEN, *TRAVELLING, *CLAUSE, *SETTING)


def modules(rooms: tuple[str, ...] = ROOMS) -> list[Path]:
    """All modules of these packages; by default also the programs."""
    found = [path for room in rooms for path in sorted((ROOT / room).glob("**/*.py"))]
    return [*found, *(ROOT / name for name in FILES)] if rooms == ROOMS else found


def marked(names: tuple[str, ...], rooms: tuple[str, ...] = ROOMS) -> Mapping[str, str]:
    """Sentences passed to these functions, each with its file.

    Singular and plural forms are joined as in a catalogue.
    """
    return {key: where for name, key, where in _sentences(rooms) if name in names}


def travelling() -> tuple[str, ...]:
    """Sentences that are sent in messages and translated by the reader."""
    return (*marked(TRAVELLING), *map(whole, marked(CLAUSE)))


def catalogues() -> Mapping[str, Mapping[str, str]]:
    """The entries that each catalogue must have."""
    return {
        SCREENS: marked(SPOKEN),
        REASONS: marked(TRAVELLING),
        CLAUSES: marked(CLAUSE),
        SETTINGS: marked(SETTING),
        SETUP: marked(ALL, ("setup",)),
    }


@cache
def _sentences(rooms: tuple[str, ...]) -> Sequence[tuple[str, str, str]]:
    """All calls that mark a sentence, as (function, sentence, file)."""
    return [
        (name, key, str(path.relative_to(ROOT)))
        for path in modules(rooms)
        for name, key in _in(path)
    ]


def _in(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if name in ALL:
            texts = [_text(arg) for arg in node.args[: 2 if name == "many" else 1]]
            if all(texts):
                yield name, "\0".join(texts)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
