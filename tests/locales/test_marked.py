"""Each text shown on a screen, the page, a notification or by doctor is marked.

This covers errors of devices and services, wrong settings, notices, and log lines shown as events.
A text passed to one of these must be in `phrase` or `clause`; otherwise no catalogue contains it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.locales.sources import FILES, ROOMS, ROOT, modules

ERRORS = {
    "AbsentError", "BusyError", "ChargerError", "ConfigError", "DeviceError", "IgnoredError",
    "LineError", "MissingPriceError", "MissingTableError", "NonsenseError", "OverruledError",
    "RatesError", "RefusedError", "SettingError", "TransientError", "UnreachableError", "WebError",
}  # fmt: skip
LOGGED = {"error", "info", "log", "warning"}
TOLD = {"tell", "_tell"}
"""Functions that a part gets to log an event."""
SHOWN = {"notice", "text", "why"}
"""Fields of messages and states that are shown to users."""
MARKS = {"clause", "phrase", "say", "setting"}
ELSEWHERE = ("apps/demo/", "apps/mqtt/", "apps/whatif/", "mqtt_app.py")
"""Programs without a screen, whose log is not translated."""


def shown(call: ast.Call) -> Iterator[ast.expr]:
    """Arguments of this call that users read."""
    called = call.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    owner = getattr(getattr(called, "value", None), "id", "")
    if name in ERRORS | TOLD or (owner == "log" and name in LOGGED):
        yield from call.args
    for keyword in call.keywords:
        if keyword.arg in SHOWN and name not in MARKS:
            yield keyword.value


def bare(node: ast.expr) -> Iterator[str]:
    """Texts in this expression that contain words and are not marked."""
    match node:
        case ast.Constant(value=str() as text):
            if wordy(text):
                yield text
        case ast.JoinedStr(values=parts):
            text = "{}".join(str(each.value) for each in parts if isinstance(each, ast.Constant))
            if wordy(text):
                yield text
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from (*bare(one), *bare(other))
        case ast.BoolOp(values=several):
            for each in several:
                yield from bare(each)


def wordy(text: str) -> bool:
    """True if the text contains a space and a word beside its placeholders."""
    return " " in text and re.search(r"[a-z]{2,}", re.sub(r"%\S*", "", text)) is not None


def unmarked(path: Path) -> list[tuple[int, str]]:
    """Line and text of each unmarked text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [(call.lineno, text) for call in calls for node in shown(call) for text in bare(node)]


@pytest.mark.parametrize("room", [*ROOMS, "setup"])
def test_every_text_that_is_shown_is_marked(room: str) -> None:
    found = {
        f"{name}:{line}": text
        for path in modules((room,))
        if path.name != "sample.py"
        and not (name := str(path.relative_to(ROOT))).startswith(ELSEWHERE)
        for line, text in unmarked(path)
    }
    assert not found


@pytest.mark.parametrize("name", FILES)
def test_every_text_of_a_program_is_marked(name: str) -> None:
    assert name in ELSEWHERE or not unmarked(ROOT / name)


@pytest.mark.parametrize(
    "code",
    [
        'raise LineError(name, "does not answer.")',
        'raise RefusedError(f"refuses {key}", 3)',
        'log.info("%s is here", name)',
        'log.warning("The one" if one else phrase("the other"))',
        'Values(phase=phase, notice="" if well else f"reports {error}")',
        'raise ConfigError(f"{name}: this is wrong")',
    ],
)
def test_a_forgotten_mark_is_found(code: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(code)
    assert len(unmarked(file)) == 1
