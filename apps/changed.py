"""Notices changes of config.py since the start."""

import asyncio
import logging
from pathlib import Path

from base.language import phrase

LOOK_S = 3.0
NOTICE = phrase("config.py changed: restart")
log = logging.getLogger(__name__)


class Changed:
    """`now` is True as long as the file's content differs from that at the start."""

    def __init__(self, path: Path) -> None:
        self.now = False
        self._path = path
        self._began = _content(path)
        self._seen = _signature(path)

    async def watch(self) -> None:
        """Looks every few seconds, forever; a change and its undoing are logged."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Read the file again when its time or size changed. A missing one is being written."""
        signature = _signature(self._path)
        if signature == self._seen or (content := _content(self._path)) is None:
            return
        self._seen, was = signature, self.now
        self.now = content != self._began
        if self.now and not was:
            log.warning(
                phrase("{name} was changed: ./do_py.sh restart applies it.", name=self._path.name)
            )
        elif was and not self.now:
            log.info(phrase("{name} is again as it was at the start.", name=self._path.name))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
