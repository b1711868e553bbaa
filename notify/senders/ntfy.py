"""ntfy, the app for push notifications: one POST of JSON to its server.

Source: docs.ntfy.sh/publish, "Publish as JSON" and "Action buttons": at most three actions; an
`http` action asks its `url` with its `method` and `headers` when the button is pressed.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from base import http_client
from base.checked import Allowed, Url
from base.language import phrase, setting
from notify.senders.family import Family, Letter, Login, Press, SenderSettings

ACTIONS_MOST = 3
USUAL, HIGH = 3, 4
TIMEOUT_S = 15.0


class NtfySettings(SenderSettings):
    """The server, and the topic that the telephone subscribes to: it is as good as a password."""

    kind: Literal["ntfy"] = "ntfy"
    topic: Annotated[
        str,
        Field(pattern=r"^[-_A-Za-z0-9]{6,64}$"),
        Allowed(setting("6 to 64 letters, digits, - and _, hard to guess, such as meter-k7Qx2mPz")),
    ]
    server: Url = "https://ntfy.sh"


class _Sent(http_client.Answer):
    """ntfy's answer: the message as it was published."""

    id: str
    event: Literal["message"]


class _Health(http_client.Answer):
    healthy: bool


class Ntfy:
    """One topic on one server."""

    def __init__(self, settings: NtfySettings, login: Login) -> None:
        self._topic, self._server = settings.topic, settings.server.rstrip("/")
        token = login.get("token", "")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, letter: Letter) -> str:
        """A letter with more than three buttons becomes several notifications."""
        ids = []
        for payload in payloads(self._topic, letter):
            body = await http_client.post(self._server, payload, self._headers, TIMEOUT_S)
            ids.append(http_client.decoded(_Sent, body).id)
        return f"accepted as {', '.join(ids)}"

    async def probe(self) -> str:
        async with http_client.opened(TIMEOUT_S) as get:
            health = http_client.decoded(_Health, await get(f"{self._server}/v1/health", {}))
        if not health.healthy:
            raise http_client.UnreachableError(phrase("reports that it is not healthy"))
        return phrase("{name} answers", name=self._server)


def payloads(topic: str, letter: Letter) -> Iterator[dict[str, Any]]:
    """The POST bodies, one for each three buttons."""
    usual: dict[str, Any] = {
        "topic": topic,
        "title": letter.title,
        "message": letter.text,
        "priority": HIGH if letter.urgent else USUAL,
    }
    if letter.page:
        usual["click"] = letter.page
    actions = [_action(press) for press in letter.presses]
    for first in range(0, len(actions), ACTIONS_MOST):
        yield {**usual, "actions": actions[first : first + ACTIONS_MOST]}
    if not actions:
        yield usual


def _action(press: Press) -> dict[str, Any]:
    return {
        "action": "http",
        "label": press.label,
        "url": press.url,
        "method": "GET",
        "headers": {"Authorization": f"Bearer {press.token}"},
        "clear": True,
    }


FAMILY = Family(
    kind="ntfy",
    settings=NtfySettings,
    asks=("topic",),
    sender=Ntfy,
    help=phrase("the ntfy app; choose a topic that nobody can guess"),
)
