"""Fuzz targets: each takes any bytes and raises if the code under test breaks its contract.

`seeds` are small and generated, so the repository holds no data of real meters or calendars.
"""

import asyncio
import atexit
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from apps.dm.coordinator import Coordinator
from apps.dm.house import Rules
from apps.dm.meter import Meter
from apps.shared.commands import Words
from base.device_errors import DeviceError
from base.messages import Need, Reply, decode, encode
from base.time import BRUSSELS
from bs.devices.sunspec_map import Model
from ev import title_parser
from ev.calendars.expand import expand
from ev.chargers.nrgkick import answers
from my_socket import Peer
from p1.crc import crc
from p1.framing import MAX_BYTES, Frame, Framer
from p1.reader import Reader
from p1.reading import read
from p1.telegram import parse
from plan.state import Rules as ShareRules
from rates.errors import RatesError
from rates.files import EXAMPLES, load
from rates.in_force import Prices
from rates.seed_form import SeedRates, seed_rates
from sim.stream import telegrams
from store.books import Books

INPUTS_A_HOME = 100
SINCE = datetime(2026, 1, 15, tzinfo=UTC)
_CALENDAR = b"""BEGIN:VCALENDAR
X-WR-TIMEZONE:Europe/Brussels
BEGIN:VEVENT
UID:1
SUMMARY:@q4@ Antwerp 120 km
DTSTART;TZID=Europe/Brussels:20260116T073000
DTEND;TZID=Europe/Brussels:20260116T180000
RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=9
EXDATE;TZID=Europe/Brussels:20260119T073000
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True, slots=True)
class Target:
    """`check` returns if the input is handled as documented and raises otherwise."""

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def stream(data: bytes) -> None:
    """Splitting a stream into chunks does not change its telegrams, and the buffer stays small."""
    whole, parts = Framer(), Framer()
    found = whole.feed(data)
    half = len(data) // 2
    assert found == parts.feed(data[:half]) + parts.feed(data[half:])
    assert len(whole._buffer) <= MAX_BYTES
    for event in found:
        if isinstance(event, Frame):
            read(parse(event.raw))


def body(data: bytes) -> None:
    """A telegram with a valid CRC is parsed, and the cached reader gives the same result."""
    raw = b"/FUZ5x\r\n\r\n" + data.translate(_INNER)[: MAX_BYTES // 2] + b"!"
    raw += f"{crc(raw):04X}".encode()
    (event,) = Framer().feed(raw)
    assert isinstance(event, Frame)
    seen = parse(event.raw)
    reader, slowly = Reader(), read(seen)
    assert reader.read(seen) == slowly
    assert reader.read(seen) == slowly


def p1(data: bytes) -> None:
    """Half of the inputs are streams, half are the content of a telegram."""
    (stream if data[:1] < b"\x80" else body)(data[1:])


def rates(data: bytes) -> None:
    """A rates file gives prices, or an error that is not empty."""
    try:
        load(data.decode("utf-8", "replace"))
    except RatesError as error:
        assert str(error)  # noqa: PT017  this checks the error's text, not that it is raised


def wire(data: bytes) -> None:
    """Any text gets an answer, and each answer is a valid message."""
    for text in asyncio.run(
        _WORDS.answer(Peer(address="127.0.0.1"), data.decode("utf-8", "replace"))
    ):
        decode(text)


def need(data: bytes) -> None:
    """Any decodable need is accepted, and the next house message is valid."""
    try:
        said = decode(data.decode("utf-8", "replace"))
    except ValueError:
        return
    if isinstance(said, Need):
        home = _homes().next()
        now_s = home.beat()
        home.coordinator.neighbours.hear(said, now_s)
        home.coordinator.consider(now_s)
        decode(encode(home.coordinator.house(home.beat())))
        assert not home.coordinator.neighbours._barred, said
        home.coordinator.neighbours._heard.clear()


def books(data: bytes) -> None:
    """After a valid telegram, any telegram with a valid CRC can be booked and read back."""
    raw = b"/FUZ5x\r\n\r\n" + data.translate(_INNER)[: MAX_BYTES // 2] + b"!"
    raw += f"{crc(raw):04X}\r\n".encode()
    home = _homes().next()
    home.meter.feed(raw, home.beat())
    house = home.meter.message("house", home.now_s)
    decode(encode(house))
    home.meter.save()
    for topic in ("usage", "peak", "demand", "telegram"):
        decode(encode(home.meter.message(topic, home.now_s)))


class _Home:
    """A meter with its own books, which receives a valid telegram with each beat."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        folder = self._stack.enter_context(TemporaryDirectory())
        books = self._stack.enter_context(Books(Path(folder)))
        self.close = self._stack.close
        logging.getLogger("apps").setLevel(logging.CRITICAL)
        rates: SeedRates = seed_rates('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
        self.meter = Meter(Rules(2.5), Prices(rates, None), books, live=False)
        self.coordinator = Coordinator(
            self.meter,
            books,
            lambda _: None,
            ShareRules(fuse_a=25.0),
            sunny=False,
            ours=("ev", "bs"),
        )
        self._stream = iter(_sound())
        self.now_s = 0.0

    def beat(self) -> float:
        """Advance the time by one second and feed its telegram."""
        self.now_s += 1.0
        self.meter.feed(next(self._stream), self.now_s)
        return self.now_s


@cache
def _sound() -> tuple[bytes, ...]:
    return tuple(telegrams("sim://?seed=7&start=2026-01-15T17:44", 2 * INPUTS_A_HOME))


class _Homes:
    """A new home after a number of inputs, to end the lasting effects of an input."""

    def __init__(self) -> None:
        self._inputs, self._home = 0, _Home()

    def next(self) -> _Home:
        self._inputs += 1
        if self._inputs % INPUTS_A_HOME == 0:
            self._home.close()
            self._home = _Home()
        return self._home


@cache
def _homes() -> _Homes:
    homes = _Homes()
    atexit.register(lambda: homes.next().close())
    return homes


def calendar(data: bytes) -> None:
    """Any calendar and any title is parsed without an exception."""
    text = data.decode("utf-8", "replace")
    for event in expand(text, SINCE, SINCE + timedelta(days=14), BRUSSELS).events:
        assert event.start.tzinfo is not None
    title_parser.marks(text, ("q4", "volvo"))
    title_parser.asked(text, text)


def device(data: bytes) -> None:
    """Any answer of a charger or battery gives values, unknown values or a DeviceError."""
    words = [int.from_bytes(data[at : at + 2]) for at in range(0, len(data) - 1, 2)]
    model = Model(40_000, tuple(words))
    for at in range(0, len(words), 7):
        model.number(at)
        try:
            model.scaled(at, at + 1)
        except DeviceError:
            continue
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return
    for each in (answers.info, answers.values, answers.control):
        each(answer)


def _words() -> Words:
    words = Words("dm", "0")
    words.add("peak", lambda _: Reply(word="peak", text=""), "the peak", topic=True)
    words.add("history", lambda args: Reply(word="h", text=" ".join(args)), "days", "[DAYS]")
    words.hear(Need, lambda peer, need: None)
    return words


def _telegrams() -> Iterator[bytes]:
    """Telegrams of a quiet evening, and others with every fault of the simulated line."""
    faults = "cut@1,lost@2,bit@3,ff@4,nul@5,7e1@6,lf@7,rows@8,vanish@9"
    for url in ("sim://?start=2026-01-15T17:20", f"sim://?start=2026-01-31T23:59&faults={faults}"):
        for raw in islice(telegrams(url), 10):
            yield b"\x00" + raw
            yield b"\x80" + raw[raw.find(b"\n0-0:") + 1 : raw.rfind(b"!")]


def _rates() -> Iterator[bytes]:
    yield b'{"Gas": {"+": 1.5, "cnv": ["kWh", 11.5]}, "Electricity": {"+": {"Day": 0.4}}}'
    yield from (path.read_bytes() for path in sorted(EXAMPLES.glob("*.json")))


def _lines() -> Iterator[bytes]:
    yield from (b"help", b"watch peak", b"stop", b"history 7", b"history x")
    yield b'{"type":"command","word":"watch","args":["peak"]}'
    yield b'{"type":"hello","name":"ev","version":"1","protocol":1}'
    yield b'{"type":"need","name":"ev","power_kw":1.0,"cars":[{"name":"q4","plugged":true}]}'


def _needs() -> Iterator[bytes]:
    """Needs of a car, batteries and a consumer, with all their fields."""
    car = (
        b'{"name":"q4","plugged":true,"power_kw":2.97,"soc_pct":62.0,"soc_age_s":840.0,'
        b'"target_pct":80.0,"capacity_kwh":77.0,"energy_kwh":15.4,"deadline":"2026-01-16T06:30:00Z",'
        b'"least_kw":1.38,"most_kw":11.0,"phases":3,"efficiency":0.9,"urgency":"trip",'
        b'"value_eur_kwh":1.0,"room_kwh":32.5,"trips":[{"leaves":"2026-01-16T06:30:00Z",'
        b'"returns":"2026-01-16T16:30:00Z","need_kwh":15.4,"use_kwh":14.0}],"least_idle_s":600.0}'
    )
    battery = (
        b'{"name":"b","power_kw":-1.79,"soc_pct":54.0,"capacity_kwh":10.0,"reserve_pct":10.0,'
        b'"charge_kw":5.0,"discharge_kw":5.0,"efficiency":0.95,"wear_eur_kwh":0.02}'
    )
    yield b'{"type":"need","name":"ev","power_kw":1.0,"cars":[' + car + b"]}"
    yield b'{"type":"need","name":"bs","power_kw":1.0,"batteries":[%s,%s]}' % (battery, battery)
    yield b'{"type":"need","name":"pump","power_kw":1e3,"least_kw":0.5,"most_kw":2.0,"why":"hot"}'


def _inner_telegrams() -> Iterator[bytes]:
    """Content of telegrams before, at and after the end of a quarter."""
    for raw in islice(telegrams("sim://?start=2026-01-15T17:44:55"), 0, 12, 2):
        yield raw[raw.find(b"\n0-0:") + 1 : raw.rfind(b"!")]


def _answers() -> Iterator[bytes]:
    yield b'{"general":{"rated_current":32.0,"status":3,"relay_state":14,"error_code":0}}'
    yield b'{"powerflow":{"total_active_power":11000,"l1":{"current":16.0}},"current_set":6.0}'
    yield bytes(range(256))


_INNER = bytes(ord(".") if chr(byte) in "/!\xaf" else byte for byte in range(256))
_WORDS = _words()
TARGETS = {
    target.name: target
    for target in (
        Target("p1", p1, _telegrams),
        Target("rates", rates, _rates),
        Target("wire", wire, _lines),
        Target("need", need, _needs),
        Target("books", books, _inner_telegrams),
        Target("calendar", calendar, lambda: iter([_CALENDAR])),
        Target("device", device, _answers),
    )
}
