"""The documents are true: every link leads somewhere; test_commands.py runs their commands."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.commands import DOCUMENTS, ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ABOUT_ELSEWHERE = ("http://", "https://", "mailto:")


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


def test_the_crontab_line_of_the_readme_is_the_one_that_install_writes() -> None:
    from setup.texts import reboot_line

    assert reboot_line(Path("/home/pi/digital_meter")) in (ROOT / "README.md").read_text()


def test_the_help_of_the_door_names_what_the_readme_shows() -> None:
    done = subprocess.run(
        ["./do_py.sh", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for word in ("demo", "install", "doctor", "upgrade", "uninstall", "p1", "test", "bench"):
        assert f"\n  {word} " in done.stdout
