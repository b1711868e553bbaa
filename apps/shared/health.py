"""Health of a program: the command `health`, and a page for a monitor.

A monitor needs no websocket: GET /health on the same port is 200 when all is well, else 503, with
the same content as the command.
"""

import shutil
import time
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from apps.changed import Changed
from base import messages
from base.language import phrase
from my_socket import Page, Server

LEAST_FREE_MB = 100
PATH = "/health"


class Checkup:
    """State of the program itself; `restarts` is filled by daemon.live."""

    def __init__(self, name: str, version: str, folder: Path, config: Path | None = None) -> None:
        """`folder` is where it writes, `config` the settings it started with."""
        self.restarts: Counter[str] = Counter()
        self.config = Changed(config or folder / "config.py")
        self._name, self._version, self._folder = name, version, folder
        self._began_s = time.monotonic()

    def vitals(
        self,
        heard_s: Mapping[str, float | None],
        why: str,
        server: Server | None = None,
        wire: messages.Wire | None = None,
    ) -> messages.Vitals:
        """The message. `why` is the fault of the daemon's devices, "" for none."""
        free_mb = _free_mb(self._folder)
        if not why and free_mb is not None and free_mb < LEAST_FREE_MB:
            why = phrase("only {mb} MB of disk are left", mb=free_mb)
        here = {"open": len(server.peers), **server.counts} if server else {}
        return messages.Vitals(
            name=self._name,
            version=self._version,
            uptime_s=round(time.monotonic() - self._began_s, 1),
            healthy=not why,
            why=why,
            heard_s={name: s if s is None else round(s, 1) for name, s in heard_s.items()},
            restarts=dict(self.restarts),
            connections=here,
            disk_free_mb=free_mb,
            wire=wire,
            settings_changed=self.config.now,
        )


def page(vitals: messages.Vitals) -> Page:
    """The answer to GET /health."""
    status = HTTPStatus.OK if vitals.healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return Page(messages.encode(vitals) + "\n", status, "application/json")


def _free_mb(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free // 1_000_000
    except OSError:
        return None
