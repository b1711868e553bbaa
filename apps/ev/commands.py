"""Typed commands of the charging program: cars, chargers, trips, the owner's commands."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from apps.ev.fleet import Fleet
from apps.shared.commands import Args, Words
from base import messages
from base.language import ENGLISH, phrase
from ev.cars.push import pushed, typed
from ev.charge_demand import plainly
from ev.habit import described
from ev.inputs import Mode
from my_socket import Peer
from screen.charging.view import CarRow
from screen.primitives import clock as on_the_wall

MODES = {
    Mode.BOOST: "as fast as it can, until it leaves",
    Mode.PAUSE: "not at all, until it leaves",
    Mode.AUTO: "by the plan again",
}
log = logging.getLogger(__name__)


class CarWords(Words):
    """The commands of ev; a line of JSON without a type is a car's state.

    `clock` gives the time, and `changed` is called when a command takes effect at once.
    """

    def __init__(
        self,
        name: str,
        version: str,
        fleet: Fleet,
        clock: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name, version)
        self._fleet, self._clock, self._changed = fleet, clock, changed
        says, asks = self._says, self._asks
        says("cars", self._cars, "state of charge of each car, its age, and where it is")
        says("chargers", self._chargers, "set-point of each charger, and why")
        says("trips", self._trips, "trips of the calendars, and unclear entries")
        asks("soc", self._soc, "state of charge of a car without another source", "[CAR] PERCENT")
        asks(
            "charge",
            self._charge,
            "until it leaves, instead of the plan",
            "[CAR] PERCENT [by HH:MM]",
        )
        asks("car", self._car, "which car is on a charger", "CAR|guest [on CHARGER]")
        asks("forget", self._forget, "its usual trips are over: none is expected", "[CAR]")
        asks("accept", partial(self._choose, True), "a trip may raise the month peak")
        asks("refuse", partial(self._choose, False), "no trip does: a car may leave with less")
        for mode, does in MODES.items():
            asks(mode.value, partial(self._mode, mode), does, "[CAR]")

    async def answer(self, peer: Peer, text: str) -> list[str]:
        if not text.lstrip().startswith("{") or '"type"' in text:
            return await super().answer(peer, text)
        try:
            return [messages.encode(messages.Reply(word="push", text=self.push(text)))]
        except ValueError as error:
            return [messages.encode(messages.Error(text=f"{error}"))]

    def push(self, text: str | bytes, car: str | None = None) -> str:
        """Take a car's state that was pushed as JSON; the confirmation. ValueError for anything
        else."""
        status = pushed(text, self._fleet.garage.cars, self._clock(), car)
        self._fleet.learn(status)
        self._changed()
        return f"{status.car}: " + phrase("noted")

    def _says(self, word: str, text: Callable[[], str], does: str) -> None:
        self.add(word, lambda _: messages.Reply(word=word, text=text()), does)

    def _asks(self, word: str, obey: Callable[[Args], str], does: str, arguments: str = "") -> None:
        def obeyed(args: Args) -> messages.Message:
            answer = obey(args)
            log.info(phrase("Your command: {order}", order=answer))
            self._changed()
            return messages.Reply(word=word, text=answer)

        self.add(word, obeyed, does, arguments)

    def _soc(self, args: Sequence[str]) -> str:
        status = typed(args, self._fleet.garage.cars, self._clock())
        self._fleet.learn(status)
        return phrase("{car} is at {soc:.0f} %", car=status.car, soc=status.soc_pct)

    def _charge(self, args: Sequence[str]) -> str:
        return self._fleet.order(args, self._clock())

    def _mode(self, mode: Mode, args: Sequence[str]) -> str:
        return self._fleet.say(mode, args)

    def _choose(self, accepts: bool, args: Sequence[str]) -> str:
        if args:
            raise ValueError(phrase("accept and refuse take no arguments: they apply to every car"))
        return self._fleet.choose(accepts=accepts)

    def _forget(self, args: Sequence[str]) -> str:
        return self._fleet.forget(args)

    def _car(self, args: Sequence[str]) -> str:
        return self._fleet.name(args, self._clock())

    def _cars(self) -> str:
        now = self._clock()
        return "; ".join(_car_told(row, now) for row in self._fleet.rows()) or phrase(
            "none in config.py"
        )

    def _chargers(self) -> str:
        told = (
            f"{plug.cable.charger.charger}: {plug.set.current_a:.1f} A, {plug.set.why}"
            for plug in self._fleet.plugs()
        )
        return "; ".join(told) or phrase("no charger data yet")

    def _trips(self) -> str:
        told = [
            f"{on_the_wall(trip.departure, '%a %d %b %H:%M')} {trip.car} {trip.target_pct:.0f} % "
            f"for {plainly(trip.title)}: {trip.why}"
            for trip in self._fleet.garage.trips
        ]
        usual = (f"{row.car} {described(row.trip, row.km)}" for row in self._fleet.usual)
        return "; ".join([*told, *usual, *self._fleet.doubts]) or phrase("no trip known")


def _car_told(row: CarRow, now: datetime) -> str:
    soc = "unknown" if row.soc_pct is None else f"{row.soc_pct:.0f} %"
    age = f", read {ENGLISH.span((now - row.read_at).total_seconds())} ago" if row.read_at else ""
    return f"{row.name}: {soc}{age}, {f'on {row.charger}' if row.charger else 'away'}"
