"""The sentences that the code marks for translation, found in its syntax."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from base.catalogue import LOCALES, REASONS, SCREENS, SETUP

ROOT = LOCALES.parent
ROOMS = (
    "apps", "base", "bs", "ev", "notify", "p1", "peak", "plan", "rates", "screen", "web",
)  # fmt: skip
FILES = ("bs_app.py", "dm.py", "ev_app.py", "mqtt_app.py")
SPOKEN, TRAVELLING = ("say", "many"), ("phrase",)
ALL = (*SPOKEN, *TRAVELLING)


def modules(rooms: tuple[str, ...] = ROOMS) -> list[Path]:
    """Every module of these rooms that may hold sentences, and of all but setup the programs."""
    found = [path for room in rooms for path in sorted((ROOT / room).glob("**/*.py"))]
    return [*found, *(ROOT / name for name in FILES)] if rooms == ROOMS else found


@cache
def marked(names: tuple[str, ...], rooms: tuple[str, ...] = ROOMS) -> Mapping[str, str]:
    """The sentences given to these functions, each with the file where it stands.

    Those with a plural are joined as in a catalogue.
    """
    return {key: str(path.relative_to(ROOT)) for path in modules(rooms) for key in _in(path, names)}


def catalogues() -> Mapping[str, Mapping[str, str]]:
    """What each catalogue must hold."""
    return {
        SCREENS: marked(SPOKEN),
        REASONS: marked(TRAVELLING),
        SETUP: marked(ALL, ("setup",)),
    }


def _in(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if name in names:
            texts = [_text(arg) for arg in node.args[: 2 if name == "many" else 1]]
            if all(texts):
                yield "\0".join(texts)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
