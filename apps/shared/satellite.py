"""An app beside dm, such as ev and bs: receives messages, sends its need, answers commands.

Each message is kept with the time of its arrival: its user decides whether it is still valid.
"""

import argparse
import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from apps.shared import argument_types, doors, metrics
from apps.shared.commands import Words
from apps.shared.freshness import LATE_S, Order
from apps.shared.health import Checkup
from apps.shared.secrets import Secrets
from apps.shared.served import port_of, server
from apps.shared.settings import Settings
from apps.shared.sinks import Sinks, WebsocketSink
from base import daemon, messages
from base.checked import ConfigError
from base.language import phrase, setting
from base.number_option import number
from base.time import local_day
from base.wire.client import Client
from base.wire.guard import Guard
from my_socket import Peer, Server, Table
from store.files import keep_private
from store.lock import kept
from store.logs import start_log

GONE = timedelta(seconds=10)
AGAIN_S = 5.0
LEAST_S = 0.1
"""Between two messages to dm, also in an accelerated house."""
SILENCE_S = 30.0
TOPICS = ("house", "outlook", "need")
RELAYED = {"charging": 2.0, "batteries": 2.0, "stays": 30.0}
"""State that the meter shows to its own clients, with the least interval, s."""
log = logging.getLogger(__name__)


def parser(app: str, doc: str | None, root: Path) -> argparse.ArgumentParser:
    """Command-line parser of the app; the app adds its own options."""
    options = argparse.ArgumentParser(prog=f"./do_py.sh {app}", description=doc)
    add = options.add_argument
    argument_types.add_shared(options, root)
    add("--data", type=Path, default=root, help="folder of log/, history/ and the state")
    add(
        "--name", type=argument_types.name, help="name of a second program of its kind, such as ev2"
    )
    add(
        "--dm",
        type=argument_types.websocket,
        metavar="URL",
        help="dm's websocket instead of the configured one",
    )
    speed = "use the clock of a simulated house, N times as fast as ours"
    add("--speed", type=number(float, 0.01, 100_000), metavar="N", help=speed)
    return options


Devices = Callable[[], Mapping[str, tuple[float | None, str]]]
"""Of each device: age of its last message, s (None: never), and its fault, "" for none."""


@dataclass(slots=True)
class Heard:
    """The meter program's last messages, and their times by our clock (UTC)."""

    house: messages.House | None = None
    at: datetime | None = None
    outlook: messages.Outlook | None = None
    needs: dict[str, tuple[messages.Need, datetime]] = field(default_factory=dict)

    def fresh_needs(self, now: datetime) -> tuple[messages.Need, ...]:
        """The needs of the peers that still send."""
        return tuple(need for need, at in self.needs.values() if now - at < GONE)


