"""dm in daily use: telegrams over a wire, kill -9, typed commands, wrong settings."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from base import messages
from bench.process import PATIENCE_S, ROOT, ended
from sim.stream import telegrams
from tests.apps.dm.running import Dm, Feed, booked, dm

pytestmark = pytest.mark.long

SIMULATION = "sim://?seed=7&start=2026-01-15T17:40"
SECONDS = 2100  # 17:40 to 18:15 with the oven on: two quarters close, a third has begun


@pytest.fixture(scope="module")
def stream() -> list[bytes]:
    return list(islice(telegrams(SIMULATION), SECONDS))


async def lived(data: Path, parts: Sequence[Sequence[bytes]]) -> messages.Usage:
    """Usage after all parts of a stream, with a kill -9 of dm after each part."""
    usage: messages.Message | None = None
    feed = Feed()
    async with feed.listening() as source:
        for part in parts:
            async with dm(source, data) as running:
                await feed.send(part)
                await running.heard(len(part))
                (usage,) = await running.ask("usage")
                await running.end(signal.SIGKILL)
            feed.hang_up()
    assert isinstance(usage, messages.Usage)
    return usage


async def test_a_kill_in_the_middle_of_a_quarter_changes_nothing(
    tmp_path: Path, stream: list[bytes]
) -> None:
    """kWh and EUR after a kill -9 and restart exactly equal those without it."""
    whole = await lived(tmp_path / "whole", [stream])
    for cut in (7, 700, 1250):  # in the first quarter, in the second, near a boundary
        data = tmp_path / f"cut{cut}"
        assert await lived(data, [stream[:cut], stream[cut:]]) == whole
        assert booked(data)["quarters"] == booked(tmp_path / "whole")["quarters"]
        assert booked(data)["baselines"] == booked(tmp_path / "whole")["baselines"]


async def test_telegrams_missed_while_dead_are_made_up_from_the_registers(
    tmp_path: Path, stream: list[bytes]
) -> None:
    """Twenty minutes without dm, across the end of a quarter, lose no energy."""
    whole = await lived(tmp_path / "whole", [stream])
    gap = await lived(tmp_path / "gap", [stream[:200], stream[1400:]])
    today, missed = (usage.periods[3] for usage in (whole, gap))
    assert today.offtake_day is not None
    assert missed.offtake_day == today.offtake_day
    assert missed.injection_day == today.injection_day


async def test_four_things_typed_get_four_answers(tmp_path: Path, stream: list[bytes]) -> None:
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        await feed.send(stream[:400])
        await running.heard(400)
        said = await running.ask(
            "help", "peak", "nonsense", '{"type":"command","word":"usage"}', "history 3"
        )
    kinds = [type(answer) for answer in said]
    assert kinds == [
        messages.Reply, messages.PeakState, messages.Error, messages.Usage, messages.History
    ]  # fmt: skip
    assert isinstance(said[2], messages.Error)
    assert "peak" in said[2].words


async def test_it_heals_when_the_line_is_cut(tmp_path: Path, stream: list[bytes]) -> None:
    """The connection ends in the middle of a telegram; dm reads on over the next one."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        await feed.send([*stream[:50], stream[50][:300]])
        await running.heard(50)
        feed.hang_up()
        await feed.send(stream[51:100])
        house = await running.heard(99)
    assert house.health.state == "fresh"


async def test_a_stop_saves_and_ends_with_0(tmp_path: Path, stream: list[bytes]) -> None:
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        await feed.send(stream[:100])
        await running.heard(100)
        assert await running.end(signal.SIGTERM) == 0
    assert (tmp_path / "data.pickle").exists()


async def test_a_second_dm_does_not_book_the_same_registers(tmp_path: Path) -> None:
    """Two daemons on one folder would book everything twice, so the second one exits."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path):
        twice = ("--source", source, "--data", str(tmp_path), "--headless")
        code, said = await ended("dm.py", *twice)
    assert code == 1
    assert "another dm" in said


async def test_a_recording_is_read_to_its_end(tmp_path: Path, stream: list[bytes]) -> None:
    recording = tmp_path / "day.p1"
    recording.write_bytes(b"".join(stream))
    told = ("--source", f"file://{recording}", "--data", str(tmp_path))
    code, _ = await ended("dm.py", "--headless", "--port", "0", *told)
    assert code == 0
    starts = {row[0] for row in booked(tmp_path)["quarters"]}
    assert len(starts) == 2  # 17:30 in part, and 17:45; 18:00 is not closed at 18:14:59


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("config.py", "glyphs = 'ascii'", "glyphs = 'ascii'"),
        ("config.py", "serial_port = 'socket://'", "serial_port"),
        ("rates.json", '{"Electricity": {"+": {"Day": 32.1, "Night": 0.3}}}', "32.1"),
    ],
)
async def test_a_wrong_file_ends_with_2_and_is_named(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    option = "--config" if file == "config.py" else "--rates"
    code, told = await ended("dm.py", "--headless", option, str(tmp_path / file))
    assert code == 2
    assert said in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--port", "99999"), 2, "0 to 65535"),
        (("--watch", "http://pi:8080"), 2, "ws://host:8080/ws"),
        (("--for", "-1"), 2, "-1 is not a number of seconds above 0"),
        (("--source", "sim://", "--data", "{here}/a_file"), 1, "Cannot open history"),
    ],
)
async def test_wrong_arguments_are_reported(
    tmp_path: Path, options: Sequence[str], code: int, said: str
) -> None:
    (tmp_path / "a_file").write_text("", encoding="utf-8")
    typed = (each.format(here=tmp_path) for each in options)
    found, told = await ended("dm.py", "--headless", *typed)
    assert found == code
    assert said in told
    assert "Traceback" not in told


async def test_a_lost_line_is_logged_once(tmp_path: Path, stream: list[bytes]) -> None:
    """The loss of the connection is logged once for all retries, and so is its return."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        for _ in range(2):
            await feed.send([b"ser2net port busy\r\n"])
            feed.hang_up()
        await feed.send(stream[:3])
        await running.heard(3)
        await running.end()
    said = (tmp_path / "log" / "log_info.log").read_text(encoding="utf-8")
    assert said.count("closed the connection") == 1
    assert said.count("Telegrams arrive again") == 1
    assert said.count("INFO reading") == 1


