"""Says on which serial port telegrams arrive, or why on none: `-m setup.listen`."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from p1.errors import LineError
from p1.source import auto

HEARD = "Telegrams arrive on "


async def listen(candidates: Iterable[Path] | None = None) -> str:
    """A sentence with the port's lasting name, or with the result of each port."""
    try:
        link = await auto.connect(candidates)
    except LineError as error:
        return str(error)
    await link.close()
    return f"{HEARD}{link.name}"


def port_in(sentence: str) -> Path | None:
    """The port that `listen` names; None for a sentence on the reason, which names ports too."""
    return Path(sentence.removeprefix(HEARD)) if sentence.startswith(HEARD) else None


if __name__ == "__main__":
    print(asyncio.run(listen()))
