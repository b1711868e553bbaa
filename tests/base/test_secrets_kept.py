"""No screen, log, traceback, message or list of processes shows the contents of secrets.json."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.process import PATIENCE_S, ROOT
from tests.apps.dm.running import dm

PLANTED = {
    "websocket_token": "planted-token",
    "entsoe_token": "planted-entsoe",
    "cables": {"main": {"user": "owner", "password": "planted-cable"}},
    "cars": {"q4": {"user": "owner", "password": "planted-car"}},
    "ical_addresses": {"family": "http://127.0.0.1:9/planted-ical.ics"},
    "homewizard_tokens": {"home": "planted-homewizard"},
}
CONFIG = """
socket_info = {{"dm": {{"host": "127.0.0.1", "port": {port}}}}}
cable_info = {{"main": {{"host": "127.0.0.1:9"}}}}
cars = {{"q4": {{"capacity_kwh": 77.0}}}}
battery_info = {{"home": {{"family": "homewizard", "host": "127.0.0.1:9", "capacity_kwh": 2.7}}}}
"""
LIVES_S = "4"


@contextmanager
def screen(app: str, folder: Path, env: Mapping[str, str], *more: str) -> Iterator[list[bytes]]:
    """Run the app on its own terminal for some seconds; the list receives its output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, app, "--config", str(folder / "config.py"), "--data", str(folder / app),
         "--port", "0", "--for", LIVES_S, *more],
        cwd=ROOT, env={**env, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen: list[bytes] = []
    try:
        yield seen
        seen.append(Path(f"/proc/{process.pid}/cmdline").read_bytes())
        with suppress(OSError):  # the terminal closes when the app ends
            while part := os.read(ours, 65536):
                seen.append(part)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


async def test_no_secret_is_shown_anywhere(tmp_path: Path) -> None:
    """Unreachable devices, wrong tokens and invalid commands are logged without any secret."""
    (tmp_path / "secrets.json").write_text(json.dumps(PLANTED), encoding="utf-8")
    (tmp_path / "secrets.json").chmod(0o600)
    env = {**os.environ, "HOME": str(tmp_path)}
    said = b""
    async with dm("sim://", tmp_path / "first", env={"HOME": str(tmp_path)}) as running:
        (tmp_path / "config.py").write_text(CONFIG.format(port=running.port), encoding="utf-8")
        topics = ("house", "health", "events", "rates", "outlook", "nonsense", "telegram")
        for answer in await running.ask(*topics):
            said += answer.model_dump_json().encode()
        apps = [("ev_app.py",), ("bs_app.py",), ("dm.py", "--source", "sim://")]
        drawn = await asyncio.gather(
            *(asyncio.to_thread(_lived, app, tmp_path, env, *more) for app, *more in apps)
        )
    said += b"".join(drawn)
    said += _written(tmp_path)
    assert b"started: main" in said
    assert b"started: home" in said
    assert b"planted" not in said, said[said.index(b"planted") - 200 :][:400]


def _lived(app: str, folder: Path, env: Mapping[str, str], *more: str) -> bytes:
    with screen(app, folder, env, *more) as seen:
        pass
    return b"".join(seen)


def _written(folder: Path) -> bytes:
    """Contents of all files that the apps wrote: logs, state, books."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "secrets.json")
    return b"".join(path.read_bytes() for path in files)
