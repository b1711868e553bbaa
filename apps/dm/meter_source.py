"""Source of the telegrams: the meter, a recording, or a house that is simulated here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from base.checked import ConfigError
from p1 import source
from p1.errors import SettingError

if TYPE_CHECKING:
    from sim.day import ExtraKw
    from sim.options import Options


@asynccontextmanager
async def opened(name: str, extra_kw: "ExtraKw") -> AsyncIterator[str]:
    """The argument of source.open: the setting itself, or the pty of the simulated house."""
    if name.startswith("sim:"):
        from sim.meter import simulated_meter  # a house with a meter does not load it

        async with simulated_meter(name, datetime.now(UTC), extra_kw) as path:
            yield path
    else:
        yield name


def is_live(name: str) -> bool:
    """True if the telegrams are live: not a recording, not a simulation of its own time."""
    return not name.startswith(("file:", "sim:"))


def starts_at(name: str) -> datetime | None:
    """Start time of a simulation that names one (UTC)."""
    return _simulation(name).start if name.startswith("sim:") else None


def _simulation(name: str) -> "Options":
    from sim.options import parse

    return parse(name)


def check_source(name: str) -> None:
    """ConfigError when nothing can be read there."""
    try:
        if name.startswith("sim:"):
            _simulation(name)
        else:
            source.open(name)
    except (SettingError, ValueError) as error:
        raise ConfigError(str(error)) from None
