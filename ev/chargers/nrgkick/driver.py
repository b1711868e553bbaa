"""An NRGkick Gen2 as a charger's Driver. It has no watchdog: the last set-point stays."""

from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.nrgkick import answers
from ev.chargers.nrgkick.wire import Wire

TIMEOUT_S = 5.0


class NrgKick:
    """The NRGkick at `host`, as its JSON API."""

    keep_s: float | None = None

    def __init__(
        self,
        name: str,
        host: str,
        *,
        user: str = "",
        password: str = "",
        timeout_s: float | None = None,
    ) -> None:
        limit_s = TIMEOUT_S if timeout_s is None else timeout_s
        self._wire = Wire(name, host, user, password, limit_s)
        self.about: dict[str, str] = {}

    async def info(self) -> Info:
        """Limits of unit and connector together."""
        answer = await self._wire.ask(answers.INFO)
        self.about = answers.about(answer)
        return answers.info(answer)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements and the set-point."""
        values = answers.values(await self._wire.ask(answers.VALUES))
        return values, answers.control(await self._wire.ask(answers.CONTROL))

    async def tell(self, step: Told) -> Told:
        """Its echo, with the values that it applied."""
        return answers.control(await self._wire.ask(answers.question(step)))

    async def keep(self) -> None:
        """Nothing to do: the charger keeps its settings."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()
