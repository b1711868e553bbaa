"""A simulated meter on a pty, whose path is printed: the cable of a documented command."""

import asyncio
from datetime import UTC, datetime

from sim.meter import simulated_meter


async def main() -> None:
    async with simulated_meter("sim://", datetime.now(UTC)) as path:
        print(path, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
