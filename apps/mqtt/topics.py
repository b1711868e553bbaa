"""Topics on the broker, and names as parts of a topic."""

import re
import zlib
from dataclasses import dataclass
from unicodedata import normalize

ONLINE, OFFLINE = "online", "offline"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")


def slug(name: str) -> str:
    """The name as a part of a topic and of an entity's id: letters, digits, - and _.

    Other characters are replaced, and a checksum makes the name unique.
    """
    if _PLAIN.fullmatch(name):
        return name
    ascii_only = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:30]
    return f"{readable}_{zlib.crc32(name.encode()) & 0xFFFF:04x}".strip("_")


def key(program: str, name: str) -> str:
    """The slug of a device of this program: a second program of a kind, ev2, has its own."""
    return slug(name) + (f"_{program}" if nth(program) else "")


def kind(program: str) -> str:
    """The kind of a program: ev for ev and ev2."""
    return program.rstrip("23456789")


def nth(program: str) -> str:
    """The suffix of a second program of a kind: "" of ev, 2 of ev2."""
    return program.removeprefix(kind(program))


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one house: `root` is digital_meter, `home` its meter's id."""

    root: str
    home: str
    discovery: str = "homeassistant"

    def __call__(self, *parts: str) -> str:
        """The topic below this house's own."""
        return "/".join((self.root, self.home, *parts))

    @property
    def status(self) -> str:
        """Connection state of this program; its last will is written there."""
        return self("status")

    @property
    def device(self) -> str:
        """Home Assistant's discovery message of this house."""
        return f"{self.discovery}/device/dm_{self.home}/config"

    @property
    def birth(self) -> str:
        """Home Assistant says there that it has started."""
        return f"{self.discovery}/status"

    def below(self, topic: str) -> tuple[str, ...]:
        """The parts of a topic below this house's own; none for another's."""
        mine = self("")
        return tuple(topic.removeprefix(mine).split("/")) if topic.startswith(mine) else ()
