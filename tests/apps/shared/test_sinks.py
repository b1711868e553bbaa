"""Each message is published to every sink that subscribes to its topic."""

from apps.shared.sinks import Sinks
from base import messages

HELLO = messages.Hello(name="dm", version="1")


class Broker:
    """A sink that subscribes to some topics."""

    def __init__(self, *topics: str) -> None:
        self.topics = topics
        self.heard: list[tuple[str, messages.Message]] = []

    def wants(self, topic: str) -> bool:
        return topic in self.topics

    def publish(self, topic: str, message: messages.Message) -> None:
        self.heard.append((topic, message))


def test_each_sink_has_what_it_wants_while_it_is_there() -> None:
    """A topic without a sink is not wanted; a sink that has left receives nothing."""
    sinks, house, both = Sinks(), Broker("house"), Broker("house", "bill")
    assert not sinks.wants("house")
    with sinks.joined(house), sinks.joined(both):
        assert sinks.wants("bill")
        assert not sinks.wants("peak")
        sinks.publish("house", HELLO)
        sinks.publish("bill", HELLO)
    sinks.publish("house", HELLO)
    assert not sinks.wants("house")
    assert house.heard == [("house", HELLO)]
    assert both.heard == [("house", HELLO), ("bill", HELLO)]
