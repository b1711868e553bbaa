"""The start of a program from the command line, and its screen."""

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from apps.shared.reader import glyphs_of
from apps.shared.settings import Settings
from base import daemon
from base.text import reason
from store.lock import BusyError
from store.logs import log_to_terminal

if TYPE_CHECKING:
    from screen.primitives import Frame, Glyphs, Size

V = TypeVar("V")


def start(
    arguments: Callable[[Sequence[str]], Namespace],
    main: Callable[[Namespace, asyncio.Event], Coroutine[Any, Any, int]],
) -> None:
    """Run `main` with the typed arguments, until its end or for `for_s`; the exit code is its own.

    1 when the program is running already.
    """
    chosen = arguments(sys.argv[1:])
    if chosen.headless:
        log_to_terminal()

    async def run(stop: asyncio.Event) -> int:
        if chosen.for_s is not None:
            asyncio.get_running_loop().call_later(chosen.for_s, stop.set)
        try:
            return await main(chosen, stop)
        except BusyError as error:
            print(f"{error}: it is running already", file=sys.stderr)
        except OSError as error:  # while it opens its files: a part that runs is restarted
            print(f"Cannot open what this program keeps: {reason(error)}", file=sys.stderr)
        return 1

    sys.exit(daemon.run(run))


async def draw(
    render: "Callable[[V, Size, Glyphs], Frame]",
    summary: "Callable[[V, Glyphs], str]",
    settings: Settings,
    view: Callable[[], V],
    news: asyncio.Event,
) -> None:
    """Draw the view on news, at most once a second."""
    from screen.live import Live, follow  # and with it rich: who has no screen does not load it

    glyphs = glyphs_of(settings, os.environ)
    with Live(render, summary, glyphs, sys.stdout, os.environ) as live:
        await follow(live, view, news)
