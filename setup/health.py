"""The health of the programs that run here, as each answers on its websocket."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base import messages

ASK_S = 4.0
M = TypeVar("M", bound=messages.Part)
BETWEEN_S = 1.0


async def vitals(url: str, token: str) -> messages.Vitals | None:
    """The answer to `health`; None when something else answers at this address."""
    return await asked(url, token, "health", messages.Vitals)


async def asked(url: str, token: str, word: str, kind: type[M]) -> M | None:
    """The message of this kind that answers a command; None when something else answers."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect(url, additional_headers=headers, proxy=None) as line:
        await line.send(word)
        for _ in range(3):  # the greeting may come first
            try:
                message = messages.decode(str(await line.recv()))
            except ValueError:
                return None
            if isinstance(message, kind):
                return message
    return None


async def devices(kind: str, settings: Settings, secrets: Secrets) -> list[messages.DeviceAbout]:
    """The devices as reported by their program; empty when it does not run."""
    name = settings.own_name(kind)
    address = settings.socket_info.get(name)
    if address is None:
        return []
    try:
        async with asyncio.timeout(ASK_S):
            answer = await asked(address.url, secrets.token_of(name), "devices", messages.Devices)
    except (OSError, TimeoutError, WebSocketException):
        return []
    return [*answer.devices] if answer else []


def all_vitals(settings: Settings, secrets: Secrets) -> dict[str, messages.Vitals]:
    """By program, those that answer."""
    return asyncio.run(_asked(settings, secrets))


async def _asked(settings: Settings, secrets: Secrets) -> dict[str, messages.Vitals]:
    found: dict[str, messages.Vitals] = {}
    for app, address in settings.socket_info.items():
        try:
            async with asyncio.timeout(ASK_S):
                answer = await vitals(address.url, secrets.websocket_token)
        except (OSError, TimeoutError, WebSocketException):
            continue
        if answer is not None:
            found[app] = answer
    return found


Ask = Callable[[], Mapping[str, messages.Vitals]]


def trouble(
    ask: Ask, was_well: Mapping[str, bool], began_s: float, steady_s: float, limit_s: float
) -> str:
    """The reason why the restart at `began_s` (monotonic) did not go well; "" when it did.

    `was_well` names the programs that were restarted. Each must answer as a new process, and be
    healthy if it was so before, for `steady_s` without another restart, within `limit_s`.
    """
    well_s: dict[str, float] = {}
    started: dict[str, float] = {}
    while True:
        answers, now_s = ask(), time.monotonic()
        since_s = now_s - began_s
        why = {app: _why(answers.get(app), well, since_s) for app, well in was_well.items()}
        for app in was_well:
            start_s = now_s - answers[app].uptime_s if app in answers else now_s
            again = abs(start_s - started.get(app, start_s)) > 2 * BETWEEN_S
            started[app] = start_s
            well_s[app] = now_s if why[app] or again else well_s.get(app, now_s)
        if not any(why.values()) and all(now_s - at >= steady_s for at in well_s.values()):
            return ""
        if now_s - began_s >= limit_s:
            return next(filter(None, why.values()), "it starts again and again")
        time.sleep(BETWEEN_S)


def _why(answer: messages.Vitals | None, healthy: bool, since_s: float) -> str:
    if answer is None:
        return "it does not answer"
    if answer.uptime_s > since_s + BETWEEN_S:
        return "the version before still runs"
    return answer.why if healthy and not answer.healthy else ""
