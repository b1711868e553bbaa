"""All links and paths in the documents exist; test_commands.py runs the commands."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.commands import DOCUMENTS, ROOT
from tests.test_layers import LEVEL

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ABOUT_ELSEWHERE = ("http://", "https://", "mailto:")


NAMED = re.compile(r"`([\w./-]+)`|\b(tests/[\w./-]+)")
ROOMS = {*LEVEL, "docs", "tests"}
MADE_UP = {"dm/v1", "ev/chargers/NAME"}


def named(text: str) -> set[str]:
    """Paths in this repository that a document mentions."""
    found = {(quoted or plain).rstrip("./,") for quoted, plain in NAMED.findall(text)}
    inside = {name for name in found if name.partition("/")[0] in ROOMS and "/" in name}
    return inside | {name for name in found if re.fullmatch(r"[\w/]+\.(py|sh)", name)}


def links() -> list[tuple[Path, str]]:
    found = ((path, target) for path in DOCUMENTS for target in LINK.findall(path.read_text()))
    return [(path, target) for path, target in found if not target.startswith(ABOUT_ELSEWHERE)]


@pytest.mark.parametrize(("path", "target"), links())
def test_every_link_leads_somewhere(path: Path, target: str) -> None:
    name, _, heading = target.partition("#")
    file = path.parent / name if name else path
    assert file.exists(), f"{path.name}: {target}"
    if heading:
        titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {
            re.sub(r"[^\w -]", "", t).strip().lower().replace(" ", "-") for t in titles
        }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_is_named_exists(path: Path) -> None:
    """The changelog is excluded because it describes the past."""
    if path.name != "CHANGELOG.md":
        text = path.read_text(encoding="utf-8")
        assert {name for name in named(text) - MADE_UP if not (ROOT / name).exists()} == set()


def test_the_architecture_names_each_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {room for room in LEVEL if not re.search(rf"`{room}(/|\.py)`", text)} == set()


def test_the_crontab_line_of_the_readme_is_the_one_that_install_writes() -> None:
    from setup.texts import reboot_line

    assert reboot_line(Path("/home/pi/digital_meter")) in (ROOT / "README.md").read_text()


def test_the_help_of_the_door_names_what_the_readme_shows() -> None:
    done = subprocess.run(
        ["./do_py.sh", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for word in ("demo", "install", "doctor", "upgrade", "uninstall", "p1", "test", "bench"):
        assert f"\n  {word} " in done.stdout


MADE = re.compile(r"^\| `((?:history|log)/|[\w.]+\.(?:json|pickle))", re.MULTILINE)
ALSO_MADE = ("ev2.json", "bs2.json", "phones.json", "silence.json", "device_report.txt")


def test_what_the_programs_keep_is_never_offered_to_git() -> None:
    """An upgrade finds no stranger beside the program, and no commit takes a phone's key along."""
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    made = set(MADE.findall(table[table.index("## Files at run time") :]))
    assert {"data.pickle", "history/", "notifications.json"} <= made
    asked = [*sorted(made), *ALSO_MADE]
    command = ["git", "check-ignore", "--no-index", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == asked
