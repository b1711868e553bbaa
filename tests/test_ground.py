"""What the whole tree shares is defined in one place of base/."""

import re
from pathlib import Path

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
    """The product files in which it stands."""
    sources = (
        path for path in ROOT.glob("**/*.py") if path.relative_to(ROOT).parts[0] not in _OUTSIDE
    )
    return {
        str(path.relative_to(ROOT))
        for path in sources
        if pattern.search(path.read_text(encoding="utf-8"))
    }


def test_time_is_defined_once() -> None:
    """The quarter, the zone and the quarter of an instant stand in base/time.py alone."""
    for name, pattern in TIME.items():
        assert places(pattern) == {"base/time.py"}, name


def test_limits_are_defined_once() -> None:
    """What is stale, the least current, the voltage and "no limit" stand in base/limits.py."""
    for name, pattern in LIMITS.items():
        assert places(pattern) == {"base/limits.py"}, name


_OUTSIDE = (".venv", ".prove", "tests")
