"""The quick part of the fault matrix holds; `./do_py.sh faults` plays the whole matrix."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.__main__ import play
from tests.faults.fault import CannotError, Fault, Outcome, Verdict, played
from tests.faults.matrix import MATRIX
from tests.faults.report import tally


@pytest.mark.parametrize("fault", [f for f in MATRIX if f.quick], ids=lambda fault: fault.source)
async def test_the_promise_is_held(fault: Fault, tmp_path: Path) -> None:
    row = await played(fault, tmp_path)
    assert row.verdict is Verdict.HELD, row.outcome.happened


def test_every_field_fault_and_every_promise_has_its_row() -> None:
    sources = {fault.source.split(" (")[0] for fault in MATRIX}
    assert sources >= {f"field {number}" for number in range(1, 36)}
    assert sources >= {f"promise {number}" for number in range(1, 13)}


async def test_what_cannot_be_played_is_not_counted_as_held(tmp_path: Path) -> None:
    async def holds(_: Path) -> Outcome:
        return Outcome("as promised")

    async def breaks(_: Path) -> Outcome:
        raise AssertionError("it did not")

    async def cannot(_: Path) -> Outcome:
        raise CannotError("it needs root")

    rows = [
        await played(Fault(source="x", injected="y", promised="z", play=play), tmp_path)
        for play in (holds, breaks, cannot)
    ]
    assert [row.verdict for row in rows] == [Verdict.HELD, Verdict.LOST, Verdict.UNPLAYED]
    assert tally(rows) == "1 of 2 held, 1 not played here"


async def test_what_came_late_is_played_once_more_and_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tries = []

    async def slow_once(_: Path) -> Outcome:
        tries.append("slow")
        if len(tries) == 1:
            await asyncio.Event().wait()
        return Outcome("as promised")

    async def breaks(_: Path) -> Outcome:
        tries.append("broken")
        raise AssertionError("it did not")

    late, broken = await play(
        [
            Fault(source="x", injected="y", promised="z", play=slow_once, longest_s=0.02),
            Fault(source="x", injected="y", promised="z", play=breaks),
        ]
    )
    assert tries == ["slow", "broken", "slow"]
    assert late.verdict is Verdict.HELD
    assert late.outcome.happened == "as promised (at a second try: the first took too long)"
    assert broken.verdict is Verdict.LOST
    assert "second try" in capsys.readouterr().out
