"""Prints the serial port on which telegrams arrive, or why there is none: `-m upkeep.listen`."""

import asyncio
import sys

from p1.errors import LineError
from p1.source import auto


async def listen() -> str:
    """The port's lasting name. LineError says what each port gives instead."""
    link = await auto.connect()
    await link.close()
    return link.name


if __name__ == "__main__":
    try:
        print(asyncio.run(listen()))
    except LineError as error:
        print(error)
    sys.exit(0)
