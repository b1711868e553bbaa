"""The websocket: a house message published until a client on this machine has received it."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection, connect

from base.messages import Health, House, Phase, encode
from bench.process import percentile_ms
from bench.result import Result, delays
from my_socket import Peer, Server

MESSAGES = 1000
MANY = 100
HOUSE = House(
    time=None,
    meter_id="1SAG0000000042",
    tariff="day",
    offtake_kw=3.05,
    injection_kw=0.0,
    phases=(Phase(offtake_kw=1.0, injection_kw=0.0, voltage_v=231.4, current_a=4.3),) * 3,
    health=Health(state="fresh", age_s=0.4, good=63504, rejected=2),
)


def run() -> list[Result]:
    """The delays in ms: for one client, and for the last of many."""
    one, last = asyncio.run(_measure(1)), asyncio.run(_measure(MANY))
    return [
        *delays("house message to one client", one, p99="part of 10"),
        Result(
            name=f"last of {MANY} clients on the same core, p99",
            value=percentile_ms(last, 99),
            unit="ms",
        ),
    ]


async def _watch(peer: Peer, text: str) -> list[str]:
    peer.topics.add("house")
    return ["watching"]


async def _measure(clients: int) -> list[float]:
    """Seconds from a House as a value to its text at the last client, for each message."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(Server(_watch, 0))
        url = f"ws://127.0.0.1:{server.port}/ws"
        lines = [
            await stack.enter_async_context(connect(url, proxy=None, compression=None))
            for _ in range(clients)
        ]
        for line in lines:
            await line.send("watch")
            await line.recv()
        return [await _delay_s(server, lines) for _ in range(MESSAGES // clients + 100)]


async def _delay_s(server: Server, lines: Sequence[ClientConnection]) -> float:
    began = time.perf_counter()
    server.publish("house", encode(HOUSE))
    await asyncio.gather(*(line.recv() for line in lines))
    return time.perf_counter() - began
