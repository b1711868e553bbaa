"""Everything that a program publishes to: its websocket and other sinks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from base import messages
from my_socket import Server


class Sink(Protocol):
    """Takes messages by topic. Neither call waits or raises."""

    def wants(self, topic: str) -> bool:
        """True if a client listens: otherwise the message need not be made."""
        ...

    def publish(self, topic: str, message: messages.Message) -> None:
        """Send the message to everyone who listens to the topic."""
        ...


class WebsocketSink:
    """The peers of a websocket server that watch the topic."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.wants = server.wants

    def publish(self, topic: str, message: messages.Message) -> None:
        self._server.publish(topic, messages.encode(message))


class Sinks:
    """The sinks that are there now, as one."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = list(sinks)

    @contextmanager
    def joined(self, sink: Sink) -> Iterator[None]:
        """Inside the context, the sink takes part."""
        self._sinks.append(sink)
        try:
            yield
        finally:
            self._sinks.remove(sink)

    def wants(self, topic: str) -> bool:
        """True if any sink does."""
        return any(sink.wants(topic) for sink in self._sinks)

    def publish(self, topic: str, message: messages.Message) -> None:
        """Send the message to the sinks that want the topic."""
        for sink in self._sinks:
            if sink.wants(topic):
                sink.publish(topic, message)
