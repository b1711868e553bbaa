"""The matrix as lines on a terminal, and as the table of docs/reliability.md."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from base.version import VERSION
from tests.faults.fault import Row, Verdict

DOC = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def line(row: Row) -> str:
    """One fault on a few short lines."""
    return (
        f"{row.fault.source}: {row.fault.injected}\n"
        f"    {row.verdict}: {row.outcome.happened}{_took(row, '; recovered after ')}"
    )


def tally(rows: Sequence[Row]) -> str:
    """The numbers of promises held and tested, and of those that could not be tested."""
    held, unplayed = (
        sum(row.verdict is verdict for row in rows) for verdict in (Verdict.HELD, Verdict.UNPLAYED)
    )
    rest = f", {unplayed} not played here" if unplayed else ""
    return f"{held} of {len(rows) - unplayed} held{rest}"


def table(rows: Sequence[Row], now: datetime) -> str:
    """The matrix in Markdown, with its date and version."""
    made = f"{now:%Y-%m-%d}, version {VERSION}, Python {platform.python_version()}"
    head = f"{tally(rows)}. Made by `./do_py.sh faults --write` on {made}."
    lines = [
        head,
        "",
        "| from | injected | promised | happened | recovered after |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        fault, happened = row.fault, row.outcome.happened
        if row.verdict is not Verdict.HELD:
            happened = f"{row.verdict}: {happened}"
        cells = (fault.source, fault.injected, fault.promised, happened, _took(row) or "at once")
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def write(rows: Sequence[Row]) -> None:
    """Write the table to docs/reliability.md, instead of the last one."""
    text = DOC.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{table(rows, datetime.now(UTC))}\n{END}{after}"
    DOC.write_text(new, encoding="utf-8")


def _took(row: Row, before: str = "") -> str:
    took_s = row.outcome.recovered_s
    return "" if took_s is None else f"{before}{took_s:.1f} s"
