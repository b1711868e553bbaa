"""data.pickle: the day totals, the registers they were counted up to, and the learned parameters.

Only a cache: the quarters have everything, and `restore` reads later changes again. Plain values
only; a pickle that names a class is refused before it is loaded. A checksum follows it. Delete it
to start from scratch.
"""

import io
import pickle
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from base.language import phrase
from peak.forecast import Learned
from rates.amounts import Lines, Register
from rates.ledger import Key, Stand
from rates.usage import Days, DayTotals, HighQuarter
from store.files import set_aside, write_whole

VERSION = 3
UNSEALED = 2
"""The form before the checksum: the same values."""
_SEAL = re.compile(rb"\ncrc32 ([0-9a-f]{8})\n\Z")


# What a damaged pickle, or one of other values, is known to raise.
_UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Outcome(Enum):
    """Results of loading data.pickle."""

    OK = "ok"
    ABSENT = "absent"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class State:
    """The days, and the baselines up to which they were booked; the learned parameters of the
    forecast."""

    days: Days
    baselines: Mapping[Key, Stand]
    learned: Learned | None = None


def save(path: Path, state: State) -> None:
    """Write the state to `path` atomically, replacing the old one."""
    content = pickle.dumps(_plain(state), protocol=4)
    write_whole(path, content + f"\ncrc32 {zlib.crc32(content):08x}\n".encode())


def load(path: Path) -> tuple[Outcome, State | None]:
    """The state in `path`. An invalid file is set aside beside it and logged."""
    try:
        return Outcome.OK, _read(path.read_bytes())
    except FileNotFoundError:
        return Outcome.ABSENT, None
    except _UNREADABLE as error:
        set_aside(path, error, phrase("it is rebuilt from the quarters."))
        return Outcome.CORRUPT, None


def _read(content: bytes) -> State:
    """The state, if its checksum holds; older versions wrote none."""
    seal = _SEAL.search(content)
    if seal and int(seal[1], 16) != zlib.crc32(content[: seal.start()]):
        raise ValueError("its checksum is wrong")
    plain = _PlainOnly(io.BytesIO(content)).load()
    return _state(plain, VERSION if seal else UNSEALED)


class _PlainOnly(pickle.Unpickler):
    """Numbers, texts, lists and dicts; nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}, and only plain values belong here")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to other objects")


def _plain(state: State) -> dict[str, Any]:
    return {
        "version": VERSION,
        "baselines": [
            [meter, register.value, stand.milli, int(stand.at.timestamp())]
            for (meter, register), stand in state.baselines.items()
        ],
        "days": {day.isoformat(): _plain_day(totals) for day, totals in state.days.items()},
        "learned": [*map(list, (state.learned.scores_kw, state.learned.ratios))]
        if state.learned
        else None,
    }


def _plain_day(totals: DayTotals) -> dict[str, Any]:
    peak = totals.peak
    return {
        "amounts": {register.value: str(amount) for register, amount in totals.amounts.items()},
        "eur": _plain_lines(totals.eur),
        "peak": [str(peak.kw), int(peak.quarter.timestamp())] if peak else None,
        "provisional": _plain_lines(totals.provisional),
        "missing": _plain_lines(totals.missing),
    }


def _plain_lines(lines: Mapping[Register, Lines]) -> dict[str, dict[str, str]]:
    return {
        register.value: {name: str(number) for name, number in each.items()}
        for register, each in lines.items()
    }


def _lines(plain: Any) -> dict[Register, Lines]:
    return {
        Register(name): {str(line): Decimal(number) for line, number in lines.items()}
        for name, lines in plain.items()
    }


def _state(plain: Any, version: int) -> State:
    if plain["version"] != version:
        raise ValueError(f"its form is {plain['version']}, this program writes {VERSION}")
    baselines = {
        (str(meter), Register(name)): Stand(int(milli), datetime.fromtimestamp(at, UTC))
        for meter, name, milli, at in plain["baselines"]
    }
    days = {date.fromisoformat(day): _day(totals) for day, totals in plain["days"].items()}
    return State(days, baselines, _learned(plain["learned"]))


def _learned(plain: Any) -> Learned | None:
    if plain is None:
        return None
    scores_kw, ratios = (tuple(map(float, values)) for values in plain)
    fresh = Learned()
    if (len(scores_kw), len(ratios)) != (len(fresh.scores_kw), len(fresh.ratios)):
        raise ValueError("the learned parameters have another length")
    return Learned(scores_kw, ratios)


def _day(plain: Any) -> DayTotals:
    peak = plain["peak"]
    return DayTotals(
        amounts={Register(name): Decimal(amount) for name, amount in plain["amounts"].items()},
        eur=_lines(plain["eur"]),
        provisional=_lines(plain.get("provisional", {})),
        missing=_lines(plain.get("missing", {})),
        peak=HighQuarter(Decimal(peak[0]), datetime.fromtimestamp(peak[1], UTC)) if peak else None,
    )
