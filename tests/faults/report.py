"""The matrix as lines on a terminal, and as the table of docs/reliability.md."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dm import VERSION
from tests.faults.fault import Row

DOC = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def line(row: Row) -> str:
    """One fault on a few short lines."""
    held = "held" if row.held else "NOT HELD"
    return (
        f"{row.fault.source}: {row.fault.injected}\n"
        f"    {held}: {row.outcome.happened}{_took(row, '; well again after ')}"
    )


def table(rows: Sequence[Row], now: datetime) -> str:
    """The matrix in Markdown, with when and by what it was made."""
    held = sum(row.held for row in rows)
    made = f"{now:%Y-%m-%d}, version {VERSION}, Python {platform.python_version()}"
    head = f"{held} of {len(rows)} held. Made by `./do_py.sh faults --write` on {made}."
    lines = [
        head,
        "",
        "| from | injected | promised | happened | well again |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        fault, happened = row.fault, row.outcome.happened
        cells = (fault.source, fault.injected, fault.promised, happened, _took(row) or "at once")
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def write(rows: Sequence[Row]) -> None:
    """The table stands in docs/reliability.md, in place of the last one."""
    text = DOC.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{table(rows, datetime.now(UTC))}\n{END}{after}"
    DOC.write_text(new, encoding="utf-8")


def _took(row: Row, before: str = "") -> str:
    took_s = row.outcome.recovered_s
    return "" if took_s is None else f"{before}{took_s:.1f} s"
