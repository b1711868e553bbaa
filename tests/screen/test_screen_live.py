"""The terminal: only changed rows are written, resizing is followed, its state is restored."""

import asyncio
import fcntl
import io
import logging
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from screen.live import Live, follow
from screen.meter.layout import render
from screen.meter.sample import example
from screen.meter.view import MeterView, summary
from screen.primitives import UNICODE, Frame, Glyphs, Size
from screen.terminal import ENTER, LEAVE, ansi

PLACE = re.compile(r"\x1b\[(?:(\d+);1H|2J)")
CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ENVIRON = {"TERM": "xterm-256color"}
ROOT = Path(__file__).parents[2]


@dataclass
class Tty:
    """A real pty whose far side is read in the background."""

    master: int
    slave: int
    got: bytearray = field(default_factory=bytearray)
    rows: dict[int, str] = field(default_factory=dict)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> None:
        try:
            while data := os.read(self.master, 65536):
                self.got += data
        except OSError:
            return

    def take(self, ending: str, again: Callable[[], None] = lambda: None) -> str:
        """The output up to this end; `again` draws until the terminal accepted everything."""
        deadline = time.monotonic() + 5
        while not self.got.endswith(ending.encode()):
            assert time.monotonic() < deadline, self.got[-200:]
            time.sleep(0.002)
            again()
        text = self.got.decode()
        self.got.clear()
        return text

    def frame(self, again: Callable[[], None] = lambda: None) -> dict[int, str]:
        """The rows written by one frame, by row number; the whole screen is in `rows`."""
        text = self.take("\x1b[?2026l", again)
        pieces = PLACE.split(text)
        if "\x1b[2J" in text:
            self.rows.clear()
        written = {
            int(place): CODES.sub("", piece)
            for place, piece in zip(pieces[1::2], pieces[2::2], strict=True)
            if place
        }
        self.rows.update(written)
        return written

    @property
    def screen(self) -> str:
        return "\n".join(self.rows[place] for place in sorted(self.rows))

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)


@pytest.fixture
def tty() -> Iterator[Tty]:
    """A terminal of 80x24 with echo, as a shell leaves it."""
    pair = Tty(*pty.openpty())
    pair.resize(80, 24)
    reader = threading.Thread(target=pair.read, daemon=True)
    reader.start()
    yield pair
    os.close(pair.slave)
    reader.join(5)
    os.close(pair.master)


@contextmanager
def shown(tty: Tty, **environ: str) -> Iterator[Live[MeterView]]:
    with (
        open(os.dup(tty.slave), "w", encoding="utf-8") as stream,  # noqa: PTH123
        Live(render, summary, UNICODE, stream, ENVIRON | environ) as live,
    ):
        yield live


def test_a_frame_arrives_whole(tty: Tty) -> None:
    """The first frame writes every row, as rendered."""
    with shown(tty) as live:
        live.show(example())
        tty.frame()
        assert tty.screen == render(example(), Size(80, 24), UNICODE).text


def test_only_changed_rows_are_written(tty: Tty) -> None:
    view = example()
    assert view.house is not None
    later = replace(view, house=view.house.model_copy(update={"injection_kw": 0.42}))
    with shown(tty) as live:
        live.show(view)
        tty.frame()
        live.show(view)
        live.show(later)
        assert list(tty.frame()) == [4]
        assert tty.screen == render(later, Size(80, 24), UNICODE).text


def test_the_screen_follows_the_size(tty: Tty) -> None:
    """A resized terminal is cleared and drawn in the layout for its size."""
    with shown(tty) as live:
        live.show(example())
        tty.frame()
        for columns, rows in ((120, 40), (240, 54), (40, 5), (80, 24)):
            tty.resize(columns, rows)
            live.show(example())
            tty.frame(lambda: live.show(example()))
            assert tty.screen == render(example(), Size(columns, rows), UNICODE).text


def test_once_a_minute_everything_is_written(tty: Tty) -> None:
    """Output of another program over the screen is overwritten."""
    with shown(tty) as live:
        live.show(example())
        tty.frame()
        for _ in range(60):
            live.show(example())
        assert len(tty.frame()) == 24


def test_the_terminal_is_given_back(tty: Tty) -> None:
    """Alternate screen, cursor, wrapping and echo are restored, also after an error."""
    assert tty.echoes
    with shown(tty):
        assert not tty.echoes
    assert tty.echoes
    with suppress(RuntimeError), shown(tty):
        raise RuntimeError
    text = tty.take(LEAVE)
    assert text.startswith(ENTER)
    assert tty.echoes


