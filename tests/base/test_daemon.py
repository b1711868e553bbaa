"""Parts of a daemon run concurrently; a failed part is restarted; a stop ends them all."""

import asyncio
import errno
import logging
import subprocess
import sys

import pytest

from base import daemon
from base.checked import ConfigError


async def test_a_failed_part_starts_again_while_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(daemon, "FIRST_PAUSE_S", 0.0)
    stop, tries, ended = asyncio.Event(), 0, asyncio.Event()

    async def flaky() -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise OSError("the cable is out" if tries < 3 else "the port is busy")
        stop.set()
        await asyncio.Event().wait()

    async def steady() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with caplog.at_level(logging.ERROR):
        await daemon.live({"flaky": flaky, "steady": steady}, stop)
    assert tries == 4
    assert ended.is_set()
    assert caplog.text.count("the cable is out") == 1  # the second, equal failure is not logged
    assert caplog.text.count("the port is busy") == 1


def test_repeated_loop_errors_are_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main(stop: asyncio.Event) -> int:
        for _ in range(100):
            asyncio.get_running_loop().call_exception_handler(
                {
                    "message": "socket.accept() out of system resource",
                    "exception": OSError(errno.EMFILE, "Too many open files"),
                }
            )
        return 0

    assert daemon.run(main) == 0
    assert caplog.messages == [
        "A connection failed (Too many open files): socket.accept() out of system resource"
    ]


def test_a_wrong_setting_ends_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    async def main(stop: asyncio.Event) -> int:
        raise ConfigError("config.py: glyphs = 'x'; allowed: ...")

    assert daemon.run(main) == daemon.EXIT_CONFIG
    assert "glyphs" in capsys.readouterr().err


HURRIED = """
import asyncio, itertools, signal, sys
from base import daemon

def interrupted(place):
    lines = itertools.count()

    def again(*_):
        if next(lines) == place:
            signal.raise_signal(signal.SIGHUP)
        return again

    async def main(stop):
        sys.settrace(again)
        signal.raise_signal(signal.SIGTERM)
        sys.settrace(None)
        await stop.wait()
        return 0

    return daemon.run(main)

sys.exit(any(interrupted(place) for place in range(100)))
"""
"""Raises SIGHUP at each Python line in turn that the handling of SIGTERM executes."""


def test_a_signal_may_come_while_another_one_is_handled() -> None:
    """When tmux ends, dm gets SIGHUP from tmux and SIGTERM from do_py.sh at once."""
    done = subprocess.run([sys.executable, "-c", HURRIED], timeout=30, check=False)
    assert done.returncode == 0
