"""Settings of all tests: no deadlines for properties, a clean log, the event loop."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.virtual_time import VirtualLoop

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""The tests start some hundred programs: each would compile all its modules again."""

settings.register_profile(
    "house", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start long files first: each worker takes whole files, so all end together."""
    items.sort(key=_length_s, reverse=True)


def _length_s(item: pytest.Item) -> float:
    """Seconds by which its file is longer than others."""
    marker = item.get_closest_marker("long")
    return 0.0 if marker is None else marker.kwargs.get("seconds", 20.0)


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Restore the log after each test: a program that ran within it added handlers and a clock;
    the proofs silence `apps` for their millions of seconds.
    """
    root, apps = logging.getLogger(), logging.getLogger("apps")
    levels, kept = (root.level, apps.level), {each: each.filters[:] for each in root.handlers}
    yield
    root.setLevel(levels[0])
    apps.setLevel(levels[1])
    root.handlers[:] = kept
    for handler, filters in kept.items():
        handler.filters[:] = filters


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop of a test: one with a virtual clock if the test has that marker."""
    virtual = item.get_closest_marker("virtual_time") is not None
    return {"virtual": VirtualLoop} if virtual else {"real": asyncio.new_event_loop}
