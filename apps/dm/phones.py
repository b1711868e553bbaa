"""The telephones that may act: each signed in with a code that works once, and shows a cookie from
then on.

The file holds the hash of each cookie, never the cookie.
"""

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from base.language import phrase
from store.files import write_whole

FILE = "phones.json"
CODE_S = 600.0
CODES_MOST = PHONES_MOST = 50
log = logging.getLogger(__name__)


class Phones:
    """Unused codes by hash with their expiry, and the phones that used one."""

    def __init__(self, folder: Path, now_s: Callable[[], float] = time.time) -> None:
        """`now_s` is the time in seconds since 1970."""
        self._file, self._now_s = folder / FILE, now_s
        self._codes: dict[str, float] = {}
        self._phones: dict[str, float] | None = None

    def invite(self) -> str:
        """A code that adds one phone, within ten minutes."""
        now_s = self._now_s()
        self._codes = {code: end for code, end in self._codes.items() if now_s < end}
        while len(self._codes) >= CODES_MOST:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(16)
        self._codes[_hash(code)] = now_s + CODE_S
        return code

    def enter(self, code: str) -> str | None:
        """The cookie of a phone that came with this code; None when it is used, old or wrong."""
        if self._now_s() >= self._codes.pop(_hash(code), 0.0):
            return None
        cookie = secrets.token_urlsafe(32)
        phones = {**self._known(), _hash(cookie): self._now_s()}
        newest = sorted(phones.items(), key=lambda each: each[1])[-PHONES_MOST:]
        self._phones = dict(newest)
        write_whole(self._file, json.dumps(self._phones).encode())
        self._file.chmod(0o600)
        log.info(phrase("A phone was added; {count:d} may send commands", count=len(self._phones)))
        return cookie

    def knows(self, cookie: str) -> bool:
        """True if this is the cookie of an added phone."""
        return _hash(cookie) in self._known()

    def _known(self) -> dict[str, float]:
        """Time at which each phone was added, by the hash of its cookie; read once."""
        if self._phones is None:
            self._phones = _read(self._file)
        return self._phones


def _read(file: Path) -> dict[str, float]:
    """Contents of the file; nothing when it is missing or damaged: phones then ask again."""
    try:
        kept = json.loads(file.read_bytes())
        return {str(name): float(at) for name, at in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning(
            phrase(
                "{name} cannot be read ({text}): add your phones again",
                name=file.name,
                text=error,
            )
        )
        return {}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
