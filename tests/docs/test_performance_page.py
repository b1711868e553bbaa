"""docs/performance.md has each figure of the bench with its target and ratio."""

from datetime import UTC, datetime

from bench.__main__ import line, names, page
from bench.result import Result
from bench.small import required, size_mb

SHARE = Result(name="dm: share of a core", value=0.8, unit="%", target="at most 2", seed=92.0)


def test_a_figure_stands_beside_its_target_and_the_first_version() -> None:
    assert SHARE.beside == "first version 92 %: 115 x"
    assert "0.80 %" in line(SHARE)
    assert line(SHARE).endswith("target at most 2   first version 92 %: 115 x")


def test_the_page_has_a_row_for_each_figure() -> None:
    text = page({"dm": [SHARE]}, datetime(2026, 1, 15, tzinfo=UTC), "| a package |")
    row = "| dm: share of a core | 0.80 | % | at most 2 | first version 92 %: 115 x |"
    assert row in text.splitlines()
    assert "| a package |" in text
    assert "2026-01-15 00:00 UTC" in text


def test_every_bench_is_named_in_its_first_line() -> None:
    assert {"dm", "parse", "small", "three"} <= set(names())


def test_the_size_of_a_package_is_that_of_its_files() -> None:
    assert "websockets" in required()
    assert 0.1 < size_mb("websockets") < 10
    assert size_mb("no-such-package") == 0.0