def test_a_crash_gives_the_terminal_back(tty: Tty) -> None:
    """A process ended by an exception restores the terminal modes."""
    program = (
        "import os, sys\n"
        "from screen.primitives import UNICODE\n"
        "from screen.live import Live\n"
        "from screen.meter.layout import render\n"
        "from screen.meter.sample import example\n"
        "with Live(render, str, UNICODE, sys.stdout, os.environ) as live:\n"
        "    live.show(example())\n"
        "    raise SystemExit(3)\n"
    )
    environ = {**os.environ, **ENVIRON, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=tty.slave, stdout=tty.slave, env=environ, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "Quarter hour" in tty.take(LEAVE)
    assert tty.echoes


def test_a_terminal_that_stops_reading_stops_nobody() -> None:
    """When nobody reads the output, showing returns at once; later the newest frame arrives."""
    pair = Tty(*pty.openpty())
    pair.resize(240, 54)
    with shown(pair) as live:
        began = time.monotonic()
        view = example()
        assert view.house is not None
        for second in range(200):
            changed = view.house.model_copy(update={"offtake_kw": float(second)})
            pair.resize(240, 54 + second % 2)
            live.show(replace(view, house=changed))
        assert time.monotonic() - began < 10
        reader = threading.Thread(target=pair.read, daemon=True)
        reader.start()
        deadline = time.monotonic() + 5
        while b"777.00" not in pair.got and time.monotonic() < deadline:
            changed = view.house.model_copy(update={"offtake_kw": 777.0})
            live.show(replace(view, house=changed))
            time.sleep(0.01)
        assert b"777.00" in pair.got
    os.close(pair.slave)
    reader.join(5)
    os.close(pair.master)


def test_no_color_keeps_the_marks(tty: Tty) -> None:
    """With NO_COLOR the text is the same, without colour codes."""
    with shown(tty, NO_COLOR="1") as live:
        live.show(example())
        text = tty.take("\x1b[?2026l")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", text)
    assert "▸ offtake day" in text


def test_sixteen_colours_are_enough() -> None:
    """No code beyond the sixteen colours is ever written."""
    for row in render(example(), Size(240, 54), UNICODE).rows:
        assert not re.search(r"[34]8;[25];", ansi(row, colour=True))


def test_without_a_terminal_one_line_a_minute() -> None:
    """A pipe or a file gets one plain line a minute."""
    seconds = iter([0.0, 1.0, 59.9, 60.0, 61.0, 120.5])
    out = io.StringIO()
    with Live(render, summary, UNICODE, out, ENVIRON, lambda: next(seconds)) as live:
        for _ in range(6):
            live.show(example())
    lines = out.getvalue().splitlines()
    assert lines == [summary(example(), UNICODE)] * 3
    assert "\x1b" not in out.getvalue()


def test_a_dumb_terminal_gets_lines(tty: Tty) -> None:
    """TERM=dumb does not support cursor codes."""
    with shown(tty, TERM="dumb") as live:
        live.show(example())
        assert tty.take("\r\n").startswith("2026-01-15 17:38 headroom")


def test_an_error_while_drawing_is_one_line_and_one_log_line(
    tty: Tty, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken panel costs its frame only; the error is logged once until it is fixed."""
    broken = True

    def draw(view: MeterView, size: Size, glyphs: Glyphs) -> Frame:
        if broken:
            raise KeyError("panel")
        return render(view, size, glyphs)

    with (
        caplog.at_level(logging.INFO),
        open(os.dup(tty.slave), "w", encoding="utf-8") as stream,  # noqa: PTH123
        Live(draw, summary, UNICODE, stream, ENVIRON) as live,
    ):
        live.show(example())
        live.show(example())
        tty.frame()
        assert tty.rows[1].startswith("screen error, see the log")
        broken = False
        live.show(example())
        tty.frame()
    assert [record.getMessage() for record in caplog.records] == [
        "The screen cannot be drawn: KeyError: 'panel'"
    ]


def test_a_terminal_that_is_gone_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """The window is closed: one sentence is logged, and the program continues."""
    master, slave = pty.openpty()
    with (
        open(slave, "w", encoding="utf-8") as stream,  # noqa: PTH123
        Live(render, summary, UNICODE, stream, ENVIRON) as live,
    ):
        os.close(master)
        for _ in range(3):
            live.show(example())
    assert len(caplog.records) == 1
    assert "terminal was closed" in caplog.text


async def test_news_is_shown_at_most_once_in_a_while() -> None:
    """At any rate of telegrams the frames keep their interval, and the last one is shown."""
    out = io.StringIO()
    told, news, ticks = [0], asyncio.Event(), iter(range(0, 10**6, 60))

    last_shown = asyncio.Event()

    def say(number: int, _: Glyphs) -> str:
        if number == 300:
            last_shown.set()
        return f"frame {number}"

    def draw(number: int, size: Size, glyphs: Glyphs) -> Frame:
        raise AssertionError

    live: Live[int] = Live(draw, say, UNICODE, out, {}, lambda: float(next(ticks)))
    task = asyncio.create_task(follow(live, lambda: told[0], news, every_s=0.05))
    began = asyncio.get_running_loop().time()
    while told[0] < 300:
        told[0] += 1
        news.set()
        await asyncio.sleep(0.001)
    await asyncio.wait_for(last_shown.wait(), 5)
    lasted = asyncio.get_running_loop().time() - began
    task.cancel()
    assert len(out.getvalue().splitlines()) <= lasted / 0.05 + 2
