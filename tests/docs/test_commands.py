"""Every command in the documents is run by this module or by the test that PROVED names.

Each command runs in a copy of the project with its own home, crontab, tmux server and ports.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from base.time import DAY
from bench.process import free_port
from tests.docs.commands import PROVED, RUN, Run, commands
from tests.setup.house import House
from tests.whatif.factories import export, prices_csv

pytestmark = pytest.mark.long

FIRST, DAYS = date(2025, 6, 1), 30
USUAL_PORTS = ("8080", "8081", "8082")


class Running:
    """A running command, and its output so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self.said = process, ""

    def heard(self, pattern: str) -> re.Match[str]:
        """Wait for this output; fail if the command ends first."""
        while (found := re.search(pattern, self.said)) is None and self._read():
            pass
        assert found, f"it never said {pattern}: {self.said}"
        return found

    def reads(self, typed: str) -> None:
        """Send this text to the command; its input stays open."""
        assert self._process.stdin is not None
        self._process.stdin.write(typed.encode())
        self._process.stdin.flush()

    def ended(self, stopped: bool) -> int:
        """Return the exit code; with `stopped` the command is terminated first."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if stopped:
            self._process.terminate()
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 65536)
        self.said += data.decode(errors="replace")
        return bool(data)


class Household(House):
    """A complete copy with a simulated meter, free ports and last year's export."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.copy(left_out=())
        self.furnish()
        self.env["PATH"] += os.pathsep + os.environ["PATH"]  # the fake crontab still comes first
        config = self.project / "config.py"
        text = config.read_text(encoding="utf-8").replace('= "/dev/ttyUSB0"', '= "sim://"')
        for port in USUAL_PORTS:
            assert text.count(f'"port": {port}') == 1
            text = text.replace(f'"port": {port}', f'"port": {free_port()}')
        config.write_text(text, encoding="utf-8")
        charger = f"cable_info = {{'main': {{'host': '127.0.0.1:{free_port()}', 'most_a': 16}}}}\n"
        (self.project / "with_charger.py").write_text(text + charger, encoding="utf-8")
        year = export([FIRST + n * DAY for n in range(DAYS)])
        (self.project / "year_2025.csv").write_bytes(year.encode("utf-8-sig"))
        market = prices_csv(FIRST, FIRST + DAYS * DAY)
        (self.project / "market_2025.csv").write_text(market, encoding="utf-8")

    @contextmanager
    def started(self, line: str) -> Iterator[Running]:
        """Inside the context, the command runs; its process group is killed afterwards."""
        with subprocess.Popen(
            shlex.split(line), cwd=self.project, env=self.env, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                yield Running(process)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def shell(self, line: str) -> int:
        """Run a shell line and return its exit code."""
        return subprocess.run(["sh", "-c", line], cwd=self.project, env=self.env).returncode


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    house = Household(tmp_path)
    yield house
    house.shell("tmux kill-server 2>/dev/null")


def typed(line: str, run: Run, place: str) -> str:
    """The command with the reader's own values replaced by those of this house."""
    word, own = run.instead
    assert word in line
    line = line.replace(word, own.replace("{}", place)) if word else line
    return f"{line} {run.add}"


@pytest.mark.parametrize(("line", "run"), RUN.items(), ids=RUN)
def test_the_command_runs(household: Household, line: str, run: Run) -> None:
    """Output and exit code must match those in RUN."""
    if "tmux" in run.then and shutil.which("tmux") is None:
        pytest.skip("there is no tmux here")
    with ExitStack() as stack:
        place = ""
        if run.beside:
            beside = stack.enter_context(household.started(run.beside.command))
            place = beside.heard(run.beside.ready)[1]
        command = stack.enter_context(household.started(typed(line, run, place)))
        command.reads(run.typed)
        command.heard(run.says)
        assert command.ended(run.stopped) in run.codes, command.said
        assert household.shell(run.then) == 0


def test_every_command_of_the_documents_is_run_or_proved() -> None:
    """No command is missing from the tables, and no table has an obsolete one."""
    assert set(commands()) == RUN.keys() | PROVED.keys()
    assert not RUN.keys() & PROVED.keys()
