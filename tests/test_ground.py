"""What the whole tree shares is defined in one place of base/."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ONCE = {
    "the zone": re.compile(r"ZoneInfo\(\"Europe/Brussels\"\)"),
    "the quarter": re.compile(r"^_?QUARTER\w* *(?::[^=]+)?= *timedelta\(", re.MULTILINE),
    "the quarter of an instant": re.compile(r"minute *- *\w+\.minute *% *15|% *900,"),
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
    for name, pattern in ONCE.items():
        assert places(pattern) == {"base/time.py"}, name


_OUTSIDE = (".venv", "tests")
