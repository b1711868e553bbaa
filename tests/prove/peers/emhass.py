"""EMHASS (PyPI) as a planner, in a separate process with its own environment."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from bench.environment import environment
from tests.prove.peers.question import Answer, Question

VERSION = "0.18.7"
ROOT = Path(__file__).resolve().parents[3]
PLACE = ROOT / ".prove" / f"emhass-{VERSION}"
SIDE = Path(__file__).parents[1] / "other" / "emhass_side.py"


def python() -> Path:
    """The interpreter of its environment (some 800 MB), which is created if incomplete."""
    return environment(PLACE, f"emhass=={VERSION}")


class Emhass:
    """A planner for one home: EMHASS keeps its program between requests, as in live use."""

    def __init__(self) -> None:
        self._side = subprocess.Popen(
            [python(), SIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def __call__(self, asked: Question) -> Answer | None:
        assert self._side.stdin is not None
        assert self._side.stdout is not None
        self._side.stdin.write(json.dumps(asked.plain()) + "\n")
        self._side.stdin.flush()
        line = self._side.stdout.readline()
        while line and not line.startswith("{"):  # the solver's greeting
            line = self._side.stdout.readline()
        if not line:
            raise OSError("EMHASS has ended")
        told = json.loads(line)
        if "error" in told:
            return None
        return Answer(
            battery_kw=np.array(told["battery_kw"]),
            tasks_kw=tuple(np.array(each) for each in told["tasks_kw"]),
            grid_kw=np.array(told["grid_kw"]),
            took_s=told["took_s"],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        assert self._side.stdin is not None
        self._side.stdin.close()
        self._side.wait()
