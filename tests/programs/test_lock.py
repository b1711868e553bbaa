"""Only the reviewed packages are installed: each pin has its hashes, and pip enforces them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(path: Path) -> dict[str, tuple[Requirement, list[str]]]:
    """Each requirement of a file by its name, with its hashes."""
    found: dict[str, tuple[Requirement, list[str]]] = {}
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    for line in filter(None, (line.partition("#")[0].strip() for line in lines)):
        what = Requirement(line.partition(" --hash")[0].strip())
        found[canonicalize_name(what.name)] = what, _HASH.findall(line)
    return found


def version(what: Requirement) -> str:
    """The pinned version. Fails without a pin."""
    assert re.fullmatch(r"==[^*,]+", str(what.specifier)), f"{what} is not pinned"
    return str(what.specifier)


def here(what: Requirement) -> bool:
    """True if the marker applies to Linux at all."""
    return what.marker is None or what.marker.evaluate(
        {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.11"}
    )


@pytest.mark.parametrize(
    "folder", [ROOT, ROOT / "tests", ROOT / "backtest"], ids=["program", "tests", "many homes"]
)
def test_each_pin_is_in_the_lock_with_its_hashes(folder: Path) -> None:
    """If this fails after a change of requirements.txt: ./do_py.sh lock."""
    pins, lock = entries(folder / "requirements.txt"), entries(folder / "requirements.lock")
    assert pins
    for name, (pin, _) in pins.items():
        assert name in lock, f"{name} is not in the lock"
        assert version(lock[name][0]) == version(pin)
    for name, (what, hashes) in lock.items():
        assert version(what)
        assert hashes, f"{name} has no hash"


def test_the_program_pins_all_that_it_installs() -> None:
    """A 32-bit system, which installs without the lock, gets the same versions."""
    pins, lock = entries(ROOT / "requirements.txt"), entries(ROOT / "requirements.lock")
    assert {name for name, (what, _) in lock.items() if here(what)} == set(pins)


def test_both_locks_agree() -> None:
    program, tests = (
        entries(ROOT / folder / "requirements.lock") for folder in (".", "tests")
    )  # fmt: skip
    for name in program.keys() & tests.keys():
        assert version(program[name][0]) == version(tests[name][0])
        assert program[name][1] == tests[name][1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the real do_py.sh, two pins, and a Python that prints the arguments of pip."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    says = 'echo "$@"; while [ $# -gt 0 ]; do [ "$1" = -r ] && cat "$2"; shift; done'
    python.write_text(
        f'#!/bin/sh\n{{ {says}; }} >> "{tmp_path}/told"\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    (tmp_path / "do_py.sh").write_bytes((ROOT / "do_py.sh").read_bytes())
    (tmp_path / "requirements.txt").write_text("rich==15.0.0\nhighspy==1.16.0; a\n")
    (tmp_path / "requirements.lock").write_text("rich==15.0.0 --hash=x\nhighspy==1.16.0 --hash=x\n")
    (tmp_path / "dm.py").touch()
    return tmp_path


def installed(project: Path, bits: int) -> str:
    """The arguments of pip on a system of this word size."""
    getconf = project / "getconf"
    getconf.write_text(f"#!/bin/sh\necho {bits}\n", encoding="utf-8")
    getconf.chmod(0o755)
    subprocess.run(
        ["bash", str(project / "do_py.sh"), "x.py"],
        capture_output=True, check=True, env={"PATH": f"{project}:/usr/bin:/bin"},
    )  # fmt: skip
    return (project / "told").read_text(encoding="utf-8")


def test_pip_is_held_to_the_hashes(project: Path) -> None:
    told = installed(project, 64)
    assert "--require-hashes -r requirements.lock" in told
    assert "highspy==1.16.0 --hash=x" in told


def test_a_32_bit_system_gets_the_same_versions_as_piwheels_builds_them(project: Path) -> None:
    told = installed(project, 32)
    assert "--require-hashes" not in told
    assert "rich==15.0.0\n" in told
    assert "highspy" not in told


def test_pip_refuses_another_file(tmp_path: Path) -> None:
    """A file with the same name and version but other content is not installed."""
    (tmp_path / "x-1-py3-none-any.whl").write_bytes(b"not what was looked at")
    (tmp_path / "x.lock").write_text(f"x==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps"]
    done = subprocess.run(
        [*pip, "--require-hashes", "--find-links", str(tmp_path), "-r", str(tmp_path / "x.lock")],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "DO NOT MATCH THE HASHES" in done.stderr
