"""Text typed into `python -m websockets ws://...` is answered."""

import asyncio
import sys

from apps.shared.commands import Words
from base.messages import Error, Message, Reply, Usage, decode
from my_socket import Server

SOON_S = 20


def usage(args: tuple[str, ...]) -> Message:
    return Usage(time=None, periods=())


async def answered(process: asyncio.subprocess.Process, line: str) -> Message:
    """Send a line and return the answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line.encode() + b"\n")
    while True:
        shown = await process.stdout.readline()
        assert shown, "the connection was closed"
        _, is_answer, text = shown.decode().rstrip("\n").partition("< ")
        if is_answer:
            return decode(text)


async def test_commands_json_and_nonsense_are_all_answered() -> None:
    words = Words("dm", "0.1.0")
    words.add("usage", usage, "what each period used and cost")
    async with asyncio.timeout(SOON_S), Server(words.answer, 0) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "websockets", f"ws://127.0.0.1:{server.port}/ws"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert isinstance(await answered(process, "help"), Reply)
        assert isinstance(await answered(process, "nonsense"), Error)
        json = '{"type":"command","word":"usage"}'
        assert isinstance(await answered(process, json), Usage)
        assert len(server.peers) == 1
        shown, _ = await process.communicate(b"")
        assert b"Connection closed: 1000" in shown
