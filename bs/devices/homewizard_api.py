"""The local API v2 of HomeWizard devices: HTTPS, JSON, and a token that the button gives.

Certificates are HomeWizard's own: give `fingerprint` (SHA-256) to have the device's checked.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from base.device_errors import NonsenseError, RefusedError, TransientError
from base.language import clause

if TYPE_CHECKING:
    from aiohttp import ClientSession, Fingerprint

TIMEOUT_S = 3.0
HTTPS_PORT = 443
NOTHING_TO_SAY, UNAUTHORISED, FORBIDDEN, UNKNOWN = 204, 401, 403, 404
USER = "/api/user"


@dataclass(frozen=True, slots=True)
class Address:
    """URL of one HomeWizard device, such as "https://192.168.1.20", and its token."""

    url: str
    token: str
    fingerprint: str = ""


def url_of(host: str) -> str:
    """URL of the device at this address."""
    return host if "://" in host else f"https://{host}"


class Api:
    """Requests to the devices of one household; the session is opened when needed."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def get(self, address: Address, path: str) -> dict[str, Any]:
        """The answer to a GET. DeviceError when it is not usable."""
        return await self._call("GET", address, path, None)

    async def put(self, address: Address, path: str, body: dict[str, Any]) -> None:
        """Write these values. DeviceError if the device refuses them."""
        await self._call("PUT", address, path, body)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, method: str, address: Address, path: str, body: dict[str, Any] | None
    ) -> dict[str, Any]:
        if self._session is None:
            self._session = _session()
        return await _answer(self._session, method, address, path, body)


async def pair(url: str) -> str:
    """The token of the device at `url`, whose button was pressed in the last 30 s.

    RefusedError tells the owner to press it.
    """
    async with _session() as session:
        body = {"name": "local/bs"}
        answer = await _answer(session, "POST", Address(url, ""), USER, body)
    if "token" not in answer:
        raise NonsenseError(clause("does not give a token at {url}", url=url))
    return str(answer["token"])


def _session() -> "ClientSession":
    from aiohttp import ClientSession, ClientTimeout

    return ClientSession(timeout=ClientTimeout(total=TIMEOUT_S))


def _certificate(fingerprint: str) -> "Fingerprint | bool":
    """Certificate to accept: that one, or any. HomeWizard's are not publicly signed."""
    from aiohttp import Fingerprint

    return Fingerprint(bytes.fromhex(fingerprint.replace(":", ""))) if fingerprint else False


async def _answer(
    session: "ClientSession",
    method: str,
    address: Address,
    path: str,
    body: dict[str, Any] | None,
) -> dict[str, Any]:
    """The answer as JSON; otherwise TransientError, RefusedError or NonsenseError."""
    from aiohttp import ClientError

    headers = {"Authorization": f"Bearer {address.token}", "X-Api-Version": "2"}
    try:
        async with session.request(
            method,
            address.url + path,
            json=body,
            headers=headers,
            ssl=_certificate(address.fingerprint),
        ) as response:
            status, said = response.status, await response.read()
    except (TimeoutError, ClientError, OSError):
        raise TransientError(clause("does not answer at {place}", place=address.url)) from None
    if status >= 500:
        raise TransientError(clause("fails at {url} ({status})", url=address.url, status=status))
    if status == NOTHING_TO_SAY:
        return {}
    answer = _decoded(said)
    if status >= 400:
        why = answer if isinstance(answer, dict) else {}
        raise RefusedError(_advice(status, address.url, path, why), status)
    if answer is None:
        raise NonsenseError(clause("answers {path} with invalid JSON", path=path))
    if not isinstance(answer, dict):
        raise NonsenseError(clause("does not answer {path} with a JSON object", path=path))
    return answer


def _decoded(body: bytes) -> object:
    """The text as JSON; None when it is not."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _advice(status: int, url: str, path: str, answer: dict[str, Any]) -> str:
    """Advice for the owner about a refusal."""
    why = answer.get("error", "")
    why = why.get("code", why) if isinstance(why, dict) else why
    if status == FORBIDDEN:
        return clause(
            "needs the button of {url} pressed; then retry within 30 s ({reason})",
            url=url,
            reason=why,
        )
    if status == UNAUTHORISED:
        return clause(
            "does not know our token at {url}: pair it again ({reason})", url=url, reason=why
        )
    if status == UNKNOWN:
        return clause(
            "has no {path} at {url}: host must be the P1 meter, packs the"
            " batteries, and their firmware must be new enough for the local API v2",
            path=path,
            url=url,
        )
    return clause("refuses this ({reason})", reason=why or status)
