"""Prints every speed and size figure this program promises, beside its target.

A run of all of them also writes docs/performance.md.
"""

import argparse
import importlib
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import small
from bench.result import Result

SKIPPED = {"__init__", "__main__", "process", "result"}
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
aiohttp by whoever asks over HTTP.

**Wheels.** For aarch64 (64-bit Raspberry Pi OS) every package has one on PyPI. For armv7 (32-bit)
all but three have: numpy and cffi come from piwheels, which Raspberry Pi OS is set to; highspy is
not to be had there, is left out, and the plan in plain NumPy takes over.
"""


def names() -> list[str]:
    """The benches there are, by module name."""
    here = Path(__file__).parent
    return sorted({path.stem for path in here.glob("*.py")} - SKIPPED)


def line(result: Result) -> str:
    """One figure as one line."""
    target = f"   target {result.target}" if result.target else ""
    beside = f"   {result.beside}" if result.beside else ""
    return f"  {result.name:<58} {result.value:>12,.2f} {result.unit:<8}{target}{beside}"


def page(found: Mapping[str, Sequence[Result]], now: datetime, table: str) -> str:
    """All figures as a document."""
    others = ", ".join(sorted(set(names()) - set(found)))
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


def main() -> None:
    """Runs the benches named, or all, one after the other: they share the machine's cores."""
    parser = argparse.ArgumentParser(prog="./do_py.sh bench", description=__doc__)
    parser.add_argument("bench", nargs="*", help=f"which: {', '.join(names())} (default: all)")
    parser.add_argument("--page", action="store_true", help="write the page of those named, too")
    typed = parser.parse_args()
    chosen, writes = typed.bench or names(), typed.page or not typed.bench
    if unknown := set(chosen) - set(names()):
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(names())}")
    now = datetime.now(UTC)
    print(f"{now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.machine()}")
    found: dict[str, Sequence[Result]] = {}
    table = small.table() if writes else ""
    for name in chosen:
        print(f"\n{name}: {_title(name)}")
        began_s = time.monotonic()
        try:
            found[name] = list(importlib.import_module(f"bench.{name}").run())
        except FileNotFoundError as error:
            missing = error.filename and f"there is no {error.filename}: set DM_SHARED"
            print(f"  not run: {missing or error}")
            continue
        for result in found[name]:
            print(line(result))
        print(f"  in {time.monotonic() - began_s:.0f} s", flush=True)
        if writes:
            PAGE.write_text(page(found, now, table), encoding="utf-8")


if __name__ == "__main__":
    main()
