"""A usual telegram causes few calls between rooms."""

import sys
from itertools import islice
from pathlib import Path
from types import FrameType

from sim.stream import telegrams
from store.books import Books
from tests.apps.dm.test_meter import meter

ROOT = Path(__file__).parent.parent
MOST_MOVES = 14
SETTLED_S = 120
OUTSIDE = (".venv", "tests", "base")
"""The ground floor is no room: everything stands on it."""


def room_of(frame: FrameType | None) -> str | None:
    """The room of the running code; None for a library, a test or the ground floor."""
    path = Path(frame.f_code.co_filename) if frame else ROOT
    if not path.is_relative_to(ROOT):
        return None
    room = path.relative_to(ROOT).parts[:1]
    return None if not room or room[0] in OUTSIDE else room[0]


def test_a_usual_telegram_makes_few_moves(tmp_path: Path) -> None:
    """From the bytes of the telegram to the house message, each return counts as a move."""
    stays: list[str] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        where = {"call": frame, "return": frame.f_back}.get(event)
        room = room_of(where)
        if room and stays[-1:] != [room]:
            stays.append(room)

    with Books(tmp_path) as books:
        subject = meter(books)
        lines = list(islice(telegrams("sim://?start=2026-01-15T12:00"), SETTLED_S + 1))
        for second, line in enumerate(lines[:-1]):
            subject.feed(line, float(second))
            subject.message("house", float(second))
        sys.setprofile(watch)
        try:
            subject.feed(lines[-1], float(SETTLED_S))
            subject.message("house", float(SETTLED_S))
        finally:
            sys.setprofile(None)
    assert len(stays) - 1 <= MOST_MOVES, " > ".join(stays)
