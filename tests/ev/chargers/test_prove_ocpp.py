"""A short `./do_py.sh prove ocpp`: the library's own client against the real dm and ev."""

from pathlib import Path

from tests.prove.ocpp import library, measure


async def test_a_fall_reaches_a_charge_point_that_is_not_ours() -> None:
    """The proof measures the speed, on an idle machine."""
    found = await measure(library, Path(), 3, kill=False)
    assert len(found.delays_s) == 3
    assert not found.violations
