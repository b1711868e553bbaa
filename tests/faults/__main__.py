"""Plays the fault matrix against the real programs and prints the table.

`--write` puts it in docs/reliability.md with the date and the version. A part of a name or source
(`field 12`, `kill`) plays only those.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults.fault import Fault, Row, Verdict, played
from tests.faults.matrix import MATRIX
from tests.faults.report import line, tally, write


async def play(faults: Sequence[Fault]) -> list[Row]:
    """Play each fault in a separate folder, one after the other; retry late ones at the end.

    A second try has twice the time, and says so.
    """
    rows = [await _row(fault) for fault in faults]
    return [await _row(row.fault, again=True) if row.late else row for row in rows]


async def _row(fault: Fault, *, again: bool = False) -> Row:
    with tempfile.TemporaryDirectory(prefix="dm-fault-") as folder:
        row = await played(fault, Path(folder), 2.0 if again else 1.0)
    if again:
        happened = f"{row.outcome.happened} (at a second try: the first took too long)"
        row = replace(row, outcome=replace(row.outcome, happened=happened))
    print(line(row), flush=True)
    return row


def main() -> int:
    """Return 0 when every promise was held."""
    parser = argparse.ArgumentParser(prog="./do_py.sh faults", description=__doc__)
    parser.add_argument("only", nargs="*", help="play those whose source or fault holds this text")
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    options = parser.parse_args()
    chosen = [fault for fault in MATRIX if _is_meant(fault, options.only)]
    rows = asyncio.run(play(chosen))
    print(f"\n{tally(rows)}")
    if options.write and not options.only:
        write(rows)
    return 1 if any(row.verdict is Verdict.LOST for row in rows) else 0


def _is_meant(fault: Fault, parts: Sequence[str]) -> bool:
    return not parts or any(part in f"{fault.source} {fault.injected}" for part in parts)


if __name__ == "__main__":
    sys.exit(main())