class Neighbour:
    """The app `name` between dm and its own clients.

    `on_house` is called with each House as it is received. `topics` are the app's own; `need` is
    always one of them.
    """

    def __init__(
        self,
        name: str,
        version: str,
        words: Words,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        on_house: Callable[[], None],
        devices: Devices,
        guard: Guard | None = None,
    ) -> None:
        """ConfigError when the address of dm is missing, or access would be open to anyone.

        `guard`, where other listeners of the program share it already.
        """
        self.heard = Heard()
        self.checkup = Checkup(name, version, options.data, options.config)
        self._devices = devices
        self._name, self._words, self._on_house = name, words, on_house
        self._port = port_of(name, options, settings)
        self.guard = guard or doors.guard(settings, secrets, options.config.name)
        words.add("health", lambda _: self._vitals(), f"how {name} is doing")
        words.add("need", self._last_need, "what it takes, wants and why", topic=True)
        hello = messages.encode(words.hello())
        watches = [messages.encode(messages.Command(word="watch", args=(t,))) for t in TOPICS]
        self._client = Client(
            dm_url(options, settings),
            self._hear,
            token=secrets.token_of(name),
            greeting=[hello, *watches],
            silence_s=SILENCE_S,
        )
        self._server: Server | None = None
        self.more_metrics: Callable[[], Iterable[metrics.Metric]] = tuple
        self.more_tables: Mapping[str, Table] = {}
        self._relay = _Relay(self._client)
        self.sinks = Sinks(self._relay)
        self._acting: set[asyncio.Task[None]] = set()
        self._need: messages.Need | None = None
        self._order, self._late = Order(), False
        self._noted, self._refused = False, ""
        self._said_s = -AGAIN_S

    @property
    def parts(self) -> Mapping[str, daemon.Part]:
        """The parts that run: the line to the meter program, and its own websocket, if any."""
        parts: dict[str, daemon.Part] = {
            "dm": self._client.run,
            "settings": self.checkup.config.watch,
        }
        if self._port is not None:
            parts["websocket"] = partial(self._serve, self._port)
        return parts

    def tell(self, need: messages.Need, *, changed: bool) -> bool:
        """Send the need to dm and to clients: at once when it changed, else each 5 s. True if it
        was sent.
        """
        house = self.heard.house
        self._need = need = need.model_copy(update={"heard": house.time if house else None})
        now_s = asyncio.get_running_loop().time()
        due = now_s - self._said_s >= (LEAST_S if changed else AGAIN_S)
        if due:
            self._said_s = now_s
            self._client.send(messages.encode(need))
            self.publish("need", need)
        return due

    def publish(self, topic: str, message: messages.Message) -> None:
        """Send the message to those that watch the topic."""
        self.sinks.publish(topic, message)

    def _hear(self, text: str) -> None:
        try:
            message = messages.decode(text)
        except ValueError as error:
            log.debug("not understood: %s", error)
            return
        now = datetime.now(UTC)
        match message:
            case messages.House() if self._of_now(message, now):
                self.heard.house, self.heard.at = self._own(message), now
                self._on_house()
            case messages.Outlook():
                self.heard.outlook = message
            case messages.Act():
                task = asyncio.create_task(self._act(message))
                self._acting.add(task)
                task.add_done_callback(self._acting.discard)
            case messages.Hello():
                self._relay.offers = frozenset(message.offers)
            case messages.Need() if message.name != self._name:
                self.heard.needs[message.name] = message, now
            case messages.Reply(word="hello"):
                self._noted = False  # another connection: what was granted over the last is over
                if self._need is not None:
                    self._client.send(messages.encode(self._need))
            case messages.Reply(word="need"):
                if self._refused:
                    log.info(
                        phrase("The meter accepts the messages of {name} again.", name=self._name)
                    )
                self._noted, self._refused = True, ""
            case messages.Error():
                self._noted = False
                if message.text != self._refused:
                    log.warning(
                        phrase(
                            "The meter refuses the messages of {name}: {text}",
                            name=self._name,
                            text=message.text,
                        )
                    )
                self._refused = message.text

    async def _act(self, act: messages.Act) -> None:
        """Run a command that the meter passed on, and send the answer back."""
        command = messages.Command(word=act.word, args=act.args)
        answers = await self._words.answer(Peer(address="", name="dm"), messages.encode(command))
        answer = messages.decode(answers[0])
        done = not isinstance(answer, messages.Error)
        text = answer.text if isinstance(answer, messages.Reply | messages.Error) else act.word
        self._client.send(messages.encode(messages.Acted(number=act.number, done=done, text=text)))

    def _own(self, house: messages.House) -> messages.House:
        """The house, without a grant under this name that belongs to another connection."""
        if self._noted or self._name not in house.grants:
            return house
        others = {name: grant for name, grant in house.grants.items() if name != self._name}
        return house.model_copy(update={"grants": others})

    def _of_now(self, house: messages.House, now: datetime) -> bool:
        """True if the meter's message is current; a delay is logged once, and its end once."""
        now_s, fresh = asyncio.get_running_loop().time(), house.health.state == "fresh"
        takes = self._order.takes(house.time, now, now_s, fresh=fresh)
        late = self._order.late_s > LATE_S and not takes
        if late and not self._late:
            log.warning(
                phrase(
                    "The meter's messages arrive {s:.0f} s late: treated as missing.",
                    s=self._order.late_s,
                )
            )
        elif takes and self._late:
            log.info(phrase("The meter's messages arrive in time again."))
        self._late = late or (self._late and not takes)
        return takes

    def _vitals(self) -> messages.Vitals:
        heard = self.heard
        dm_s = (datetime.now(UTC) - heard.at).total_seconds() if heard.at else None
        lost = (
            phrase("no message from the meter yet")
            if dm_s is None
            else phrase("no message from the meter for {s:.0f} s", s=dm_s)
        )
        devices = self._devices()
        troubles = [f"{name}: {why}" for name, (_, why) in devices.items() if why]
        if dm_s is None or dm_s >= GONE.total_seconds():
            troubles.insert(0, lost)
        elif self._refused:
            troubles.insert(
                0,
                phrase(
                    "the meter refuses a message of {name}: {text}",
                    name=self._name,
                    text=self._refused,
                ),
            )
        heard_s = {"dm": dm_s, **{name: age_s for name, (age_s, _) in devices.items()}}
        return self.checkup.vitals(heard_s, "; ".join(troubles), self._server)

    def _last_need(self, args: tuple[str, ...]) -> messages.Message:
        return self._need or messages.Reply(word="need", text=phrase("nothing is known yet"))

    async def _serve(self, port: int) -> None:
        """Answer peers, and send them the topics that they watch."""
        tables = {metrics.PATH: metrics.served(self._metrics), **self.more_tables}
        listener = server(self._words, port, self.guard, self._vitals, tables=tables)
        async with listener as self._server:
            with self.sinks.joined(WebsocketSink(self._server)):
                await asyncio.Event().wait()

    def _metrics(self) -> Iterator[metrics.Metric]:
        yield from metrics.of_vitals(self._vitals())
        yield from self.more_metrics()


