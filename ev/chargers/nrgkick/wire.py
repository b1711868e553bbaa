"""One request to an NRGkick: its JSON object, or an error by who must act."""

from base.language import clause
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.http_wire import HttpWire
from ev.chargers.nrgkick import words
from ev.title_parser import plain


class Wire:
    """The HTTP side of one NRGkick at `host` (with :port when it is not 80)."""

    def __init__(self, name: str, host: str, user: str, password: str, timeout_s: float) -> None:
        self.name = name
        login = (user, password) if user and password else None
        self._http = HttpWire(name, host, timeout_s, login=login)

    async def ask(self, path: str) -> dict[str, object]:
        """The object it answers to GET `path`. RefusedError, LineError."""
        status, body = await self._http.ask(path)
        if status in (401, 403):
            raise RefusedError(self.name, words.UNAUTHORISED)
        if status >= 500:
            raise LineError(self.name, clause("is out of order (HTTP {status}).", status=status))
        answer = self._http.object_of(body)
        if "Response" in answer:
            raise RefusedError(self.name, words.refusal(plain(str(answer["Response"])), path))
        if status >= 400:
            raise LineError(
                self.name, clause("does not know {path} (HTTP {status}).", path=path, status=status)
            )
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
