"""The programs' version is stated once and is the latest in the changelog."""

import re
from pathlib import Path

from base.version import VERSION

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
RELEASE = re.compile(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_is_the_newest_of_the_changelog() -> None:
    unreleased, *releases = HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert unreleased == "Unreleased"
    assert all(RELEASE.fullmatch(one) for one in releases)
    assert releases[0].split(" - ")[0] == VERSION
    assert releases == sorted(releases, key=_numbers, reverse=True)


def _numbers(heading: str) -> list[int]:
    return [int(part) for part in heading.split(" - ")[0].split(".")]


def test_the_changelog_sorts_changes_by_kind() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for version in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", version, re.MULTILINE)
        assert set(kinds) <= KINDS
        assert len(kinds) == len(set(kinds)), "two branches made the same heading"
        before = version.partition("### ")[0]
        assert not re.search(r"^- ", before, re.MULTILINE), "a change under no kind"


def test_no_other_file_states_a_version() -> None:
    stated = re.compile(r"^VERSION = [\"']|^version = [\"']", re.MULTILINE)
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.toml"), *ROOT.glob("apps/**/*.py")]
    assert [path.name for path in files if stated.search(path.read_text("utf-8"))] == []
