"""The start of a program from the command line."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from base import daemon
from store.logs import log_to_terminal


def start(
    arguments: Callable[[Sequence[str]], Namespace],
    main: Callable[[Namespace, asyncio.Event], Coroutine[Any, Any, int]],
) -> None:
    """Run `main` as typed, until its end; the exit code is its own."""
    chosen = arguments(sys.argv[1:])
    if chosen.headless:
        log_to_terminal()
    sys.exit(daemon.run(lambda stop: main(chosen, stop)))
