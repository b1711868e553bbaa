"""Output, end and exit codes of `./do_py.sh p1 SOURCE`."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from p1.__main__ import main
from tests.p1.source.made import Pty, pty, telegram

ROOT = Path(__file__).parents[3]
TELEGRAMS = Path(os.environ.get("DM_SHARED", ROOT.parent / "shared")) / "telegrams"


def recording(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "recording.txt"
    path.write_bytes(data)
    return f"file://{path}"


def test_a_telegram_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has a description of each line of the telegram, and then the count."""
    assert main([recording(tmp_path, telegram())]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "/MAD5\\made for a test"
    assert any(line.startswith("1-0:1.7.0 ") and "0.444" in line for line in lines)
    assert lines[-1].startswith("1 good telegram, none rejected, from /")
    assert err == ""


def test_json_keeps_every_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One Reading per line with the standard field names, then the count with its reasons."""
    damaged = telegram(1).replace(b"00.444", b"0.444")
    assert main([recording(tmp_path, telegram() + damaged), "--json"]) == 0
    out, err = capsys.readouterr()
    reading, count = out.splitlines()
    assert '"offtake_day_kwh": 123.456, ' in reading
    assert '"injection_night_kwh": 0.000, ' in reading
    assert json.loads(reading)["time"] == "2026-01-15T11:00:00Z"
    assert json.loads(reading)["tariff"] == "day"
    assert json.loads(reading)["demand_kw"] is None
    assert json.loads(count) == {"good": 1, "rejected": 1, "reasons": {"crc": 1}}
    assert "1 of 2 telegrams (50 %) fail their CRC" in err


def test_count_stops_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--count 2 shows and counts two telegrams only."""
    data = b"".join(telegram(second) for second in range(5))
    assert main([recording(tmp_path, data), "--json", "--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert json.loads(lines[-1])["good"] == 2


def test_no_telegram_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and the diagnosis on stderr; the count is still on stdout."""
    data = telegram().replace(b"\r\n", b"\n")
    assert main([recording(tmp_path, data), "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {"good": 0, "rejected": 1, "reasons": {"cr_stripped": 1}}
    assert "carriage returns" in err


def test_a_silent_port_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """An open port without data: the sentence lists the checks at the meter."""
    with pty() as port:
        assert main([port.path, "--for", "0.1"]) == 1
    assert "myfluvius" in capsys.readouterr().err


def test_a_missing_port_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that cannot be opened is reported, not the resulting silence."""
    assert main(["/dev/ttyNOTHERE", "--for", "0.1"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("/dev/ttyNOTHERE does not exist")


@pytest.mark.parametrize("wrong", [["--count", "0"], ["--for", "-1"], ["--for", "nan"]])
def test_a_wrong_limit_is_named(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A limit of zero is refused at once."""
    with pytest.raises(SystemExit) as stop:
        main(["auto", *wrong])
    assert stop.value.code == 2
    assert "must be more than 0" in capsys.readouterr().err


def test_a_wrong_source_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2: a retry cannot help."""
    assert main(["ttyUSB0"]) == 2
    assert '"ttyUSB0"' in capsys.readouterr().err


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "p1", *arguments, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )


async def feed_until_it_prints(command: asyncio.subprocess.Process, port: Pty) -> bytes:
    """The first line that the command prints for the telegrams sent to it."""
    assert command.stdout is not None
    printed = asyncio.create_task(command.stdout.readline())
    while not printed.done():
        port.send(telegram())
        await asyncio.wait([printed], timeout=0.05)
    return await printed


async def test_a_live_port_shows_one_telegram_and_stops() -> None:
    """The command on a pty prints one table, with exit code 0."""
    with pty() as port:
        command = await start(port.path)
        assert await feed_until_it_prints(command, port) == b"/MAD5\\made for a test\n"
        out, err = await command.communicate()
    assert (command.returncode, err) == (0, b"")
    assert b"1 good telegram" in out


async def test_ctrl_c_ends_it_cleanly() -> None:
    """The count is printed, and no traceback."""
    with pty() as port:
        # A suite in the background ignores SIGINT, and so would its child processes.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        command = await start(port.path, "--json")
        signal.signal(signal.SIGINT, before)
        assert json.loads(await feed_until_it_prints(command, port))["tariff"] == "day"
        command.send_signal(signal.SIGINT)
        out, err = await command.communicate()
    assert json.loads(out.splitlines()[-1])["good"] >= 1
    assert (command.returncode, err) == (0, b"")


def corpus() -> list[str]:
    """The telegrams with a correct CRC."""
    paths = sorted(TELEGRAMS.glob("*.json"))
    return [path.stem for path in paths if json.loads(path.read_text()).get("crc_ok") is True]


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The output of the command for a file of the corpus, with the telegram numbers of that
    file.
    """
    main([f"file://{TELEGRAMS / name}.txt", "--json"])
    lines = capsys.readouterr().out.splitlines()
    return [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines]


def number(expected: dict[str, Any], key: str, unit: str) -> Decimal | None:
    """An expected value in this unit, when it is a plain non-negative one."""
    given = expected.get(key) or {}
    text = given.get("value")
    if text is None or text.startswith("-") or given.get("unit") != unit:
        return None
    return Decimal(text)


@pytest.mark.skipif(not TELEGRAMS.is_dir(), reason=f"no corpus of telegrams at {TELEGRAMS}")
@pytest.mark.parametrize("name", corpus())
def test_it_agrees_with_the_corpus(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every telegram with a correct CRC has the same values as in an independent program."""
    reading, count = printed(name, capsys)
    assert count == {"good": 1, "rejected": 0, "reasons": {}}
    expected = json.loads((TELEGRAMS / f"{name}.json").read_text())["values"]
    clock = expected.get("clock") or {}
    if clock.get("utc"):
        assert reading["time"] == clock["utc"]
    day, night = ("t2", "t1") if expected.get("version") in ("40", "42", "50") else ("t1", "t2")
    for key, source, unit in [
        ("offtake_day_kwh", f"import_{day}", "kWh"),
        ("offtake_night_kwh", f"import_{night}", "kWh"),
        ("injection_day_kwh", f"export_{day}", "kWh"),
        ("injection_night_kwh", f"export_{night}", "kWh"),
        ("offtake_kw", "power_import", "kW"),
        ("injection_kw", "power_export", "kW"),
        ("demand_kw", "avg_demand", "kW"),
        ("limit_kw", "limiter", "kW"),
        ("limit_a", "fuse", "A"),
    ]:
        if (value := number(expected, source, unit)) is not None:
            assert reading[key] == value, key
    if peak := expected.get("month_peak"):
        assert reading["month_peak"]["kw"] == Decimal(peak["value"])
        if at := peak["at"].get("utc"):
            assert reading["month_peak"]["at"] == at


@pytest.mark.skipif(not TELEGRAMS.is_dir(), reason=f"no corpus of telegrams at {TELEGRAMS}")
def test_the_long_capture(capsys: pytest.CaptureFixture[str]) -> None:
    """A capture that starts in the middle of a telegram gives all 566 whole ones."""
    *readings, count = printed("stream_nielsbasjes_566x_nl", capsys)
    assert (len(readings), count["good"]) == (566, 566)
