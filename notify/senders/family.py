"""One notification service: its interface to the rest of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from base.checked import Checked

Login = Mapping[str, str]
"""Secrets of a sender in secrets.json, such as a token."""


class SenderSettings(Checked):
    """A sender of config.py, whatever its kind; each kind adds its own."""

    kind: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button: its label, and the address that is requested, with this token, when it is
    pressed."""

    label: str
    url: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The message to send. `page` is the address of the meter's own page, "" where no phone reaches
    it."""

    title: str
    text: str
    urgent: bool = False
    presses: tuple[Press, ...] = ()
    page: str = ""


class Sender(Protocol):
    """Sends letters. Both calls raise a WebError when the other side cannot be used."""

    async def send(self, letter: Letter) -> str:
        """The answer of the service, in words."""
        ...

    async def probe(self) -> str:
        """A test of the service without sending anything."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of sender, as its module describes it.

    `secrets` are the keys that secrets.json must hold for one; `sender` makes it from its settings
    and these secrets, and sends nothing yet.
    """

    kind: str
    settings: type[SenderSettings]
    asks: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    sender: Callable[[Any, Login], Sender]
    help: str
