"""Speed from bytes to a Reading, against dsmr_parser and against the least Python can do.

Every telegram of the stream is another second: clock, powers and registers differ, as at home.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bench.result import Result
from p1.crc import crc
from p1.framing import Frame, Framer
from p1.reader import Reader
from p1.reading import read
from p1.telegram import parse

ROUNDS = 25
ROUND_SIZE = {"ours": 600, "ours, each as if new": 300, "floor": 2000, "dsmr_parser": 15}
"""Telegrams a round, so that each way takes about the same time and noise."""

_START = datetime(2026, 1, 15, 17, 30)  # noqa: DTZ001  the meter's own wall clock


def stream(count: int) -> list[bytes]:
    """Telegrams of a 50217 three-phase meter with gas, water and 13 months, one a second."""
    return [_seal(_body(second)) for second in range(count)]


def run() -> list[Result]:
    """Telegrams a second for each way, and the ratios, all measured in turn in one run."""
    telegrams = stream(max(ROUND_SIZE.values()))
    ways: dict[str, Callable[[Sequence[bytes]], None]] = {
        "ours": _ours,
        "ours, each as if new": _ours_each_new,
        "floor": _floor,
    }
    if (peer := _dsmr_parser()) is not None:
        ways["dsmr_parser"] = peer
    rates = _rates(ways, telegrams)
    results = [
        Result(name=f"parse: {name}", value=rate, unit="telegrams/s")
        for name, rate in rates.items()
    ]
    if peer is not None:
        new = rates["ours, each as if new"] / rates["dsmr_parser"]
        results.append(Result(name="parse: each as if new / dsmr_parser", value=new, unit="x"))
        against = rates["ours"] / rates["dsmr_parser"]
        results.append(
            Result(name="parse: ours / dsmr_parser", value=against, unit="x", target="at least 25")
        )
        floor = rates["floor"] / rates["dsmr_parser"]
        results.append(Result(name="parse: floor / dsmr_parser", value=floor, unit="x"))
    results.append(
        Result(name="parse: floor / ours", value=rates["floor"] / rates["ours"], unit="x")
    )
    return results


def _rates(
    ways: dict[str, Callable[[Sequence[bytes]], None]], telegrams: Sequence[bytes]
) -> dict[str, float]:
    """Telegrams a second of each way: the median of the rounds, taken in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            batch = telegrams[: ROUND_SIZE[name]]
            start = time.perf_counter()
            way(batch)
            seconds[name].append((time.perf_counter() - start) / len(batch))
    return {name: 1 / statistics.median(taken) for name, taken in seconds.items()}


def _ours(telegrams: Sequence[bytes]) -> None:
    """Framed, checked, cut into lines, typed."""
    framer, reader = Framer(), Reader()
    for raw in telegrams:
        for event in framer.feed(raw):
            assert isinstance(event, Frame)
            reader.read(parse(event.raw))


def _ours_each_new(telegrams: Sequence[bytes]) -> None:
    """The same without knowing the telegram before."""
    framer = Framer()
    for raw in telegrams:
        for event in framer.feed(raw):
            assert isinstance(event, Frame)
            read(parse(event.raw))


def _floor(telegrams: Sequence[bytes]) -> None:
    """Lines in a dict: no CRC, no numbers, no times."""
    for raw in telegrams:
        found = {}
        for line in raw.split(b"\r\n"):
            code, _, value = line.partition(b"(")
            found[code] = value


def _dsmr_parser() -> Callable[[Sequence[bytes]], None] | None:
    """Normal use of dsmr_parser: parse and CRC. None when it is not installed."""
    try:
        from dsmr_parser import telegram_specifications
        from dsmr_parser.parsers import TelegramParser
    except ImportError:
        return None
    parser = TelegramParser(telegram_specifications.BELGIUM_FLUVIUS)

    def parse_all(telegrams: Sequence[bytes]) -> None:
        for raw in telegrams:
            parser.parse(raw.decode("ascii"))

    return parse_all


def _seal(body: str) -> bytes:
    raw = body.replace("\n", "\r\n").encode("ascii")
    return raw + b"%04X\r\n" % crc(raw)


def _months() -> str:
    rows = []
    for index in range(13):
        year, month = divmod(24 * 12 + 12 + index, 12)
        rows.append(f"({year:02}{month + 1:02}01000000{'S' if 2 < month < 10 else 'W'})")
        year, month = divmod(24 * 12 + 11 + index, 12)
        rows.append(f"({year:02}{month + 1:02}12184500{'S' if 2 < month < 10 else 'W'})")
        rows.append(f"({3 + index / 8:06.3f}*kW)")
    return "".join(rows)


def _body(second: int) -> str:
    now = _START + timedelta(seconds=second)
    sub = now - timedelta(seconds=second % 300 + 70)
    one, two, three = (0.2 + second * step % 1000 / 1000 for step in (37, 53, 71))
    return f"""/FLU5\\253769484_A

0-0:96.1.4(50217)
0-0:96.1.1(3153414731313030303031323334)
0-0:1.0.0({now:%y%m%d%H%M%S}W)
1-0:1.8.1({1484.822 + second / 1000:010.3f}*kWh)
1-0:1.8.2({1510.527 + second / 1000:010.3f}*kWh)
1-0:2.8.1({627.316 + second / 1000:010.3f}*kWh)
1-0:2.8.2({263.394 + second / 1000:010.3f}*kWh)
0-0:96.14.0(0001)
1-0:1.4.0({second % 900 / 300:06.3f}*kW)
1-0:1.6.0(260106171500W)(03.410*kW)
0-0:98.1.0(13)(1-0:1.6.0)(1-0:1.6.0){_months()}
1-0:1.7.0({one + two + three:06.3f}*kW)
1-0:2.7.0(00.000*kW)
1-0:21.7.0({one:06.3f}*kW)
1-0:41.7.0({two:06.3f}*kW)
1-0:61.7.0({three:06.3f}*kW)
1-0:22.7.0(00.000*kW)
1-0:42.7.0(00.000*kW)
1-0:62.7.0(00.000*kW)
1-0:32.7.0({229 + one:05.1f}*V)
1-0:52.7.0({230 + two:05.1f}*V)
1-0:72.7.0({231 + three:05.1f}*V)
1-0:31.7.0({one * 4.3:06.2f}*A)
1-0:51.7.0({two * 4.3:06.2f}*A)
1-0:71.7.0({three * 4.3:06.2f}*A)
0-0:96.3.10(1)
0-0:17.0.0(999.9*kW)
1-0:31.4.0(999*A)
0-0:96.13.0()
0-1:24.1.0(003)
0-1:96.1.1(37464C4F32313233303030313233)
0-1:24.4.0(1)
0-1:24.2.3({sub:%y%m%d%H%M%S}W)({1284.807 + second // 300 / 100:09.3f}*m3)
0-2:24.1.0(007)
0-2:96.1.1(3853455430303030303031323334)
0-2:24.2.1({sub:%y%m%d%H%M%S}W)({872.234 + second // 300 / 100:09.3f}*m3)
!"""


if __name__ == "__main__":
    for result in run():
        print(f"{result.name:36} {result.value:12.1f} {result.unit}  {result.target}")
