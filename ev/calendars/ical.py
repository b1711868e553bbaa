"""The edge to any calendar with a secret iCal address: Google, Outlook, iCloud, Nextcloud.

Anyone with the address can read the calendar: it is in no error, log line or process list.
"""

import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from base import http_client
from base.language import clause
from ev.calendars.expand import ANSWER, Expanded

LONGEST_S = 30.0
_WEBCAL = re.compile(r"webcals?://", re.I)
ROOT = Path(__file__).resolve().parents[2]
COPY_AGAIN = "copy its secret iCal address into secrets.json again"


class ICal:
    """A calendar at a secret address. `zone` is the default where the calendar names none.

    An entry that one of `owners` (e-mail addresses) declined is not a trip.
    """

    def __init__(
        self,
        address: str,
        zone: ZoneInfo,
        longest_s: float = LONGEST_S,
        *,
        owners: Sequence[str] = (),
    ) -> None:
        self._address = in_https(address)
        self._owners = tuple(owners)
        self._zone = zone
        self._longest_s = longest_s

    def __repr__(self) -> str:
        return "ICal(...)"

    async def read(self, since: datetime, until: datetime) -> Expanded:
        """The marked entries between two instants. http_client.WebError with the reason
        otherwise."""
        async with http_client.opened() as get:
            try:
                body = await get(self._address, {})
            except (http_client.AbsentError, http_client.RefusedError) as error:
                refusal = str(error)
            else:
                _check(body)
                return await self._expanded(body, since, until)
        raise http_client.RefusedError(f"{refusal}: {COPY_AGAIN}")

    async def _expanded(self, body: bytes, since: datetime, until: datetime) -> Expanded:
        arguments = [since.isoformat(), until.isoformat(), str(self._zone), *self._owners]
        try:
            async with asyncio.timeout(self._longest_s):
                return ANSWER.validate_json(await _run("ev.calendars.expand", arguments, body))
        except TimeoutError:
            raise http_client.NonsenseError(
                clause(
                    "takes more than {s:.0f} s to compute: its entries repeat too often",
                    s=self._longest_s,
                )
            ) from None
        except ValueError:
            raise http_client.NonsenseError(clause("sent a calendar that cannot be read")) from None


def in_https(address: str) -> str:
    """The address for requests: webcal is another word for https."""
    return _WEBCAL.sub("https://", address.strip(), count=1)


def _check(body: bytes) -> None:
    """NonsenseError unless this is a whole iCal file."""
    if b"BEGIN:VCALENDAR" not in body[:200]:
        raise http_client.NonsenseError(
            clause("did not send an iCal file; use the secret address, which ends in .ics")
        )
    if b"END:VCALENDAR" not in body[-200:]:
        raise http_client.NonsenseError(clause("sent an incomplete calendar"))


async def _run(module: str, arguments: Sequence[str], given: bytes) -> bytes:
    """Output of a Python module of ours. The process has ended when this returns."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        printed, _ = await child.communicate(given)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return printed
