"""log/log_info.log: what happened, in sentences, one day per file.

A repeated fault cannot wear out the SD card: the same sentence, with any numbers, is written a few
times per ten minutes and then only counted; so are the sentences of one kind, with any names; and
no day writes more than DAY_BYTES.
"""

import logging
import re
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from base import messages
from base.language import phrase
from base.text import clean
from base.time import BRUSSELS
from store.files import write_whole

NAME = "log_info.log"
MAX_BYTES = 500_000
DAY_BYTES = 2 * MAX_BYTES
MAX_REPEATS = 5
MAX_OF_A_KIND = 20
"""Sentences of one line of code, such as one for each peer or file that comes by."""
WINDOW_S = 600.0
EVENTS_KEPT = 50
ROOM_BYTES = 1000
"""Reserved for the sentence that the day is full."""
FULL: dict[str, object] = {
    "levelno": logging.WARNING,
    "levelname": "WARNING",
    "msg": phrase("Today's log is full (1 MB): nothing more is written to it until midnight."),
    "args": (),
    "exc_info": None,
    "exc_text": None,
    "stack_info": None,
}
_MAX_SENTENCES = 200
log = logging.getLogger(__name__)
_DIGITS = re.compile(r"\d+")


class DayLog(RotatingFileHandler):
    """The open log file: at most two parts of MAX_BYTES, which `close_day` puts away as one.

    With a `history` the first line of a new day moves the day before there.
    """

    def __init__(self, folder: Path, history: Path | None = None) -> None:
        self._history, self._day = history, date.max
        self._failures, self._troubled = 0, False
        self._wrote, self._full = 0, False
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / NAME, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8")
        self.setFormatter(LocalTime())
        self.addFilter(Repeats())
        self._wrote = sum(part.stat().st_size for part in self._parts if part.exists())

    def emit(self, record: logging.LogRecord) -> None:
        if self._history is not None:
            last, self._day = self._day, _day(record.created)
            if last < self._day:
                try:
                    self.close_day(self._history, last)
                except OSError:
                    self.handleError(record)
        failures = self._failures
        self._write(record)
        if self._troubled and self._failures == failures:
            self._troubled = False
            log.info(phrase("The log is written again."))

    @property
    def _parts(self) -> tuple[Path, Path]:
        """The older and the newer file of this day."""
        current = Path(self.baseFilename)
        return current.with_name(f"{NAME}.1"), current

    def _write(self, record: logging.LogRecord) -> None:
        """Writes the record where the day has room; the last line notes that it is full."""
        size = len(self.format(record).encode(errors="replace")) + 1
        if not self._full and self._wrote + size > DAY_BYTES - ROOM_BYTES:
            self._full = True
            record = logging.makeLogRecord(record.__dict__ | FULL)
        elif self._full:
            return
        self._wrote += size
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A log that cannot be written is reported once, on the screen and the terminal."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._failures += 1
        if not self._troubled:
            self._troubled = True
            log.warning(
                phrase("The log cannot be written now ({reason}).", reason=error.strerror or error)
            )

    def close(self) -> None:
        """Close it, even when its last lines cannot be written: they are then lost."""
        with suppress(OSError):
            super().close()

    def close_day(self, history: Path, day: date) -> Path:
        """Move the day's log to history/MM-DD_log_info.log, over that of a year ago, and start a
        new one. Nothing is lost in a power cut halfway: the old file is removed last.
        """
        self.acquire()
        try:
            kept = history / f"{day:%m-%d}_{NAME}"
            parts = self._parts
            self.flush()
            write_whole(kept, b"".join(part.read_bytes() for part in parts if part.exists()))
            parts[0].unlink(missing_ok=True)
            if self.stream:
                self.stream.truncate(0)
            self._wrote, self._full = 0, False
            return kept
        finally:
            self.release()


class LocalTime(logging.Formatter):
    """`2026-01-15 17:38:24 INFO sentence`, in the time of the house whatever the machine's."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line for a sentence with any contents; a traceback may follow."""
        plain = logging.makeLogRecord({**record.__dict__, "msg": clean(record.getMessage())})
        plain.args = None
        return super().format(plain)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return f"{datetime.fromtimestamp(record.created, BRUSSELS):%Y-%m-%d %H:%M:%S}"


def log_to_terminal() -> None:
    """Log to the terminal, each sentence on one printable line."""
    handler = logging.StreamHandler()
    handler.setFormatter(LocalTime())
    logging.basicConfig(handlers=[handler], level=logging.INFO)


class Repeats(logging.Filter):
    """Lets a sentence through MAX_REPEATS times per window, and MAX_OF_A_KIND of those of one line
    of code; the next window reports how many more there were."""

    def __init__(self) -> None:
        super().__init__()
        self._sentences = _Counts(MAX_REPEATS, "times more since it was last said")
        self._kinds = _Counts(MAX_OF_A_KIND, "more of this kind since the last one")

    def filter(self, record: logging.LogRecord) -> bool:
        sentence = _DIGITS.sub("#", record.getMessage())
        kind = f"{record.pathname}:{record.lineno}"
        return self._sentences.allows(sentence, record) and self._kinds.allows(kind, record)


class _Counts:
    """Number of events of each kind in the window."""

    def __init__(self, most: int, words: str) -> None:
        self._most, self._words = most, words
        self._seen: dict[str, tuple[float, int]] = {}

    def allows(self, about: str, record: logging.LogRecord) -> bool:
        """True if one more is written; the first of a new window also reports the number of the
        others."""
        since, count = self._seen.get(about, (record.created, 0))
        if record.created - since >= WINDOW_S:
            if (more := count - self._most) > 0:
                record.msg = f"{record.getMessage()} (and {more} {self._words})"
                record.args = ()
            since, count = record.created, 0
        if len(self._seen) >= _MAX_SENTENCES and about not in self._seen:
            self._seen.clear()
        self._seen[about] = since, count + 1
        return count < self._most


class HouseTime(logging.Filter):
    """Dates what is logged by the clock of a house that is simulated or recorded."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock

    def filter(self, record: logging.LogRecord) -> bool:
        record.created = self._clock().timestamp()
        return True


class Recent(logging.Handler):
    """The last sentences of the log, for the screen."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.events: deque[messages.Event] = deque(maxlen=EVENTS_KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
        at = datetime.fromtimestamp(record.created, UTC)
        text = record.getMessage()
        self.events.append(messages.Event.model_validate({"at": at, "level": level, "text": text}))


def _day(at_s: float) -> date:
    """The day in the house of a time in Unix seconds."""
    return datetime.fromtimestamp(at_s, BRUSSELS).date()


def dated(clock: Callable[[], datetime]) -> None:
    """From now on all log lines, on screen and in the file, have the time of this clock."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(HouseTime(clock))


def start_log(folder: Path, history: Path, today: date, *, turns: bool = False) -> DayLog:
    """Log to `folder`/log_info.log.

    A log left there by an earlier day goes to `history` first, under its own date. When it `turns`
    the same happens at each midnight; otherwise its owner closes the days.
    """
    day_log = DayLog(folder, history if turns else None)
    wrote = _day((folder / NAME).stat().st_mtime)
    if wrote < today and (folder / NAME).stat().st_size:
        day_log.close_day(history, wrote)
    root = logging.getLogger()
    root.addHandler(day_log)
    root.setLevel(logging.INFO)
    return day_log
