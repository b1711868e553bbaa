"""Commands of the owner: each command has an answer, an unknown one too.

dm, ev and bs each fill a table of Words and give its `answer` to their Server. A line is a command
with arguments, or the same as JSON; a peer's own messages (hello, need) have their handlers.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import isawaitable
from typing import Any, TypeVar

from pydantic import ValidationError

from base.language import phrase
from base.messages import PROTOCOL, Command, Error, Hello, Message, Part, Reply, encode, typed
from my_socket import Peer

Args = tuple[str, ...]
Answer = Message | Sequence[Message]
Function = Callable[[Args], Answer | Awaitable[Answer]]
Heard = Message | None | Awaitable[Message | None]
M = TypeVar("M", bound=Part)
LONGEST_ECHO = 40
READ_ONLY = "You may read here, and change nothing: this needs the token, or ./do_py.sh phone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A command: its function, its line of help, and its arguments."""

    name: str
    says: Callable[[Peer, Args], Awaitable[list[Message]]]
    does: str
    arguments: str = ""
    topic: bool = False

    @property
    def usage(self) -> str:
        return f"{self.name} {self.arguments}".rstrip()


class Words:
    """The commands of one daemon with their functions.

    A function that gets wrong arguments raises ValueError with a sentence: the peer receives it
    with the usage.
    """

    def __init__(self, name: str, version: str) -> None:
        self._name = name
        self._version = version
        self._handlers: dict[type[Part], Callable[[Peer, Any], Heard]] = {}
        self.hear(Hello, self._meet)
        no_more = "stops sending these topics, or all"
        own = (
            Word(name="help", says=self._help, does="list the commands", arguments="[WORD]"),
            Word(name="hello", says=self._say_hello, does="who this is"),
            Word(
                name="watch",
                says=self._watch,
                does="sends these topics now and at each change",
                arguments="TOPIC...",
            ),
            Word(name="stop", says=self._stop, does=no_more, arguments="[TOPIC...]"),
            Word(name="unwatch", says=self._stop, does=no_more, arguments="[TOPIC...]"),
        )
        self._words = {word.name: word for word in own}

    def add(
        self, word: str, function: Function, does: str, arguments: str = "", *, topic: bool = False
    ) -> None:
        """`word` is answered by function(args), with one message or several. A topic can be
        watched, and needs no arguments.

        `does` is its line of help; `arguments` names its arguments, "[DAYS]", "" for nothing.
        """

        async def says(_: Peer, args: Args) -> list[Message]:
            made = function(args)
            answer = await made if isawaitable(made) else made
            return list(answer) if isinstance(answer, Sequence) else [answer]

        self._words[word] = Word(name=word, says=says, does=does, arguments=arguments, topic=topic)

    def hear(self, kind: type[M], handler: Callable[[Peer, M], Heard]) -> None:
        """A peer's messages of this kind go to `handler`; its answer goes back, or "noted".

        A peer that only reads may send nothing but its hello.
        """
        self._handlers[kind] = handler

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that can be watched."""
        return tuple(word.name for word in self._words.values() if word.topic)

    def hello(self) -> Hello:
        """The greeting for a new connection: the program's name and its commands."""
        return Hello(name=self._name, version=self._version, offers=tuple(self._words))

    async def answer(self, peer: Peer, text: str) -> list[str]:
        """The answers to one line, encoded. There is always one, and it never raises for a line."""
        try:
            message = typed(text)
        except ValueError as error:
            return [encode(self._error(f"That is not a message: {error}"))]
        if isinstance(message, Command):
            return [encode(part) for part in await self._obey(peer, message)]
        return [encode(await self._take(peer, message))]

    async def _obey(self, peer: Peer, command: Command) -> list[Message]:
        word = self._words.get(command.word.lower())
        if word is None:
            return await self._elsewhere(peer, command)
        if command.args and not word.arguments:
            return [self._error(f"{word.name} takes nothing after it.")]
        try:
            return await word.says(peer, command.args)
        except ValidationError:  # an answer that is not a message: our fault, not the peer's
            raise
        except ValueError as error:
            return [self._error(f"{error}. Usage: {word.usage}")]

    async def _take(self, peer: Peer, message: Message) -> Message:
        handler = self._handlers.get(type(message))
        if handler is None:
            return self._error(f"{self._name} takes no message of type {message.type}.")
        if not (peer.acts or isinstance(message, Hello)):
            return self._error(READ_ONLY)
        answer = handler(peer, message)
        said = await answer if isawaitable(answer) else answer
        return said or Reply(word=message.type, text="noted")

    def _meet(self, peer: Peer, hello: Hello) -> Message:
        if hello.protocol != PROTOCOL:
            return self._error(f"You speak protocol {hello.protocol}, {self._name} {PROTOCOL}.")
        peer.name, peer.offers = hello.name, frozenset(hello.offers)
        return Reply(word="hello", text=phrase("welcome, {name}", name=hello.name))

    async def _elsewhere(self, peer: Peer, command: Command) -> list[Message]:
        """The answers to a command that is not in the table."""
        return [self._unknown(command.word)]

    async def _say_hello(self, _: Peer, args: Args) -> list[Message]:
        return [self.hello()]

    async def _help(self, _: Peer, args: Args) -> list[Message]:
        unknown = [name for name in args if name.lower() not in self._words]
        if unknown:
            return [self._unknown(unknown[0])]
        chosen = [self._words[name.lower()] for name in args] or list(self._words.values())
        # One line: the interactive client shows a line break as \n.
        return [Reply(word="help", text="; ".join(f"{w.usage}: {w.does}" for w in chosen))]

    async def _watch(self, peer: Peer, args: Args) -> list[Message]:
        """Each topic is sent once now, so that no screen stays empty until it changes."""
        topics = self._chosen(args)
        if not topics:
            raise ValueError("watch needs a topic")
        peer.topics.update(topics)
        answers: list[Message] = [self._watched(peer)]
        for topic in topics:
            answers += await self._obey(peer, Command(word=topic))
        return answers

    async def _stop(self, peer: Peer, args: Args) -> list[Message]:
        peer.topics.difference_update(self._chosen(args) or set(peer.topics))
        return [self._watched(peer)]

    def _chosen(self, args: Args) -> list[str]:
        """The topics named, each once. ValueError when there is no such topic."""
        chosen = list(dict.fromkeys(name.lower() for name in args))
        for name in chosen:
            if name not in self.topics:
                can = ", ".join(self.topics) or "nothing here"
                raise ValueError(f"{_short(name)} is not a topic; the topics are: {can}")
        return chosen

    def _watched(self, peer: Peer) -> Reply:
        names = ", ".join(sorted(peer.topics)) or phrase("nothing")
        return Reply(word="watch", text=phrase("watching {names}", names=names))

    def _unknown(self, word: str) -> Error:
        word = _short(word)
        close = get_close_matches(word.lower(), self._words, n=1)
        guess = f" Did you mean {close[0]}?" if close else ""
        return self._error(f"{word} is not a command.{guess}" if word else "Type a command.")

    def _error(self, text: str) -> Error:
        return Error(text=text, words=tuple(self._words))


def _short(text: str) -> str:
    """A typed word, shortened so that an answer can quote it."""
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"
