"""Acts on real sockets: from a client through the meter program to a neighbour and back."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from apps.dm import acts
from apps.dm.acts import Acts
from apps.shared.commands import Args, Words
from apps.shared.satellite import Neighbour
from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base import messages
from my_socket import Peer, Server

SOON_S = 5


class Meter:
    """A minimal dm that knows the sender of each need and forwards acts."""

    def __init__(self) -> None:
        self.neighbours: dict[str, Peer] = {}
        self.here = asyncio.Event()
        self.words = Words("dm", "0")
        self.server = Server(self.words.answer, 0)
        self.acts = Acts(self.neighbours.get, self.server.send)
        self.words.hear(messages.Need, self._need)
        self.words.hear(messages.Act, lambda _, act: self.acts.pass_on(act))
        self.words.hear(messages.Acted, self.acts.answered)

    def _need(self, peer: Peer, need: messages.Need) -> None:
        self.neighbours[need.name] = peer
        self.here.set()


@asynccontextmanager
async def asker(meter: Meter) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{meter.server.port}/ws", proxy=None) as line:
        yield line


async def acted(line: ClientConnection, act: messages.Act) -> messages.Acted:
    await line.send(messages.encode(act))
    async with asyncio.timeout(SOON_S):
        async for text in line:
            if isinstance(answer := messages.decode(text), messages.Acted):
                return answer
    raise AssertionError("it closed the connection")


@asynccontextmanager
async def ev(meter: Meter, folder: Path) -> AsyncIterator[list[Args]]:
    """Inside the context, a neighbour named ev has the command `boost CAR`; yields its acts."""
    boosted: list[Args] = []

    def boost(args: Args) -> messages.Message:
        if args != ("q4",):
            raise ValueError(f"there is no car {' '.join(args)}")
        boosted.append(args)
        return messages.Reply(word="boost", text="q4 charges as fast as it can")

    words = Words("ev", "0")
    words.add("boost", boost, "fast", "[CAR]")
    url = f"ws://127.0.0.1:{meter.server.port}/ws"
    where = Namespace(data=folder, config=folder, port=None, dm=url)
    app = Neighbour("ev", "0", words, where, Settings(), Secrets(), lambda: None, dict)
    app.tell(messages.Need(name="ev", power_kw=0.0), changed=True)
    running = asyncio.ensure_future(app.parts["dm"]())
    try:
        await asyncio.wait_for(meter.here.wait(), SOON_S)
        yield boosted
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_an_act_reaches_the_neighbour_and_its_answer_the_asker(tmp_path: Path) -> None:
    meter = Meter()
    async with meter.server, ev(meter, tmp_path) as boosted, asker(meter) as line:
        done = await acted(line, messages.Act(number=7, to="ev", word="boost", args=("q4",)))
        assert done == messages.Acted(number=7, done=True, text="q4 charges as fast as it can")
        assert boosted == [("q4",)]
        wrong = await acted(line, messages.Act(number=8, to="ev", word="boost", args=("x",)))
        assert (wrong.number, wrong.done) == (8, False)
        assert "there is no car x" in wrong.text
        unknown = await acted(line, messages.Act(number=9, to="ev", word="fly"))
        assert not unknown.done


async def test_a_command_without_a_receiver_is_answered(tmp_path: Path) -> None:
    meter = Meter()
    async with meter.server, asker(meter) as line:
        answer = await acted(line, messages.Act(number=1, to="ev", word="boost"))
        assert answer == messages.Acted(number=1, done=False, text="Car charging is not connected")


async def test_an_answer_over_another_line_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A silent neighbour is reported, and an answer over another connection is ignored."""
    monkeypatch.setattr(acts, "PATIENCE_S", 0.3)
    meter = Meter()
    async with meter.server, asker(meter) as mute, asker(meter) as liar, asker(meter) as line:
        await mute.send(messages.encode(messages.Need(name="ev", power_kw=0.0)))
        await asyncio.wait_for(meter.here.wait(), SOON_S)
        lie = messages.Acted(number=1, done=True, text="done")
        asking = asyncio.create_task(acted(line, messages.Act(number=5, to="ev", word="boost")))
        await mute.recv()  # the need was noted
        assert isinstance(messages.decode(await mute.recv()), messages.Act)
        await liar.send(messages.encode(lie))
        answer = await asking
        assert not answer.done
        assert "did not answer" in answer.text
