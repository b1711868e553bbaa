"""Apprise, a package for some 130 services (Telegram, Signal, e-mail, Pushover): optional.

It has no buttons: the text ends with the address of the page, where the answer can be given.
"""

import asyncio
from typing import Any, Literal

from base.http_client import RefusedError, UnreachableError
from base.language import phrase
from notify.senders.family import Family, Letter, Login, SenderSettings

MISSING = "needs the package: .venv/bin/python -m pip install apprise==2.3.0"


class AppriseSettings(SenderSettings):
    """Nothing more: the address of the service, with its password, is in secrets.json."""

    kind: Literal["apprise"] = "apprise"


class Apprise:
    """One address of a service, such as tgram://TOKEN/CHAT."""

    def __init__(self, settings: AppriseSettings, login: Login) -> None:
        self._url = login["url"]

    async def send(self, letter: Letter) -> str:
        """Apprise itself waits for the service, in a thread: at most some seconds."""
        service = self._service()
        body = f"{letter.text}\n{letter.page}" if letter.presses and letter.page else letter.text
        done = await asyncio.to_thread(service.notify, title=letter.title, body=body)
        if not done:
            raise UnreachableError(phrase("did not accept it"))
        return "accepted"

    async def probe(self) -> str:
        self._service()
        return phrase("the package is installed, and its address is valid")

    def _service(self) -> Any:
        try:
            import apprise  # half a second, and only a house that uses it needs it
        except ImportError:
            raise RefusedError(MISSING) from None
        service = apprise.Apprise()
        if not service.add(self._url):
            raise RefusedError(phrase("does not understand the url in secrets.json"))
        return service


FAMILY = Family(
    kind="apprise",
    settings=AppriseSettings,
    secrets=("url",),
    sender=Apprise,
    help=phrase("Telegram, Signal, e-mail and others, by the package apprise"),
)
