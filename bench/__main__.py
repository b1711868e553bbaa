"""Prints every speed and size figure of this program, with its target.

A run of all of them also writes docs/performance.md.
"""

import argparse
import importlib
import platform
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import small
from bench.result import Result

SKIPPED = {"__init__", "__main__", "environment", "meter", "planner", "process", "result"}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
HEAD = """# How fast, how small

Made by `./do_py.sh bench` on {when} UTC: Python {python}, {machine}, one run, all figures as they
came; other programs shared the cores, which the slow percentiles show. A ratio to dsmr_parser is
of the same run; the first version's figures are its owner's.{left_out}

A Raspberry Pi 5 is some 2.5 to 3 times slower than such a server, a Pi 4 some 6 to 8 times (an
estimate: run it on yours).
"""
WHEELS = """## On a small machine

What each program loads of the packages in requirements.txt, and their size:

{table}

The others are loaded only by a house that uses them: Google's client by a calendar read with it,
aiohttp by programs that use HTTP.

**Wheels.** For aarch64 (64-bit Raspberry Pi OS) every package has one on PyPI. For armv7 (32-bit)
all but three have: numpy and cffi come from piwheels, which Raspberry Pi OS uses by default;
highspy is not available there, and the plan in plain NumPy replaces it.
"""


def names() -> list[str]:
    """The benches by module name."""
    here = Path(__file__).parent
    return sorted({path.stem for path in here.glob("*.py")} - SKIPPED)


def line(result: Result) -> str:
    """One figure as one line."""
    target = f"   target {result.target}" if result.target else ""
    beside = f"   {result.beside}" if result.beside else ""
    return f"  {result.name:<58} {result.value:>12,.2f} {result.unit:<8}{target}{beside}"


def page(
    found: Mapping[str, Sequence[Result]],
    now: datetime,
    table: str,
    failed: Iterable[str] = (),
) -> str:
    """All figures as a document."""
    others = ", ".join(
        f"{name} (it failed)" if name in failed else name
        for name in sorted(set(names()) - set(found))
    )
    head = HEAD.format(
        when=f"{now:%Y-%m-%d %H:%M}",
        python=platform.python_version(),
        machine=platform.machine(),
        left_out=f" Not run for this page: {others}." if others else "",
    )
    sections = ("\n".join(_section(name, results)) for name, results in found.items())
    return "\n".join([head, *sections, WHEELS.format(table=table)])


def _section(name: str, results: Sequence[Result]) -> Iterator[str]:
    yield f"## {_title(name)}\n"
    yield "| figure | value | | target | beside |\n|---|---:|---|---|---|"
    for one in results:
        yield f"| {one.name} | {one.value:,.2f} | {one.unit} | {one.target} | {one.beside} |"
    yield ""


def _title(name: str) -> str:
    said = (importlib.import_module(f"bench.{name}").__doc__ or "").strip()
    return said.splitlines()[0].rstrip(".")


@dataclass
class Run:
    """The figures of the benches that ran, and why others did not, by name."""

    found: dict[str, Sequence[Result]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def measure(self, name: str, *, quick: bool) -> None:
        """Run the bench and print its figures; an error is printed and kept."""
        print(f"\n{name}: {_title(name)}")
        began_s = time.monotonic()
        module = importlib.import_module(f"bench.{name}")
        try:
            self.found[name] = list(((quick and getattr(module, "quick", None)) or module.run)())
        except FileNotFoundError as error:
            missing = error.filename and f"there is no {error.filename}: set DM_SHARED"
            print(f"  not run: {missing or error}")
            return
        except Exception as error:  # noqa: BLE001 - the other benches go on
            traceback.print_exc()
            self.failed[name] = reason(error)
            print(f"  FAILED: {self.failed[name]}", flush=True)
            return
        for result in self.found[name]:
            print(line(result))
        print(f"  in {time.monotonic() - began_s:.0f} s", flush=True)


def reason(error: Exception) -> str:
    """The first cause, in a line."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the benches named, or all, one after the other: they share the machine's cores.

    The exit code: 1 when one of them failed.
    """
    parser = argparse.ArgumentParser(prog="./do_py.sh bench", description=__doc__)
    parser.add_argument("bench", nargs="*", help=f"which: {', '.join(names())} (default: all)")
    parser.add_argument(
        "--page", action="store_true", help="also write the page when benchmarks are named"
    )
    parser.add_argument(
        "--quick", action="store_true", help="shorten the long benchmarks, and write no page"
    )
    typed = parser.parse_args(argv)
    chosen = typed.bench or names()
    writes = (typed.page or not typed.bench) and not typed.quick
    if unknown := set(chosen) - set(names()):
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(names())}")
    now = datetime.now(UTC)
    print(f"{now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.machine()}")
    run, table = Run(), small.table() if writes else ""
    for name in chosen:
        run.measure(name, quick=typed.quick)
        if writes and run.found:
            PAGE.write_text(page(run.found, now, table, run.failed), encoding="utf-8")
    if run.failed:
        print(f"\nFAILED: {', '.join(run.failed)}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
