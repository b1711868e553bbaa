"""The documents are true: every link leads somewhere, every command in them exists.

Commands that are quick and touch nothing really run; of the others the program, and each option
they use, is checked against its --help; what is the system's own (tmux, apt) is looked at only by
its name.
"""

import re
import shlex
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:\./do_py\.sh|\./startup_cron\.sh|\.venv/bin/python -m [a-z.]+)[^`\n|]*")
ABOUT_ELSEWHERE = ("http://", "https://", "mailto:")
SHELL = ("demo", "test", "bench", "install", "uninstall", "upgrade", "doctor", "lock", "help")

OWN = ("test", "lock", "help", "NAME")


def links() -> list[tuple[Path, str]]:
    found = ((path, target) for path in DOCUMENTS for target in LINK.findall(path.read_text()))
    return [(path, target) for path, target in found if not target.startswith(ABOUT_ELSEWHERE)]


def commands() -> list[str]:
    """Each command line in the documents, once, without its remark."""
    found = (line for path in DOCUMENTS for line in COMMAND.findall(path.read_text("utf-8")))
    lines = {line.split("  #")[0].rstrip("\\ ").strip() for line in found}
    return sorted(line.rstrip(".,;:)") for line in lines)


@lru_cache
def help_of(module: str) -> str:
    """What the program says to --help; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", *module.split(" "), "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


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


@pytest.mark.parametrize("line", commands())
def test_every_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "./startup_cron.sh":
        assert (ROOT / words[0]).stat().st_mode & 0o100
        return
    name, rest = (words[2], words[3:]) if words[0] == ".venv/bin/python" else (words[1], words[2:])
    if name == "websockets":
        done = subprocess.run(
            [sys.executable, "-m", name, "--help"], capture_output=True, check=True
        )
        assert b"uri" in done.stdout
        return
    if name in SHELL:
        assert re.search(rf"\b{name}\b", (ROOT / "do_py.sh").read_text(encoding="utf-8"))
    options = [word.split("=")[0] for word in rest if word.startswith("--")]
    other = " --strategy" if "--strategy" in options else ""  # a page of help of its own
    told = help_of(module_of(name) + other) if options or name not in OWN else ""
    for option in options:
        assert option in told, f"{line}: no such option"


def module_of(name: str) -> str:
    """How the program behind a word of do_py.sh is called."""
    if name in ("install", "uninstall", "upgrade", "doctor"):
        return f"upkeep {name}"
    if (ROOT / "tests" / name / "__main__.py").exists():
        return f"tests.{name}"
    known = {"demo": "sim.demo", "test": "pytest"}
    module = known.get(name, name.removesuffix(".py"))
    path = ROOT / module.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists() or name == "test"
    return module


def test_the_crontab_line_of_the_readme_is_the_one_that_install_writes() -> None:
    from upkeep.texts import reboot_line

    assert reboot_line(Path("/home/pi/digital_meter")) in (ROOT / "README.md").read_text()


def test_the_help_of_the_door_names_what_the_readme_shows() -> None:
    done = subprocess.run(
        ["./do_py.sh", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for word in ("demo", "install", "doctor", "upgrade", "uninstall", "p1", "test", "bench"):
        assert f"\n  {word} " in done.stdout
