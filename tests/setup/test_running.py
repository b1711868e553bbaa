"""restart and stop on a real tmux server; a running program notices a changed config.py."""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.changed import Changed
from apps.shared.secrets import Secrets
from apps.shared.settings import load_settings
from base import messages
from bench.process import free_port, runs
from setup import health, sessions
from setup.machine import Machine
from tests.setup.house import House

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
]
PATIENCE_S = 60.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Run the meter of a simulated house in its tmux session."""
    made = House(tmp_path)
    made.copy()
    made.furnish()
    address = f'{{"dm": {{"host": "127.0.0.1", "port": {free_port()}}}}}'
    text = f'serial_port = "sim://"\nsocket_info = {address}\n'
    (made.project / "config.py").write_text(text, encoding="utf-8")
    subprocess.run([made.project / "startup_cron.sh"], env=made.env, check=True)
    yield made
    subprocess.run(["tmux", "kill-server"], env=made.env, check=False)


def dm(house: House, changed: bool) -> messages.Vitals:
    """The state of dm, as soon as it reports one about its settings."""
    settings, until = load_settings(house.project / "config.py"), time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        told = health.all_vitals(settings, Secrets()).get("dm")
        if told is not None and told.settings_changed == changed:
            return told
        time.sleep(0.2)
    pane = ("tmux", "capture-pane", "-p", "-S", "-", "-t", "=dm:")
    shown = subprocess.run(pane, env=house.env, capture_output=True, text=True, check=False).stdout
    raise AssertionError(f"dm never said that its settings changed: {changed}; it shows:\n{shown}")


def test_a_changed_config_is_noticed_and_restart_takes_it_up(house: House) -> None:
    dm(house, changed=False)
    with (house.project / "config.py").open("a", encoding="utf-8") as config:
        config.write("month_peak_floor_kw = 3.0\n")
    dm(house, changed=True)
    assert "config.py changed since start: ./do_py.sh restart dm" in house.upkeep("doctor")[1]
    code, said = house.upkeep("restart", "dm")
    assert (code, said) == (0, "started: dm\n")
    assert dm(house, changed=False).healthy

    with (house.project / "config.py").open("a", encoding="utf-8") as config:
        config.write("glyphs = 'none'\n")
    code, said = house.upkeep("restart")
    assert code == 2
    assert "glyphs" in said
    assert "keep the settings they started with" in said

    assert house.upkeep("stop") == (
        0, "stopped: dm, log. At the next boot they start again.\n"
    )  # fmt: skip
    assert house.upkeep("stop")[1].startswith("Nothing was started from here")


def test_install_restarts_what_it_changed_and_probes_what_was_given(house: House) -> None:
    dm(house, changed=False)
    code, said = house.upkeep(
        "install", "--yes", "--no-autostart", "--charger", "127.0.0.1:1",
        "--battery", "victron 127.0.0.1 10",
    )  # fmt: skip
    assert code == 0, said
    assert "charger        WRONG" in said
    assert (
        "battery        WRONG  home does not answer at 127.0.0.1 port 502: is it switched on?"
        in said
    )
    assert "restarted with the changes: dm, log" in said
    assert dm(house, changed=False).healthy


def test_a_config_saved_unchanged_or_set_back_needs_no_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "config.py"
    path.write_text("a = 1\n", encoding="utf-8")
    watched, said = Changed(path), []
    for text in ("a = 1\n", "a = 22\n", "a = 1\n"):
        path.write_text(text, encoding="utf-8")
        watched.look()
        said.append(watched.now)
    path.unlink()
    watched.look()
    assert (said, watched.now) == ([False, True, False], False)
    assert "./do_py.sh restart applies it" in caplog.text


DEAF = """
import signal
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""


def test_what_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr(sessions, "PATIENCE_S", 0.5)
    machine, command = Machine(tmp_path), f"exec {sys.executable} -c {shlex.quote(DEAF)}"
    machine.run(
        "tmux", "new-session", "-d", "-s", "dm", command, ";", "set", "@home", str(tmp_path)
    )
    try:
        while "deaf" not in (machine.run("tmux", "capture-pane", "-p", "-t", "=dm:") or ""):
            time.sleep(0.1)
        pid = int(machine.run("tmux", "list-panes", "-a", "-F", "#{pane_pid}") or 0)
        assert sessions.stop(machine) == ["dm"]
        until = time.monotonic() + PATIENCE_S
        while runs(pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not runs(pid)
    finally:
        machine.run("tmux", "kill-server")
