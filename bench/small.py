"""Cost on a small machine: packages on disk, seconds to import, memory once imported.

Only the packages that dm itself loads count for dm; likewise ev and bs. Each is a process of its
own.
"""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from bench.result import Result

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("dm", "ev_app", "bs_app")
CODE = """
import os, sys, time
began = time.perf_counter()
import {program}
took = time.perf_counter() - began
rss = next(l.split()[1] for l in open("/proc/self/status") if l.startswith("VmRSS"))
top = sorted({{name.partition(".")[0] for name in sys.modules}})
print(took, rss, ",".join(top))
"""


def run() -> list[Result]:
    """s, MB and MB on disk."""
    results = []
    for program in PROGRAMS:
        seconds, memory_mb, packages = imported(program)
        disk_mb = sum(size_mb(name) for name in packages)
        results += [
            Result(name=f"{program}: import", value=seconds, unit="s"),
            Result(name=f"{program}: memory once imported", value=memory_mb, unit="MB"),
            Result(name=f"{program}: {len(packages)} packages on disk", value=disk_mb, unit="MB"),
        ]
    everything = sum(size_mb(name) for name in required())
    return [*results, Result(name="all of requirements.txt on disk", value=everything, unit="MB")]


def imported(program: str) -> tuple[float, float, list[str]]:
    """The quickest of three imports, memory, and the required packages that were loaded."""
    seconds, memory_mb, modules = 1e9, 0.0, set[str]()
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", CODE.format(program=program)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        took, rss_kb, names = done.stdout.split()
        seconds, memory_mb = min(seconds, float(took)), int(rss_kb) / 1024
        modules = set(names.split(","))
    return seconds, memory_mb, [name for name in required() if tops(name) & modules]


def required() -> list[str]:
    """The packages of requirements.txt that are installed here."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = [re.split(r"[=;]", line)[0].strip() for line in lines if line and line[0] != "#"]
    return [name for name in names if size_mb(name)]


def tops(name: str) -> set[str]:
    """The names under which a package is imported."""
    files = distribution(name).files or []
    return {file.parts[0].removesuffix(".py") for file in files if "-info" not in file.parts[0]}


def size_mb(name: str) -> float:
    """Size of the package on disk; 0 when it is not installed."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0.0
    there = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in there if path.exists()) / 1e6


def table() -> str:
    """The packages that each program loads, with their size: for docs/performance.md."""
    loaded = {program: set(imported(program)[2]) for program in PROGRAMS}
    rows = ["| package | MB | " + " | ".join(PROGRAMS) + " |", "|---|---|---|---|---|"]
    for name in sorted(required(), key=size_mb, reverse=True):
        marks = " | ".join("x" if name in loaded[program] else "" for program in PROGRAMS)
        if marks.strip(" |"):
            rows.append(f"| {name} | {size_mb(name):.1f} | {marks} |")
    return "\n".join(rows)
