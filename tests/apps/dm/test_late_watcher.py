"""A client that begins to watch gets the last need and state of every neighbour at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from base import messages
from tests.apps.dm.running import dm

NOW = datetime(2026, 1, 15, 17, tzinfo=UTC)
TOPICS = ("need", "charging", "batteries", "stays")


async def tell(line: ClientConnection, name: str, *told: messages.Message) -> None:
    """Send a neighbour's need and then its states, each once the last one was noted."""
    hello = messages.Hello(name=name, version="1")
    await line.recv()
    for message in (hello, messages.Need(name=name, power_kw=0.0), *told):
        await line.send(messages.encode(message))
        assert isinstance(messages.decode(await line.recv()), messages.Reply)


async def asked(line: ClientConnection, *words: str) -> Sequence[messages.Message]:
    """All answers to these commands, without waiting for any change."""
    for text in (*words, "hello"):
        await line.send(text)
    answers = []
    while not isinstance(answer := messages.decode(await line.recv()), messages.Hello):
        answers.append(answer)
    return answers


async def test_every_neighbour_is_there_at_once(tmp_path: Path) -> None:
    async with dm("sim://?speed=1", tmp_path) as meter:
        url = meter.url
        async with connect(url) as ev, connect(url) as bs, connect(url) as second:
            await tell(
                ev,
                "ev",
                messages.Charging(time=NOW, chargers=()),
                messages.Stays(stays=()),
            )
            for line, name in ((bs, "bs"), (second, "bs2")):
                await tell(line, name, messages.Batteries(time=NOW, batteries=()))
            async with connect(url) as page:
                await page.recv()
                reply, *told = await asked(page, f"watch {' '.join(TOPICS)}")
    assert isinstance(reply, messages.Reply)
    assert [(each.type, getattr(each, "name", "")) for each in told] == [
        ("need", "ev"),
        ("need", "bs"),
        ("need", "bs2"),
        ("charging", "ev"),
        ("batteries", "bs"),
        ("batteries", "bs2"),
        ("stays", "ev"),
    ]


async def test_a_meter_without_neighbours_says_so(tmp_path: Path) -> None:
    async with dm("sim://?speed=1", tmp_path) as meter, connect(meter.url) as page:
        await page.recv()
        answers = await asked(page, *TOPICS)
    assert [each.word for each in answers if isinstance(each, messages.Reply)] == list(TOPICS)
