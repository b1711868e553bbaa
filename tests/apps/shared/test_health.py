"""A daemon reports its health by command, over plain HTTP, and to systemd."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from pathlib import Path

import pytest

from apps.dm.house import Rules
from apps.dm.meter import Meter
from apps.shared.health import Checkup, page
from base import daemon, messages
from rates.files import load
from rates.in_force import Prices
from rates.seed_form import SeedRates
from sim.stream import telegrams
from store.books import Books
from tests.p1.source.made import telegram

SOON_S = 20.0


@contextmanager
def systemd(
    monkeypatch: pytest.MonkeyPatch, folder: Path, every_s: float
) -> Iterator[socket.socket]:
    """A notify socket like systemd's, with a watchdog interval of `every_s`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(folder / "notify"))
        line.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(int(every_s * 1e6)))
        yield line


async def heard(line: socket.socket) -> str:
    return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(line, 99), SOON_S)).decode()


async def test_systemd_hears_ready_life_and_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stop = asyncio.Event()
    with systemd(monkeypatch, tmp_path, 0.1) as line:
        living = asyncio.create_task(daemon.live({"clock": asyncio.Event().wait}, stop))  # type: ignore[dict-item]
        assert [await heard(line) for _ in range(4)] == ["READY=1"] + 3 * ["WATCHDOG=1"]
        stop.set()
        await living
        said = ""
        while said != "STOPPING=1":
            said = await heard(line)


@pytest.mark.parametrize(
    ("error", "vital", "lives"),
    [
        (ValueError("a mistake of ours"), ("clock",), False),
        (ValueError("a mistake of ours"), (), True),
        (OSError("the disk is full"), ("clock",), True),
    ],
)
async def test_a_part_that_matters_and_is_broken_starves_the_watchdog(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Exception,
    vital: tuple[str, ...],
    lives: bool,
) -> None:
    """systemd restarts the daemon only for faults that a restart can fix, in a vital part."""
    monkeypatch.setattr(daemon, "FIRST_PAUSE_S", 0.0)
    failed_often = asyncio.Event()
    restarts: Counter[str] = Counter()

    async def fails() -> None:
        if restarts["clock"] >= 3:
            failed_often.set()
        raise error

    with systemd(monkeypatch, tmp_path, 0.03) as line:
        stop = asyncio.Event()
        living = asyncio.create_task(daemon.live({"clock": fails}, stop, restarts, vital))
        await asyncio.wait_for(failed_often.wait(), SOON_S)
        while True:  # discard messages sent before the failure
            try:
                line.recv(99)
            except BlockingIOError:
                break
        heard_again = asyncio.create_task(heard(line))
        await asyncio.wait({heard_again}, timeout=SOON_S if lives else 0.3)
        assert heard_again.done() is lives
        stop.set()
        await living
        await heard_again


async def test_without_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    daemon.notify("READY=1")


def test_a_disk_is_reported_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkup = Checkup("dm", "0.1.0", tmp_path)
    assert page(checkup.vitals({"meter": 0.4}, "")).status is HTTPStatus.OK
    monkeypatch.setattr("apps.shared.health.LEAST_FREE_MB", 10**9)
    told = checkup.vitals({"meter": 0.4}, "")
    assert told.why.startswith("only ")
    assert page(told).status is HTTPStatus.SERVICE_UNAVAILABLE


def test_a_disk_that_cannot_be_asked_is_unknown(tmp_path: Path) -> None:
    assert Checkup("dm", "0.1.0", tmp_path / "gone").vitals({}, "").disk_free_mb is None


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Meter]:
    rates = load('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
    assert isinstance(rates, SeedRates)
    with Books(tmp_path) as books:
        yield Meter(Rules(2.5), Prices(rates, None), books, live=False)


def test_health_has_counts_and_the_clock_difference(meter: Meter) -> None:
    """Health has counts of good and bad telegrams, their ratio, and the clock difference."""
    for number, raw in enumerate(islice(telegrams("sim://?start=2026-01-15T17:20"), 20)):
        meter.feed(raw if number % 4 else raw[:300], float(number))
    wire = meter.reception.wire
    assert (wire.good, wire.rejected, wire.error_pct) == (15, {"cut": 5}, 25.0)
    assert wire.clock_ahead_s is not None
    began = datetime(2026, 1, 15, 16, 20, 19, tzinfo=UTC)
    assert abs(wire.clock_ahead_s - (began - datetime.now(UTC)).total_seconds()) < 60
    assert meter.trouble(20.0) == ""
    assert meter.trouble(31.0) == "no telegram for 12 s"


def test_a_bad_telegram_is_shown_without_its_ids(meter: Meter) -> None:
    """Serial numbers and EANs are masked, also partial ones; times and registers are shown."""
    ean = b"0-0:96.1.2(353431343438\x07)\r\n0-0:96.1.1("
    meter.feed(telegram(5).replace(b"0-0:96.1.1(", ean), 1.0)
    assert (bad := meter.reception.wire.last_bad) is not None
    assert bad.reason == "crc"
    assert "96.1.2(35…\\x07)\n0-0:96.1.1(31…)\n" in bad.text
    assert "(260115120005W)" in bad.text
    assert "000123.456*kWh" in bad.text
    cut = telegram(6)
    meter.feed(cut[: cut.index(b"3153414731") + 8] + telegram(7), 2.0)
    assert (bad := meter.reception.wire.last_bad) is not None
    assert bad.reason == "cut"
    assert bad.text.endswith("96.1.1(31…")
    told = meter.reception.wire
    assert messages.Wire.model_validate_json(told.model_dump_json()) == told
