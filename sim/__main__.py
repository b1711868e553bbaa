"""python -m sim: a simulated Belgian meter on standard output, in a file, on a pty or TCP port."""

import argparse
import asyncio
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sim import options
from sim.faults import Fault
from sim.meter import serve_tcp, simulated_meter
from sim.options import Options
from sim.stream import telegrams


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sim",
        description="Writes the telegrams of a simulated Belgian house, one for each second.",
        epilog="faults:\n" + "\n".join(f"  {fault:9} {fault.__doc__}" for fault in Fault),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for key, (default, meaning) in options.KEYS.items():
        shown = f" (default {default})" if default and key != "speed" else ""
        parser.add_argument(f"--{key.replace('_', '-')}", help=meaning + shown, metavar="VALUE")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N telegrams")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="FILE", help="write here, not to the terminal")
    where.add_argument("--pty", action="store_true", help="serve on a pty and print its path")
    where.add_argument("--tcp", type=int, metavar="PORT", help="serve on this loopback port")
    return parser


def _write(which: Options, count: int | None, out: Path | None, now: datetime) -> None:
    """Write the telegrams to the file or to standard output, at the given speed."""
    with out.open("wb") if out else os.fdopen(os.dup(1), "wb") as file:
        for telegram in telegrams(which, count, now=now):
            file.write(telegram)
            if which.speed:
                file.flush()
                time.sleep(which.pause_s)


async def _serve(which: Options, port: int | None, now: datetime) -> None:
    """The meter sends until it is interrupted."""
    served = simulated_meter(which, now) if port is None else serve_tcp(which, now, port)
    async with served as where:
        print(where if port is None else f"socket://127.0.0.1:{where}", flush=True)
        await asyncio.Event().wait()


def main() -> int:
    """Runs the command line; 2 when an argument is wrong."""
    parser = _parser()
    args = parser.parse_args()
    serves = args.pty or args.tcp is not None
    given = {key: getattr(args, key) for key in options.KEYS if getattr(args, key) is not None}
    given.setdefault("speed", "1" if serves else "0")
    try:
        which = options.from_texts(given)
        now = datetime.now(UTC)
        with suppress(KeyboardInterrupt, BrokenPipeError):
            if serves:
                asyncio.run(_serve(which, args.tcp, now))
            else:
                _write(which, args.count, args.out, now)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
