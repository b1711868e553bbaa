"""Prints every speed and size figure this program promises, beside its target."""

import argparse
import importlib
import platform
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result

SKIPPED = {"__init__", "__main__", "result"}


def names() -> list[str]:
    """The benches there are, by module name."""
    here = Path(__file__).parent
    return sorted({path.stem for path in here.glob("*.py")} - SKIPPED)


def line(result: Result) -> str:
    """One figure as one line."""
    target = f"   target {result.target}" if result.target else ""
    return f"  {result.name:<58} {result.value:>12,.2f} {result.unit:<8}{target}"


def main() -> None:
    """Runs the benches named, or all, one after the other: they share the machine's cores."""
    parser = argparse.ArgumentParser(prog="./do_py.sh bench", description=__doc__)
    parser.add_argument("bench", nargs="*", help=f"which: {', '.join(names())} (default: all)")
    chosen = parser.parse_args().bench or names()
    if unknown := set(chosen) - set(names()):
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(names())}")
    now = datetime.now(UTC)
    print(f"{now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.machine()}")
    for name in chosen:
        module = importlib.import_module(f"bench.{name}")
        print(f"\n{name}: {(module.__doc__ or '').strip().splitlines()[0]}")
        for result in module.run():
            print(line(result), flush=True)


if __name__ == "__main__":
    main()
