"""One flipped bit in a file that survives restarts, and the state loaded from it."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from apps.bs.batteries import Kept as BatteriesKept
from apps.ev.fleet import Kept as FleetKept
from base.time import DAY, QUARTER
from bs.tally import Tally
from ev.calendars.expand import Expanded
from ev.calendars.kept import Read, Readings
from ev.facts import Event
from peak.forecast import Learned
from rates.amounts import Booking, Register
from rates.calendar import day_start, quarters_of_day
from rates.ledger import Key, Stand
from rates.prices.series import DayPrices
from rates.usage import add
from store.books import Books
from store.kept import KeptFile
from store.prices import Prices
from store.quarters import Beside
from store.state import State

FIRST = date(2026, 1, 10)
DAYS = 2
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
MONEY = tuple(Register)
Loaded = Mapping[str, object]


class _Said(logging.Handler):
    """The log lines of level error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@cache
def house() -> Path:
    """A folder after some days of a house, made once per process."""
    folder = Path(tempfile.mkdtemp(prefix="flips-"))
    start, end = day_start(FIRST), day_start(FIRST + DAYS * DAY)
    baselines: dict[Key, Stand] = {}
    days: Mapping[date, object] = {}
    with Books(folder) as books:
        at, place = start, 0
        while at < end:
            booked = [_booking(register, at, place) for register in MONEY]
            for number, booking in enumerate(booked):
                key = "1SAG", booking.register
                before = baselines.get(key, Stand(1000 * number, at))
                milli = before.milli + int(booking.amount.scaleb(3))
                baselines[key] = Stand(milli, at + QUARTER)
            books.commit(booked, baselines, {at: Decimal(place % 70) / 10})
            books.note(Beside(at, place % 5 / 2, None))
            days = add(days, booked)  # type: ignore[arg-type]
            at, place = at + QUARTER, place + 1
        learned = Learned(scores_kw=(0.1, 0.2, 0.3), ratios=(0.5,) * 15)
        books.save(State(days, baselines, learned))  # type: ignore[arg-type]
    with closing(Prices(folder / "history" / "prices.db")) as prices:
        for number in range(DAYS):
            day = FIRST + number * DAY
            eur_mwh = tuple(Decimal(n * 7 % 200) / 3 for n, _ in enumerate(quarters_of_day(day)))
            assert prices.save(
                DayPrices(day=day, source="made", fetched=start, step=QUARTER, eur_mwh=eur_mwh)
            )
    quarters = tuple((start + n * QUARTER, n / 7) for n in range(90))
    tally = Tally(
        day=FIRST, charged_kwh=3.25, discharged_kwh=1.5, at=start, kw=0.25, quarters=quarters
    )
    KeptFile(folder / "bs.json", BatteriesKept).save(BatteriesKept(tally=tally))
    KeptFile(folder / "ev.json", FleetKept).save(FleetKept(eur_kwh=0.2375, accepts=True))
    trip = Event(uid="1", title="@q4@ 80 %", description="", start=start, end=start + QUARTER)
    read = Read(start, Expanded((trip,), ()))
    KeptFile(folder / "calendars.json", Readings).save({"home": read})
    return folder


def _booking(register: Register, at: datetime, place: int) -> Booking:
    amount = Decimal(place * (3 + len(register)) % 900).scaleb(-3)
    eur = {"energy": amount * Decimal("0.12345"), "grid": amount * Decimal("0.0517")}
    return Booking(quarter=at, register=register, amount=amount, eur={} if place % 50 == 7 else eur)


def _books(folder: Path) -> Loaded:
    """All data that dm reads from the books at its start."""
    since = day_start(FIRST)
    with Books(folder) as books:
        kept = books.load()
        uses = [use for use in books.uses(since) if use[2]]
        return {
            "baselines": dict(kept.baselines),
            "days": dict(kept.days),
            "months": kept.months,
            "learned": kept.learned,
            "flows": list(books.flows(since)),
            "uses": uses,
            "unpriced": list(books.open(tuple(Register))),
            "beside": books.beside(since),
            "counted": {name: sum(use[2] for use in uses if use[1] is name) for name in Register},
        }


def _prices(folder: Path) -> Loaded:
    with closing(Prices(folder / "history" / "prices.db")) as prices:
        return {"prices": prices.days(FIRST)}


def _kept(folder: Path, name: str, kind: type[object]) -> Loaded:
    return {name: KeptFile(folder / name, kind).load()}


FILES: Mapping[str, Callable[[Path], Loaded]] = {
    "history/quarters.db": _books,
    "history/prices.db": _prices,
    "data.pickle": _books,
    "ev.json": lambda folder: _kept(folder, "ev.json", FleetKept),
    "bs.json": lambda folder: _kept(folder, "bs.json", BatteriesKept),
    "calendars.json": lambda folder: _kept(folder, "calendars.json", Readings),
}


@cache
def true(name: str, *, state: bool) -> Loaded:
    """The content of the intact file, with or without data.pickle."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as copy:
        return FILES[name](_copied(Path(copy), state=state))


def wrong(random: Random, name: str, *, state: bool = True) -> Iterator[str]:
    """The errors of a start after one random bit of the file is flipped; empty if there are
    none."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as copy:
        folder = _copied(Path(copy), state=state)
        path = folder / name
        content = bytearray(path.read_bytes())
        bit = random.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        where = f"{name}{'' if state else ' without data.pickle'}, bit {bit}"
        said = _Said()
        logging.getLogger().addHandler(said)
        try:
            found = FILES[name](folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, it would stop the start
            yield f"{where}: does not start: {error!r}"
            return
        finally:
            logging.getLogger().removeHandler(said)
        expected = true(name, state=state)
        other = [key for key in expected if found[key] != expected[key]]
        if other and not said.lines:
            yield f"{where}: loads other {', '.join(other)} in silence"
        if name.endswith("quarters.db") and "counted" in other and not _aside(said.lines):
            yield f"{where}: not every Wh is there again: {'; '.join(said.lines)}"


def _aside(said: list[str]) -> bool:
    """True if the whole file was lost, so that no register can restore it."""
    return any("; 0 intact rows" in line for line in said)


def _copied(folder: Path, *, state: bool) -> Path:
    shutil.copytree(house(), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("log"))
    if not state:
        (folder / "data.pickle").unlink()
    return folder
