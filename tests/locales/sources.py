"""The sentences that the code marks for translation, found in its syntax."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from base.catalogue import LOCALES, REASONS, SCREENS

ROOT = LOCALES.parent
ROOMS = ("apps", "base", "bs", "ev", "notify", "peak", "plan", "rates", "screen", "web")
FILES = ("bs_app.py", "dm.py", "ev_app.py", "mqtt_app.py")
SPOKEN, TRAVELLING = ("say", "many"), ("phrase",)
CATALOGUES = {SCREENS: SPOKEN, REASONS: TRAVELLING}


def modules() -> list[Path]:
    """Every module that may hold sentences."""
    rooms = [path for room in ROOMS for path in sorted((ROOT / room).glob("**/*.py"))]
    return [*rooms, *(ROOT / name for name in FILES)]


@cache
def marked(names: tuple[str, ...]) -> Mapping[str, str]:
    """The sentences given to these functions, each with the file where it stands.

    Those with a plural are joined as in a catalogue.
    """
    return {key: str(path.relative_to(ROOT)) for path in modules() for key in _in(path, names)}


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
