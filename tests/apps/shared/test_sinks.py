"""What is published goes to each sink that wants it, however many there are."""

from apps.shared.sinks import Sinks
from base import messages

HELLO = messages.Hello(name="dm", version="1")


class Broker:
    """A sink that listens to some topics."""

    def __init__(self, *topics: str) -> None:
        self.topics = topics
        self.heard: list[tuple[str, messages.Message]] = []

    def wants(self, topic: str) -> bool:
        return topic in self.topics

    def publish(self, topic: str, message: messages.Message) -> None:
        self.heard.append((topic, message))


def test_each_sink_has_what_it_wants_while_it_is_there() -> None:
    """A message that nobody wants need not be made; one that has left hears no more."""
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
