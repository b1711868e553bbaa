"""Commands of the meter program, and the messages that its neighbours send."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from apps.dm import closed_quarters
from apps.dm.acts import Acts
from apps.dm.coordinator import Coordinator
from apps.dm.meter import HISTORY_MOST, Meter
from apps.dm.phones import Phones
from apps.shared.commands import READ_ONLY, Answer, Args, Words
from apps.shared.sinks import Sinks
from base import messages
from base.language import phrase
from base.time import quarter_of
from base.wire.access import Access
from my_socket import Peer

TOPICS = {
    "house": "power, tariff, quarter, headroom of this second",
    "peak": "the quarter and the month peaks",
    "rates": "the current prices",
    "outlook": "the prices of the next two days",
    "bill": "the month's bill so far and as expected, and what one more kW costs",
    "usage": "use and cost of the last days, week, month and year",
    "telegram": "the last telegram, line by line",
    "registers": "the meter's own registers",
    "demand": "the quarters of the last two days",
    "events": "the last things that happened",
}
STATES = {
    "charging": "chargers and cars, each with its mode, as car charging says",
    "batteries": "the home batteries and your command, as they say",
    "stays": "the last stays of cars on chargers, as car charging says",
}
State = messages.Charging | messages.Batteries | messages.Stays
ARGUMENTS_MOST = 12
M = TypeVar("M", bound=messages.Message)


class MeterWords(Words):
    """The commands of dm. `now_s` is seconds of a steady clock; `quarters` is the file of
    quarters."""

    def __init__(
        self,
        version: str,
        meter: Meter,
        coordinator: Coordinator,
        acts: Acts,
        access: Access,
        phones: Phones,
        sinks: Sinks,
        quarters: Path,
        vitals: Callable[[], messages.Vitals],
        now_s: Callable[[], float],
    ) -> None:
        super().__init__("dm", version)
        self._meter, self._coordinator, self._acts = meter, coordinator, acts
        self._access, self._phones, self._sinks = access, phones, sinks
        self._quarters, self._now_s = quarters, now_s
        self._states: dict[tuple[str, str], State] = {}
        self._notified: messages.Notification | None = None
        for topic, does in TOPICS.items():
            self.add(topic, partial(self.message, topic), does, topic=True)
        self.add("history", self._history, "the closed days", "[DAYS]")
        closed = "the quarters that closed or were settled after a time, a day of them at most"
        self.add("quarters", self._closed_quarters, closed, "[CHANGED [START]]")
        self.add("health", lambda _: vitals(), "how dm and its line are doing")
        does = "what the neighbours take and want, each as it says so"
        self.add("need", self._last_needs, does, topic=True)
        does = "the last notification to the household"
        self.add("notification", self._last_notification, does, topic=True)
        for topic, does in STATES.items():
            self.add(topic, partial(self._last_states, topic), does, topic=True)
        self.hear(messages.Need, self._hear_need)
        self.hear(messages.Charging, self._hear_state)
        self.hear(messages.Batteries, self._hear_state)
        self.hear(messages.Stays, self._hear_state)
        self.hear(messages.Act, lambda _, act: acts.pass_on(act))
        self.hear(messages.Acted, self._hear_answer)
        self.hear(messages.Invite, self._invite)

    def message(self, topic: str, args: Args = ()) -> messages.Message:
        """The current message of one of TOPICS."""
        match topic:
            case "house":
                return self._coordinator.house(self._now_s())
            case "outlook":
                return self._coordinator.outlook(self._now_s())
        return self._meter.message(topic, self._now_s())

    def of(self, topic: str, kind: type[M]) -> M:
        """The current message of one of TOPICS, which is of this kind."""
        message = self.message(topic)
        assert isinstance(message, kind)
        return message

    def house(self) -> messages.House:
        """The current state of the house."""
        return self.of("house", messages.House)

    def needs(self) -> Mapping[str, messages.Need]:
        """The last need of each neighbour that spoke recently."""
        return self._coordinator.neighbours.present(self._now_s())

    def charging(self) -> Mapping[str, messages.Charging]:
        """State of the chargers, by each neighbour with a recent message."""
        here = self.needs()
        return {
            name: state
            for (_, name), state in self._states.items()
            if name in here and isinstance(state, messages.Charging)
        }

    def notify(self, notification: messages.Notification) -> None:
        """Publish a notification; it is the last one from now on."""
        self._notified = notification
        if self._sinks.wants("notification"):
            self._sinks.publish("notification", notification)

    def _history(self, args: Args) -> messages.Message:
        count = args[0] if args else "7"
        if len(args) > 1 or not count.isdecimal() or not 1 <= int(count) <= HISTORY_MOST:
            raise ValueError(f"{' '.join(args)} is not a number of days from 1 to {HISTORY_MOST}")
        return self._meter.history(int(count))

    async def _closed_quarters(self, args: Args) -> messages.Message:
        until = quarter_of(self._meter.time or datetime.now(UTC))
        return await closed_quarters.answer(self._quarters, args, until)

    async def _elsewhere(self, peer: Peer, command: messages.Command) -> list[messages.Message]:
        """Pass a neighbour's command on to it. If two programs have the command, the name of the
        program precedes it."""
        word, args = command.word.lower(), command.args
        names = [name for name in self.needs() if word in self._offers(name)]
        if args and args[0].lower() in self._offers(word):
            names, word, args = [word], args[0].lower(), args[1:]
        if not names or len(args) > ARGUMENTS_MOST:
            return await super()._elsewhere(peer, command)
        if not peer.acts:
            return [self._error(READ_ONLY)]
        if len(names) > 1:
            both = " and ".join(names)
            return [self._error(f"{both} have this command: type {names[0]} {word}, for example.")]
        acted = await self._acts.pass_on(messages.Act(to=names[0], word=word, args=args))
        return [
            messages.Reply(word=word, text=acted.text) if acted.done else self._error(acted.text)
        ]

    def _offers(self, name: str) -> frozenset[str]:
        """The commands of a connected neighbour."""
        line = self._coordinator.neighbours.line_of(name)
        return line.offers if isinstance(line, Peer) else frozenset()

    def _hear_need(self, peer: Peer, need: messages.Need) -> messages.Message | None:
        if wrong := self._access.misnamed(need.name, peer.address, peer.bound):
            return messages.Error(text=wrong)
        if wrong := self._coordinator.neighbours.hear(need, self._now_s(), peer):
            return messages.Error(text=wrong)
        if self._sinks.wants("need"):
            self._sinks.publish("need", self.needs()[need.name])
        return None

    def _hear_state(self, peer: Peer, state: State) -> messages.Message | None:
        """Publish a neighbour's state under its name."""
        if self._coordinator.neighbours.line_of(peer.name) is not peer:
            return None  # it has sent no need over this connection yet: it sends both again
        named = state.model_copy(update={"name": peer.name})
        self._states[state.type, peer.name] = named
        if self._sinks.wants(state.type):
            self._sinks.publish(state.type, named)
        return None

    def _hear_answer(self, peer: Peer, answer: messages.Acted) -> None:
        self._acts.answered(peer, answer)

    def _invite(self, peer: Peer, _: messages.Invite) -> messages.Message:
        if not peer.near:
            return messages.Error(
                text=phrase("A phone can be added only on the meter's own machine.")
            )
        return messages.Reply(word="invite", text=self._phones.invite())

    def _last_states(self, topic: str, args: Args) -> Answer:
        here = self.needs()
        self._states = {key: each for key, each in self._states.items() if key[1] in here}
        return _each(topic, [each for (kind, _), each in self._states.items() if kind == topic])

    def _last_needs(self, args: Args) -> Answer:
        return _each("need", list(self.needs().values()))

    def _last_notification(self, args: Args) -> messages.Message:
        return self._notified or messages.Reply(
            word="notification", text=phrase("none has been sent")
        )


def _each(topic: str, heard: Sequence[messages.Message]) -> Answer:
    """The last message of each neighbour that is here, or that there is none."""
    return heard or messages.Reply(word=topic, text=phrase("no other program has sent anything"))
