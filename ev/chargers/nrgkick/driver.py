"""An NRGkick Gen2 as a charger's Driver. It has no watchdog: the last set-point stays."""

from base.language import clause
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.http_wire import HttpDriver, HttpWire
from ev.chargers.nrgkick import answers, words
from ev.title_parser import plain

TIMEOUT_S = 5.0


class NrgKick(HttpDriver):
    """The NRGkick at `host` (with :port when it is not 80), as its JSON API."""

    def __init__(
        self,
        name: str,
        host: str,
        *,
        user: str = "",
        password: str = "",
        timeout_s: float | None = None,
    ) -> None:
        login = (user, password) if user and password else None
        super().__init__(HttpWire(name, host, timeout_s or TIMEOUT_S, login=login))
        self.about: dict[str, str] = {}

    async def info(self) -> Info:
        """Limits of unit and connector together."""
        answer = await self._ask(answers.INFO)
        self.about = answers.about(answer)
        return answers.info(answer)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements and the set-point."""
        values = answers.values(await self._ask(answers.VALUES))
        return values, answers.control(await self._ask(answers.CONTROL))

    async def tell(self, step: Told) -> Told:
        """Its echo, with the values that it applied."""
        return answers.control(await self._ask(answers.question(step)))

    async def _ask(self, path: str) -> dict[str, object]:
        """The object it answers to GET `path`. RefusedError, LineError."""
        name = self._wire.name
        status, body = await self._wire.ask(path)
        if status in (401, 403):
            raise RefusedError(name, words.UNAUTHORISED)
        if status >= 500:
            raise LineError(name, clause("is out of order (HTTP {status}).", status=status))
        answer = self._wire.object_of(body)
        if "Response" in answer:
            raise RefusedError(name, words.refusal(plain(str(answer["Response"])), path))
        if status >= 400:
            raise LineError(
                name, clause("does not have {path} (HTTP {status}).", path=path, status=status)
            )
        return answer
