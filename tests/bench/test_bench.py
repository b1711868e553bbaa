"""A bench that fails affects only its own figures; the exit code and the page report it."""

import asyncio
import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from bench import __main__ as bench
from bench import screen
from bench.battery_month import MINUTE, PACK, WAYS, replay
from bench.meter import Meter
from bench.result import Result


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three benches: one that fails inside a group, one that works, one with a quick version."""

    def broken() -> list[Result]:
        raise ExceptionGroup("a task", [ConnectionResetError("the line is cut")])

    def good() -> list[Result]:
        return [Result(name="speed", value=2.0, unit="ms")]

    def small() -> list[Result]:
        return [Result(name="in small", value=1.0, unit="ms")]

    made = {"bad": (broken, None), "good": (good, None), "long": (good, small)}
    for name, (run, quick) in made.items():
        module = ModuleType(f"bench.{name}", f"About {name}.")
        module.__dict__.update({"run": run} | ({"quick": quick} if quick else {}))
        monkeypatch.setitem(sys.modules, f"bench.{name}", module)
    monkeypatch.setattr(bench, "names", lambda: sorted(made))
    monkeypatch.setattr(bench, "PAGE", tmp_path / "performance.md")
    monkeypatch.setattr("bench.small.table", lambda: "")
    return tmp_path / "performance.md"


def test_each_name_is_a_bench_that_can_run() -> None:
    """A helper module in bench/ without run() must not be listed as a bench."""
    for name in bench.names():
        module = importlib.import_module(f"bench.{name}")
        assert callable(getattr(module, "run", None)), f"bench/{name}.py has no run()"
        assert module.__doc__, f"bench/{name}.py says nothing about itself"


def test_the_memory_of_the_screen_is_measured_in_a_new_process() -> None:
    """Its code is a string, so refactoring tools do not update the module names in it."""
    assert screen.memory_mb() > 1.0


def test_the_others_go_on_and_the_code_says_it(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main([]) == 1
    said = capsys.readouterr().out
    assert "FAILED: ConnectionResetError: the line is cut" in said
    assert said.endswith("FAILED: bad\n")
    written = page.read_text(encoding="utf-8")
    assert "| speed | 2.00 | ms |" in written
    assert "Not run for this page: bad (it failed)." in written
    assert bench.main(["good"]) == 0


def test_quick_is_in_small_and_writes_no_page(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--quick", "long", "good"]) == 0
    said = capsys.readouterr().out
    assert "in small" in said
    assert "speed" in said
    assert not page.exists()


async def test_a_line_that_dm_cuts_is_taken_up_again() -> None:
    """On a slow machine dm reconnects before the first telegram."""
    meter = Meter("sim://?start=2026-01-15T09:00", lambda: (0.0, 0.0, 0.0))
    async with meter.served() as source:
        host, _, port = source.removeprefix("socket://").partition(":")
        _, first = await asyncio.open_connection(host, int(port))
        await meter.send()
        first.transport.abort()
        await asyncio.sleep(0)
        sending = asyncio.create_task(_often(meter))
        reader, second = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(10):
            assert (await reader.readuntil(b"!")).startswith(b"/")
        sending.cancel()
        await asyncio.wait([sending])
        second.close()
        await second.wait_closed()


async def _often(meter: Meter) -> None:
    while True:
        await meter.send()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", ["no battery", "self-use"])
def test_the_battery_month_in_small(way: str) -> None:
    """An hour of constant load is replayed: offtake and discharge add up to the load."""
    start = datetime(2024, 2, 5, 18, tzinfo=UTC)
    data = [(start + number * MINUTE, 1.2, 0.0) for number in range(60)]
    month = replay(way, WAYS[way](), data, PACK)
    assert month.offtake_kwh + month.discharged_kwh == pytest.approx(1.2, abs=0.02)
    assert (month.discharged_kwh > 0.5) == (way == "self-use")
