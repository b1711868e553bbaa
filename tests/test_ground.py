"""Shared definitions of the tree are in one place of base/."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from rates.prices import registry as prices

ROOT = Path(__file__).parent.parent
TIME = {
    "the zone": re.compile(r"ZoneInfo\(\"Europe/Brussels\"\)"),
    "the quarter": re.compile(r"^_?QUARTER\w* *(?::[^=]+)?= *timedelta\(", re.MULTILINE),
    "the quarter of an instant": re.compile(r"minute *- *\w+\.minute *% *15|% *900,"),
}

LIMITS = {
    name: re.compile(rf"^_?{name}\b[^=\n]*=|^[A-Z_, ]*\b{name}\b[A-Z_, ]* = ", re.MULTILINE)
    for name in ("STALE_S", "LEAST_A", "VOLT", "NOT_A_LIMIT_KW")
}


def places(pattern: re.Pattern[str]) -> set[str]:
    """The product files that contain this."""
    sources = (
        path for path in ROOT.glob("**/*.py") if path.relative_to(ROOT).parts[0] not in _OUTSIDE
    )
    return {
        str(path.relative_to(ROOT))
        for path in sources
        if pattern.search(path.read_text(encoding="utf-8"))
    }


def test_time_is_defined_once() -> None:
    """Quarter, time zone and quarter of an instant are defined in base/time.py alone."""
    for name, pattern in TIME.items():
        assert places(pattern) == {"base/time.py"}, name


def test_limits_are_defined_once() -> None:
    """The age of stale data, the minimum current, the voltage and "no limit" are in
    base/limits.py.
    """
    for name, pattern in LIMITS.items():
        assert places(pattern) == {"base/limits.py"}, name


def wide_dataclasses(source: str) -> Iterator[str]:
    """Dataclasses with more than four fields that accept positional arguments."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        made = [text for each in node.decorator_list if "dataclass" in (text := ast.unparse(each))]
        fields = [
            each
            for each in node.body
            if isinstance(each, ast.AnnAssign) and not _NOT_ARGUMENTS.search(ast.unparse(each))
        ]
        if made and len(fields) > 4 and "kw_only=True" not in made[0]:
            yield node.name


def test_a_wide_dataclass_is_called_with_keywords() -> None:
    """Above four fields a dataclass is keyword-only, in the products and in the tests."""
    paths = (path for path in ROOT.glob("**/*.py") if not {".venv", ".prove"} & set(path.parts))
    wide = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in wide_dataclasses(path.read_text(encoding="utf-8"))
    }
    assert not wide


def test_a_wide_dataclass_by_position_is_found() -> None:
    """Five fields with a bare or called decorator are found; four fields or a plain class are
    not.
    """
    five = "class A:\n    a: int\n    b: int\n    c: int\n    d: int\n    e: int\n"
    assert list(wide_dataclasses(f"@dataclass\n{five}")) == ["A"]
    assert list(wide_dataclasses(f"@dataclasses.dataclass(slots=True)\n{five}")) == ["A"]
    assert not list(wide_dataclasses(f"@dataclass(kw_only=True)\n{five}"))
    assert not list(wide_dataclasses(f"@dataclass\n{five.replace('    e: int', '    z = 1')}"))
    assert not list(wide_dataclasses(five))


def test_who_walks_the_registries_names_no_kind() -> None:
    """Settings, apps, install and doctor use the registries: a new kind changes none of them."""
    kinds = {kind for rows in REGISTRIES for kind in rows} - PLAIN_WORDS
    named = {
        f"{path.relative_to(ROOT)}: {node.value}"
        for folder in ("apps", "setup")
        for path in (ROOT / folder).glob("**/*.py")
        if path.parent.name != "demo"  # it selects its devices
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in kinds
    }
    assert not named


def test_a_registry_describes_each_of_its_kinds() -> None:
    """A row is registered under its own kind, has a help line, and names existing settings."""
    for rows in REGISTRIES:
        for kind, row in rows.items():
            assert row.kind == kind
            assert row.help
            assert set(row.asks) <= set(row.settings.model_fields)


PLAIN_WORDS = {"push", "command", "sim", "homeassistant"}
"""Kinds that have another meaning too: an MQTT topic, a message on the wire."""
REGISTRIES = (batteries.FAMILIES, cars.FAMILIES, chargers.FAMILIES, prices.FAMILIES)
_NOT_ARGUMENTS = re.compile(r"ClassVar|init=False")
_OUTSIDE = (".venv", ".prove", "tests")