async def test_a_corrupt_state_is_set_aside_and_the_day_rebuilt(
    tmp_path: Path, stream: list[bytes]
) -> None:
    """A malicious pickle is not executed, and the day is restored from the quarters."""
    feed = Feed()
    async with feed.listening() as source:
        async with dm(source, tmp_path) as running:
            await feed.send(stream[:1500])
            await running.heard(1500)
            before = await running.ask("usage")
            await running.end()
        feed.hang_up()
        (tmp_path / "data.pickle").write_bytes(b"cposix\nsystem\n(S'touch pwned'\ntR.")
        async with dm(source, tmp_path) as running:
            await feed.send(stream[1499:1500])
            await running.heard(1)
            assert await running.ask("usage") == before
    names = os.listdir(tmp_path)  # noqa: PTH208  only the names are needed
    assert any(name.startswith("data.pickle.bad-") for name in names)
    assert "pwned" not in os.listdir(ROOT)  # noqa: PTH208


async def test_watch_shows_the_same_screen_elsewhere(tmp_path: Path, stream: list[bytes]) -> None:
    """dm.py --watch shows the messages of dm; without a terminal it prints one line each."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        await feed.send(stream[:400])
        await running.heard(400)
        line = await _watched(running)
    assert "headroom" in line
    assert "2026-01-15 17:46" in line


async def _watched(running: Dm) -> str:
    """First line of a watcher with data of the house."""
    watcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "dm.py", "--watch", running.url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert watcher.stdout is not None
    try:
        return (await asyncio.wait_for(watcher.stdout.readline(), PATIENCE_S)).decode()
    finally:
        watcher.kill()
        await watcher.wait()


async def test_health_is_the_same_by_word_and_by_http(tmp_path: Path, stream: list[bytes]) -> None:
    """A monitor gets 200 while telegrams arrive, otherwise 503 with the reason."""
    feed = Feed()
    async with feed.listening() as source, dm(source, tmp_path) as running:
        assert (await running.get("/health"))[0] == 503
        await feed.send([stream[0][:200], *stream[:100]])
        await running.heard(100)
        status, page = await running.get("/health")
        (word,) = await running.ask("health")
    told = messages.decode(page)
    assert isinstance(told, messages.Vitals)
    assert isinstance(word, messages.Vitals)
    assert (status, told.healthy, told.why) == (200, True, "")
    assert told.wire is not None
    assert told.wire == word.wire
    assert told.wire.rejected == {"cut": 1}
    assert told.heard_s["meter"] is not None
    assert (told.disk_free_mb or 0) > 0


def test_a_simulation_never_books_among_the_real_houses_quarters(tmp_path: Path) -> None:
    """Without --data a simulation has its books in a separate folder."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in ROOT.iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            (copy / path.name).symlink_to(path)
    (copy / "dm.py").unlink()
    (copy / "dm.py").write_bytes((ROOT / "dm.py").read_bytes())
    (copy / "rates.json").write_bytes((ROOT / "rates.json").read_bytes())
    subprocess.run(
        [sys.executable, "dm.py", "--source", "sim://?speed=100", "--for", "2", "--port", "0",
         "--headless"],
        cwd=copy, check=True, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert (copy / ".replayed" / "history" / "quarters.db").exists()
    assert not (copy / "history").exists()


@pytest.mark.parametrize("name", ["dm.py", "ev_app.py", "bs_app.py", "mqtt_app.py"])
async def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path, name: str) -> None:
    """Each program ends with 1, which do_py.sh retries, without a traceback or a number."""
    file, config = tmp_path / "a_file", tmp_path / "config.py"
    file.write_text("", encoding="utf-8")
    config.write_text(
        "serial_port = 'sim://'\n"
        "socket_info = {'dm': {'host': '127.0.0.1', 'port': 0}}\n"
        "cable_info = {'main': {'host': '127.0.0.1:9'}}\n"
        "battery_info = {'home': {'family': 'sim', 'capacity_kwh': 5}}\n"
        "mqtt = {'host': '127.0.0.1', 'port': 9}\n",
        encoding="utf-8",
    )
    options = ("--headless", "--port", "0", "--config", str(config), "--data", str(file))
    code, told = await ended(name, *options)
    assert code == 1
    assert "Cannot open" in told
    assert "a_file" in told
    assert "Traceback" not in told
    assert "Errno" not in told
