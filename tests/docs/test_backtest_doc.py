"""The back-test page matches the code versions that it names."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backtest.__main__ import PAGE, commands, remade
from tests.docs.commands import ROOT

VERSIONS = re.compile(r"Strategies and their versions: (.*?); HiGHS [\d.]+; commit (\w+)\.", re.S)
ALONE = re.compile(r"^(ours \w+); HiGHS [\d.]+; commit (\w+)$", re.M)
ASK = "import json; from backtest.jobs import versions; print(json.dumps(dict(versions())))"


def named(page: str) -> set[tuple[str, str]]:
    """Each list of strategy versions on the page, on one line, with its commit."""
    found = VERSIONS.findall(re.sub(r"\n +", " ", page))
    return {(" ".join(versions.split()), commit) for versions, commit in found} | {
        (version, commit) for version, commit in ALONE.findall(page)
    }


def test_a_block_holds_what_its_command_says() -> None:
    """Blocks of other commands are not changed."""
    page = (
        "# T\n\n```\n$ ./do_py.sh one \\\n      --two\nold\n```\n\n```\n$ ./do_py.sh three\n```\n"
    )
    assert [*commands(page)] == ["./do_py.sh one \\\n      --two", "./do_py.sh three"]
    made = remade(page, lambda command: f"{len(command)}\n", "one")
    assert made == page.replace("old\n", "28\n")
    assert remade(page, lambda _: "new\n").count("new\n```") == 2


@pytest.mark.parametrize("told", sorted(named(PAGE.read_text(encoding="utf-8"))))
def test_the_versions_are_those_of_the_commit(told: tuple[str, str], tmp_path: Path) -> None:
    """The named commit contains the code that made the table."""
    versions, commit = told
    packed = subprocess.run(("git", "-C", str(ROOT), "archive", commit), capture_output=True)
    if packed.returncode:
        pytest.skip(f"commit {commit} is not in this clone")
    subprocess.run(("tar", "-x", "-C", str(tmp_path)), input=packed.stdout, check=True)
    asked = subprocess.run((sys.executable, "-c", ASK), cwd=tmp_path, capture_output=True)
    of_then = json.loads(asked.stdout)
    known = [f"{name} {version}" for name, version in of_then.items()]
    assert versions in (", ".join(known), *known)
