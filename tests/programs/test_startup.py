"""startup_cron.sh starts each app in its tmux session, from an empty environment."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DO_PY = """#!/bin/sh
wrong() { echo 'config.py: glyphs is wrong'; exit 2; }
case $1 in
settings.py) if [ -e wrong ]; then wrong >&2; fi; cat apps ;;
dm.py) if [ -e wrong ]; then wrong; fi; exec sleep 60 ;;
*) exec sleep 60 ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")


class Pi:
    """A home folder with the real script, a fake do_py.sh and a separate tmux server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {"TMUX_TMPDIR": str(folder), "HOME": str(folder)}
        shutil.copy(ROOT / "startup_cron.sh", folder)
        (folder / "do_py.sh").write_text(DO_PY, encoding="utf-8")
        (folder / "do_py.sh").chmod(0o755)
        self.configure("dm", "ev")

    def configure(self, *apps: str) -> None:
        """Write these settings to config.py."""
        (self.folder / "apps").write_text("\n".join(apps), encoding="utf-8")

    def boot(self) -> None:
        subprocess.run(["./startup_cron.sh"], cwd=self.folder, env=self.env, check=True, timeout=20)

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            [str(shutil.which("tmux")), *words],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def shown(self, pane: str, text: str) -> str:
        """The text of the pane as soon as it contains this, or after 30 seconds."""
        look = f"until tmux capture-pane -p -t {pane} | grep -q '{text}'; do sleep 0.05; done"
        subprocess.run(["timeout", "30", "sh", "-c", look], env=self.env, check=False)
        return self.tmux("capture-pane", "-p", "-t", pane)

    @property
    def sessions(self) -> set[str]:
        return set(self.tmux("list-sessions", "-F", "#S").split())


@pytest.fixture
def pi(tmp_path: Path) -> Iterator[Pi]:
    booted = Pi(tmp_path)
    yield booted
    booted.tmux("kill-server")


def test_every_app_has_its_session_and_a_second_run_changes_nothing(pi: Pi) -> None:
    pi.boot()
    assert pi.sessions == {"dm", "ev", "log"}
    before = pi.tmux("list-panes", "-a", "-F", "#{pane_pid}")
    pi.boot()
    assert pi.tmux("list-panes", "-a", "-F", "#{pane_pid}") == before


def test_a_machine_without_a_meter_starts_its_own_programs_alone(pi: Pi) -> None:
    pi.configure("ev", "bs")
    pi.boot()
    assert pi.sessions == {"ev", "bs", "log"}
    assert "log/ev/log_info.log" in pi.tmux(
        "list-panes", "-t", "=log", "-F", "#{pane_start_command}"
    )


def test_a_wrong_config_is_readable_in_the_pane_of_dm(pi: Pi) -> None:
    """Mail of cron is rarely read. With the file corrected and started again, dm runs."""
    (pi.folder / "wrong").touch()
    pi.boot()
    assert "glyphs is wrong" in pi.shown("dm", "dead")
    (pi.folder / "wrong").unlink()
    pi.boot()
    assert pi.tmux("list-panes", "-t", "=dm", "-F", "#{pane_dead}").strip() == "0"
    assert pi.sessions == {"dm", "ev", "log"}
