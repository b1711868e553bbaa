"""The fault matrix holds; `./do_py.sh faults` plays all of it, here the quick part is played."""

from pathlib import Path

import pytest

from tests.faults.fault import Fault, played
from tests.faults.matrix import MATRIX


@pytest.mark.parametrize("fault", [f for f in MATRIX if f.quick], ids=lambda fault: fault.source)
async def test_the_promise_is_held(fault: Fault, tmp_path: Path) -> None:
    row = await played(fault, tmp_path)
    assert row.held, row.outcome.happened


def test_every_field_fault_and_every_promise_has_its_row() -> None:
    sources = {fault.source.split(" (")[0] for fault in MATRIX}
    assert sources >= {f"field {number}" for number in range(1, 36)}
    assert sources >= {f"promise {number}" for number in range(1, 13)}
