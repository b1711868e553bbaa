"""The comparison with third-party clients finds differences."""

from pathlib import Path

import pytest

from tests.prove import chargers

FAST = 40.0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo '{\"power_kw\": 6.9}'", []),
        ("echo '{\"power_kw\": 20.7}'", ["goe: it reads 20.7 kW, we 6.9"]),
        ("exit 3", ["goe: goe==0.3.2 ended with 3"]),
    ],
)
async def test_a_client_that_reads_a_different_value_is_reported(
    tmp_path: Path, line: str, said: list[str]
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{line}\n")
    python.chmod(0o755)
    assert await chargers.compared("goe", python, FAST) == said
