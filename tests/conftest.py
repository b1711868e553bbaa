"""A property fails for what is wrong, never for a busy machine; no test silences another."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """The proofs silence `apps` for their millions of seconds: only for themselves."""
    apps = logging.getLogger("apps")
    level = apps.level
    yield
    apps.setLevel(level)
