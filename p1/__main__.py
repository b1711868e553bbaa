"""Is my P1 port working? Prints the meter's telegrams, or why none arrive."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from p1 import diagnosis, source
from p1.errors import SettingError
from p1.framing import Counts, Frame, Framer, Reason, Rejected
from p1.reading import read
from p1.report import as_json, as_table, counts_as_json, counts_as_text
from p1.source import Event, Status
from p1.telegram import parse

PATIENCE_S = 15.0  # the watchdog speaks after 10 s; a Dutch meter sends each 10 s

SOURCES = """\
SOURCE is one of
  /dev/ttyUSB0             the P1 cable on that port
  auto                     the one port on which telegrams arrive
  socket://host:port       ser2net (tcp, raw) or a SlimmeLezer on the network
  homewizard://ip          a HomeWizard P1 meter, its local API switched on
  file:///path/p1.txt.gz   a recording, plain or .gz; ?speed=60 for a minute a
                           second

Without --for it gives up when no valid telegram comes within 15 s.
Exit code: 0 a valid telegram was read, 1 none was, 2 the SOURCE is wrong."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Command-line options. None: no limit."""

    setting: str
    json: bool
    count: int | None
    seconds: float | None

    @property
    def live(self) -> bool:
        return not self.setting.startswith("file:")


@dataclass(slots=True)
class Seen:
    """Progress so far: the source, the last bytes, the count, why the link was lost."""

    name: str = ""
    sample: bytes = b""
    counts: Counts = field(default_factory=Counts)
    trouble: str = ""

    def count(self, found: Frame | Rejected) -> None:
        if isinstance(found, Frame):
            self.counts.good += 1
        else:
            self.counts.rejected[found.reason] += 1

    def tell(self, event: Event) -> None:
        if event.retry_s is not None:
            self.trouble = event.sentence if event.status is Status.LOST else ""
            _say(f"{event.sentence}; again in {event.retry_s:.0f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when a valid telegram was read, 1 when none was, 2 for a wrong SOURCE."""
    wish, seen = _wish(arguments), Seen()
    try:
        with contextlib.suppress(KeyboardInterrupt):  # enough seen; the count still follows
            asyncio.run(_watch(wish, seen))
        _conclude(wish, seen)
        sys.stdout.flush()
    except SettingError as error:
        _say(str(error))
        return 2
    except BrokenPipeError:  # `| head` has enough: what follows goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if seen.counts.good else 1


def _wish(arguments: Sequence[str] | None) -> Wish:
    parser = argparse.ArgumentParser(
        prog="./do_py.sh p1",
        description=__doc__,
        epilog=SOURCES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="where the telegrams come from")
    parser.add_argument("--json", action="store_true", help="one Reading per line, then the count")
    parser.add_argument(
        "--count", type=int, metavar="N", help="stop after N telegrams (a live table: after 1)"
    )
    parser.add_argument(
        "--for", type=float, metavar="SECONDS", dest="seconds", help="stop after this time"
    )
    given = parser.parse_args(arguments)
    for option, number in (("--count", given.count), ("--for", given.seconds)):
        if number is not None and not number > 0:
            parser.error(f"{option} {number:g}: it must be more than 0")
    wish = Wish(given.source, given.json, given.count, given.seconds)
    if wish.live and not wish.json and wish.count is None and wish.seconds is None:
        return replace(wish, count=1)
    return wish


async def _watch(wish: Wish, seen: Seen) -> None:
    """Show telegrams until there are enough, the time is up or the recording ends."""
    patience_s = PATIENCE_S if wish.live else None
    with contextlib.suppress(TimeoutError):
        async with (
            asyncio.timeout(wish.seconds or patience_s) as limit,
            source.open(wish.setting, tell=seen.tell) as port,
        ):
            async for frame in _frames(port, seen):
                if wish.seconds is None:
                    limit.reschedule(None)
                seen.name = port.name
                telegram = parse(frame.raw)
                print(as_json(read(telegram)) if wish.json else as_table(telegram), flush=True)
                if seen.counts.good == wish.count:
                    return


async def _frames(port: source.Source, seen: Seen) -> AsyncIterator[Frame]:
    """The valid telegrams; `seen` has the counts."""
    framer = Framer()
    async for chunk in port:
        seen.sample = (seen.sample + chunk)[-diagnosis.SAMPLE_BYTES :]
        for found in framer.feed(chunk):
            seen.count(found)
            if isinstance(found, Frame):
                port.valid()
                yield found


def _conclude(wish: Wish, seen: Seen) -> None:
    """Print the count, and the fault on stderr, if any."""
    if wish.json:
        print(counts_as_json(seen.counts))
    elif seen.counts.good:
        print(f"\n{counts_as_text(seen.counts)}, from {seen.name}")
    if not seen.counts.good:
        unheard = seen.trouble if not seen.sample else ""
        _say(unheard or diagnosis.sentence(seen.sample, seen.counts))
    elif seen.counts.rejected[Reason.CRC]:
        _say(diagnosis.sentence(seen.sample, seen.counts))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
