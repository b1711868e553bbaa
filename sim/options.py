"""Options of a simulation: `sim://?speed=60&seed=7&start=2026-01-15T17:30&faults=cut@120`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from base.time import BRUSSELS
from p1.reading import Grid
from sim.day import House
from sim.faults import Planned
from sim.faults import parse as parse_faults
from sim.registers import HISTORY_ROWS

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A simulation. `start` (UTC) is the meter's clock at the first telegram; None is now.

    `speed` is seconds of simulation per second; 0 is as fast as the reader takes it. `months`
    is how many closed months the meter remembers at the start.
    """

    speed: float = 1.0
    start: datetime | None = None
    grid: Grid = Grid.STAR
    months: int = HISTORY_ROWS
    faults: tuple[Planned, ...] = ()
    house: House = field(default_factory=House)

    @property
    def pause_s(self) -> float:
        """Seconds between two telegrams; 0 when the reader sets the pace."""
        return 1 / self.speed if self.speed else 0.0


def parse(url: str) -> Options:
    """The options in a sim:// URL. ValueError names the key, its value, and what is allowed."""
    parts = urlsplit(url)
    if parts.scheme != "sim" or parts.netloc or parts.path.strip("/") or parts.fragment:
        raise ValueError(f"{url!r} is not of the form sim://?key=value&key=value")
    given: dict[str, str] = {}
    for pair in filter(None, parts.query.split("&")):
        key, _, text = pair.partition("=")
        if key in given:
            raise ValueError(f"{url!r} gives {key} twice")
        given[key] = unquote(text)  # a + is a plus here: silence@300+15
    for key in given:
        if key not in KEYS:
            raise ValueError(f"sim:// has no {key!r}; it has {', '.join(KEYS)}")
    return Options(
        speed=_value(given, "speed", _speed),
        start=_value(given, "start", _start) if "start" in given else None,
        grid=_value(given, "grid", _grid),
        months=_value(given, "months", _months),
        faults=_value(given, "faults", parse_faults),
        house=House(_value(given, "seed", _seed), _value(given, "solar_kwp", _solar_kwp)),
    )


KEYS = {
    "speed": "1",
    "seed": "7",
    "start": "",
    "grid": Grid.STAR.value,
    "months": str(HISTORY_ROWS),
    "solar_kwp": "5",
    "faults": "",
}
"""Every key with its default."""


def _value(given: dict[str, str], key: str, read: Callable[[str], T]) -> T:
    text = given.get(key, KEYS[key])
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"sim:// {key}={text}: {error}") from None


def _number(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("must be a number") from None
    if not (isfinite(number) and least <= number <= most):
        raise ValueError(f"must be between {least:g} and {most:g}")
    return number


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ValueError(f"must be a whole number between {least} and {most}")
    return int(text)


def _speed(text: str) -> float:
    return _number(text, 0, 100_000)


def _solar_kwp(text: str) -> float:
    return _number(text, 0, 20)


def _months(text: str) -> int:
    return _whole(text, 0, HISTORY_ROWS)


def _seed(text: str) -> int:
    return _whole(text, 0, 499_999_999)


def _grid(text: str) -> Grid:
    try:
        return Grid(text)
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Grid)}") from None


def _start(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a time such as 2026-01-15T17:30") from None
    if not 2020 <= at.year < 2090:
        raise ValueError("must lie between 2020 and 2089")
    return (at if at.tzinfo else at.replace(tzinfo=BRUSSELS)).astimezone(UTC).replace(microsecond=0)
