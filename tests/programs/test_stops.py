"""A stop ends in time with the state saved, whatever arrives with it and whatever refuses."""

import asyncio
import io
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from base import daemon
from bench.process import PATIENCE_S, ROOT, running
from screen.live import Live, follow
from screen.primitives import UNICODE, Frame, Glyphs, Size
from tests.faults.stops import QUICKLY, refusing
from tests.prove.stopping import KEPT
from tests.prove.stops import Wish, prove
from tests.test_layers import modules, syntax

pytestmark = pytest.mark.long

WISH = Wish(stops=5, most_s=0.3, signalled=False, apart=False)
ALLOWED: dict[str, str] = {}
"""Modules that may call `wait_for`, each with its reason."""


def test_nothing_waits_in_a_way_that_swallows_a_stop() -> None:
    """In Python 3.11 wait_for loses a cancellation that arrives with the result."""
    found = {
        f"{path.relative_to(ROOT)}, line {getattr(node, 'lineno', 0)}"
        for path in modules()
        if str(path.relative_to(ROOT)) not in ALLOWED and "wait_for" in path.read_text("utf-8")
        for node in syntax(path)
        if "wait_for" in (getattr(node, each, "") for each in ("attr", "id", "name"))
    }
    assert not found, "use `async with asyncio.timeout(...)`"


async def test_a_stop_that_comes_with_news_ends_the_screen() -> None:
    """Both arrive in one turn of the loop, in both orders, which wait_for handles wrongly."""
    for first in ("news", "stop"):
        news = asyncio.Event()
        live: Live[int] = Live(_unused, lambda number, _: str(number), UNICODE, io.StringIO(), {})
        task = asyncio.create_task(follow(live, lambda: 0, news, every_s=60.0))
        await asyncio.sleep(0)
        if first == "news":
            news.set()
            task.cancel()
        else:
            task.cancel()
            news.set()
        done, _ = await asyncio.wait({task}, timeout=1.0)
        assert done, f"{first} first"


def _unused(number: int, size: Size, glyphs: Glyphs) -> Frame:
    raise AssertionError


async def test_a_part_whose_end_fails_is_not_started_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop, starts = asyncio.Event(), 0

    async def fails() -> None:
        nonlocal starts
        starts += 1
        try:
            stop.set()
            await asyncio.Event().wait()
        finally:
            raise OSError("the device is gone")

    async with asyncio.timeout(1.0):
        await daemon.live({"device": fails}, stop)
    assert starts == 1
    assert "the device is gone" in caplog.text


async def test_what_must_be_kept_is_saved_before_and_after_the_parts_end() -> None:
    stop, order = asyncio.Event(), list[str]()

    async def part() -> None:
        try:
            stop.set()
            await asyncio.Event().wait()
        finally:
            order.append("part")

    async def leave() -> None:
        order.append("leave")

    await daemon.live({"part": part}, stop, save=lambda: order.append("save"), leave=leave)
    assert order == ["save", "part", "leave", "save"]


async def test_a_part_that_refuses_to_end_is_named_and_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(daemon, "ORDER_S", 0.01)
    monkeypatch.setattr(daemon, "END_S", 0.05)
    stop, released, saved, left = asyncio.Event(), asyncio.Event(), list[int](), asyncio.Event()

    async def refuses() -> None:
        stop.set()
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()

    async def leave() -> None:
        left.set()

    await daemon.live({"mule": refuses}, stop, save=lambda: saved.append(1), leave=leave)
    assert saved
    assert left.is_set()
    assert "mule did not end" in caplog.text
    released.set()


@pytest.mark.parametrize(("part", "code"), [("refuses", 0), ("hangs", 1)])
async def test_dm_ends_whatever_a_part_does(part: str, code: int, tmp_path: Path) -> None:
    """If a part refuses, the state is saved; if the loop hangs, dm ends as after a power cut."""
    program = ("-c", QUICKLY + refusing(part))
    told = ("--source", "sim://", "--data", str(tmp_path), "--port", "0", "--headless")
    async with running(*program, *told) as dm:
        if part == "hangs":
            async with asyncio.timeout(PATIENCE_S):
                while b"hangs\n" not in dm.said:  # noqa: ASYNC110  a pipe tells nobody
                    await asyncio.sleep(0.02)
        assert await dm.end() == code
    assert (tmp_path / "data.pickle").exists() == (part == "refuses")
    said = b"".join(dm.said).decode()
    assert ("market did not end" if part == "refuses" else "this process ends now") in said


async def test_each_program_ends_at_random_moments_and_keeps_what_it_must() -> None:
    """`./do_py.sh prove stops` tests a thousand stops of each."""
    tallies = await prove(sys.executable, WISH)
    for name, tally in tallies.items():
        assert (tally.stops, tally.hung, tally.lost) == (WISH.stops, 0, 0), f"{name}: {tally}"
    assert tallies.keys() == KEPT.keys()