class _Relay:
    """The meter as a sink: it shows the state of its neighbours to its own clients. At most as
    often as RELAYED allows, and not to a meter of an older version.
    """

    def __init__(self, client: Client) -> None:
        self.offers: frozenset[str] = frozenset()
        self._client = client
        self._sent_s: dict[str, float] = {}

    def wants(self, topic: str) -> bool:
        if topic not in RELAYED or topic not in self.offers or not self._client.connected:
            return False
        now_s, least_s = asyncio.get_running_loop().time(), RELAYED[topic]
        return now_s - self._sent_s.get(topic, -least_s) >= least_s

    def publish(self, topic: str, message: messages.Message) -> None:
        self._sent_s[topic] = asyncio.get_running_loop().time()
        self._client.send(messages.encode(message))


@contextmanager
def logged(name: str, data: Path) -> Iterator[None]:
    """Log to log/NAME/log_info.log, and a day's log to history/NAME/.

    BusyError when another of that name runs on this folder.
    """
    keep_private(data)
    with kept(data / "log" / name, name, "state and log"):
        yield from _logging(name, data)


def _logging(name: str, data: Path) -> Iterator[None]:
    today = local_day(datetime.now(UTC))
    handler = start_log(data / "log" / name, data / "history" / name, today, turns=True)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def own_name(kind: str, options: argparse.Namespace, settings: Settings) -> str:
    """The name under which the app speaks: as typed, else as socket_info has it."""
    return str(options.name or settings.own_name(kind))


def dm_url(options: argparse.Namespace, settings: Settings) -> str:
    """Address of the meter program's websocket. ConfigError when it is not configured."""
    if options.dm:
        return str(options.dm)
    if (address := settings.socket_info.get("dm")) is None:
        raise ConfigError(
            setting('{name}: socket_info needs the address of "dm"', name=options.config.name)
        )
    return address.url
