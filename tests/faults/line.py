"""Faults on the wire: damaged bytes, and telegrams with unusual contents.

The numbers refer to field faults in other projects (their issues are named).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random

from base import messages
from p1.crc import crc
from sim.stream import telegrams
from tests.faults.fault import Fault, Outcome
from tests.faults.stage import kwh, made, milli, now_s, rows, stage, stamp
from tests.p1 import make

Bytes = Callable[[bytes], bytes]
MIDNIGHT = datetime(2026, 1, 31, 23, tzinfo=UTC)  # the month ends, in Belgium


async def dropped(damage: Bytes, reasons: Mapping[str, int], folder: Path) -> Outcome:
    """A damaged telegram is counted by its kind and dropped, and the next one is used."""
    async with stage(folder) as it:
        await it.good(made(0), made(1))
        await it.damaged(damage(made(2)))
        recovered_s = await it.recovered_s(made(3))
        wire = await it.wire()
        assert wire.rejected == reasons, wire.rejected
        house = await it.good(made(4))
        assert house.offtake_kw == 3.6
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    return Outcome(f"rejected: {said or 'none'}; {wire.garbage_bytes} B of garbage", recovered_s)


async def taken(change: Bytes, folder: Path) -> Outcome:
    """An unusual but whole telegram is used."""
    async with stage(folder) as it:
        await it.good(made(0))
        house = await it.good(change(made(1)))
        assert house.offtake_kw == 3.6
        assert (await it.wire()).rejected == {}
    return Outcome("used, none rejected")


async def _large(folder: Path) -> Outcome:
    history = "".join(f"({240000 + n}01000000W)(250101001500W)(01.000*kW)" for n in range(101, 116))
    many = {"0-0:98.1.0": f"(15)(1-0:1.6.0)(1-0:1.6.0){history}", "0-0:96.13.0": f"({'48' * 1024})"}
    for channel in range(1, 9):
        many |= {
            f"0-{channel}:24.1.0": "(007)",
            f"0-{channel}:96.1.1": f"(3833{channel:02}{'30' * 12})",
            f"0-{channel}:24.2.1": "(260115173500W)(00003.830*m3)",
        }
    large = made(1, many)
    async with stage(folder) as it:
        house = await it.good(made(0), large)
        assert house.message == "H" * 1024
        await it.damaged(b"/FLU5\\x\r\n" + b"1-0:1.7.0(00.1*kW)\r\n" * 1000)
        recovered_s = await it.recovered_s(made(2))
        assert (await it.wire()).rejected == {"too_long": 1}
    return Outcome(f"{len(large)} B used; 20 kB without an end dropped at 16 kB", recovered_s)


async def _grown(folder: Path) -> Outcome:
    """Midnight of the 1st: the history gains its row between two telegrams."""
    url = f"sim://?start={(MIDNIGHT - timedelta(seconds=3)).isoformat().replace('+', '%2B')}"
    async with stage(folder) as it:
        for raw in islice(telegrams(url), 6):
            house = await it.good(raw)
        assert house.health.rejected == 0
    return Outcome("all six telegrams around midnight of the 1st used")


async def _chunks(folder: Path) -> Outcome:
    sizes = (1, 7, 511, 512, 513)
    async with stage(folder) as it:
        for number, size in enumerate(sizes):
            raw = made(number)
            *parts, last = [raw[at : at + size] for at in range(0, len(raw), size)]
            await it.damaged(*parts)
            await it.good(last)
        assert (await it.wire()).rejected == {}
    return Outcome(f"telegrams in pieces of {', '.join(map(str, sizes))} B: all used")


def _short_crc() -> bytes:
    """The CRC of a telegram has three digits, in lower case without its leading 0."""
    for second in range(1, 100):
        raw = made(second)
        if raw[-6:-5] == b"0":
            return raw[:-6] + raw[-5:].lower()
    raise AssertionError("no CRC begins with 0")


async def _diagnosed(damage: Bytes, word: str, folder: Path) -> Outcome:
    """With this input from the start, the diagnosis follows after ten seconds; then it recovers."""
    async with stage(folder) as it:
        began = now_s()
        await it.damaged(*(damage(made(second)) for second in range(10)))
        note = await it.notes(word)
        took_s = now_s() - began
        it.feed.hang_up()
        recovered_s = await it.recovered_s(made(20))
    return Outcome(f'after {took_s:.0f} s: "{note[note.find(word) - 30 :][:60]}..."', recovered_s)


async def _ratio(folder: Path) -> Outcome:
    async with stage(folder) as it:
        for second in range(10):
            raw = made(second)
            if second % 3 == 1:
                await it.damaged(raw.replace(b"03.600", b"03.601"))
            else:
                await it.good(raw)
        wire = await it.wire()
        assert wire.error_pct == 30.0
        assert wire.last_bad is not None
        assert "03.601" in wire.last_bad.text
        assert "315341473331" not in wire.last_bad.text
    return Outcome("health says 30 % CRC errors and shows the last one, its ids masked")


async def said(
    changes: Mapping[str, str], check: Callable[[messages.House], str], folder: Path
) -> Outcome:
    """A telegram with these lines; `check` verifies the resulting facts of the house."""
    async with stage(folder) as it:
        await it.good(made(0))
        house = await it.good(made(1, changes))
        assert house.offtake_kw == 3.6
        return Outcome(check(house))


async def counted(
    before: Mapping[str, str],
    after: Mapping[str, str],
    gas: float | None,
    water: float | None,
    folder: Path,
) -> Outcome:
    """Sub-meters read `before`, then `after` twenty minutes later: these amounts are booked."""
    async with stage(folder) as it:
        await it.good(made(0, before), made(1200, after))
        today = await it.period()
        found = tuple(used and kwh(used) for used in (today.gas, today.water))
        assert found == (gas, water), found
        assert kwh(today.offtake_day) == 1.2
    return Outcome(f"gas {_m3(gas)}, water {_m3(water)}; the electricity counted")


def _m3(amount: float | None) -> str:
    return "not known" if amount is None else f"{amount:.3f} m3"


def sub(channel: int, medium: str, value: str, code: str = "24.2.3") -> dict[str, str]:
    """A sub-meter; `value` includes its stamp."""
    return {
        f"0-{channel}:24.1.0": f"({medium})",
        f"0-{channel}:96.1.1": f"(37464C4F3{channel})",
        f"0-{channel}:{code}": value,
    }


DEAD_GAS = sub(1, "003", "(700101010000W)(00000000)", "24.2.1")
OLD, NEW = "(260115173500W)(00246.138*m3)", "(260115175500W)(00246.238*m3)"


def _three_wattmeters(house: messages.House) -> str:
    assert house.grid == "3x230"
    assert house.breaker == "on"
    return "grid read as 3x230; no phase reported as lost"


def _by_day(house: messages.House) -> str:
    assert house.tariff == "day"
    return "0001 is shown as day"


def _demand(house: messages.House) -> str:
    assert house.quarter is not None
    assert house.quarter.so_far_kw == 1.57
    return f"so far {house.quarter.so_far_kw} kW as billed; own count shown beside it"


async def _clocks(folder: Path) -> Outcome:
    """A live meter in the year 2000, later set right."""
    async with stage(folder, live=True) as it:
        await it.good(made(0, begin=datetime(2000, 1, 1, tzinfo=UTC)))
        await it.says("clock says 2000-01-01", "bookings use our time")
        (since,) = {int(str(row[4])) for row in rows(folder, "baselines")}
        assert abs(since - datetime.now(UTC).timestamp()) < 60
    return Outcome("booked at our time, and logged once")


async def _double_hour(folder: Path) -> Outcome:
    """02:59:59 S is followed by 02:00:00 W: one second later, not an hour earlier."""
    begin = datetime(2026, 10, 25, 0, 59, 58, tzinfo=UTC)
    async with stage(folder) as it:
        for second in range(4):
            house = await it.good(made(second, begin=begin))
            assert house.time == begin + timedelta(seconds=second)
        stamps = stamp(begin), stamp(begin + timedelta(seconds=3))
    return Outcome(f"{stamps[0]} to {stamps[1]} is 3 s")


async def _spring(folder: Path) -> Outcome:
    """The skipped hour: 01:30 to 04:00 is an hour and a half, in six quarters."""
    begin = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    async with stage(folder) as it:
        await it.good(*(made(60 * minute, begin=begin) for minute in range(91)))
        booked = [row for row in rows(folder) if row[1] == "offtake_day"]
        starts = [int(str(row[0])) for row in booked]
        assert starts == [int(begin.timestamp()) + 900 * n for n in range(6)]
        assert {row[2] for row in booked} == {900}
    return Outcome("six quarters of 0.900 kWh each, none stale, none double")


async def _first(folder: Path) -> Outcome:
    """The last quarter of January ends on the 1st at 00:00: its peak is January's."""
    peak = {"1-0:1.6.0": "(260201000000W)(04.000*kW)"}
    async with stage(folder) as it:
        await it.good(made(-900, begin=MIDNIGHT), made(1, peak, MIDNIGHT))
        now = await it.peak()
        assert now.month_peak is None or now.month_peak.kw != 4.0
        january = next(row for row in now.months if row.month.month == 1)
        assert january.kw == 4.0
    return Outcome("4.00 kW counted for January; February begins again")


async def _mean(folder: Path) -> Outcome:
    history = "".join(
        f"(25{month:02}01000000W)(250101001500W)({kw:06.3f}*kW)"
        for month, kw in enumerate((1.0, 4.0, 6.0), start=10)
    )
    async with stage(folder) as it:
        await it.good(made(0, {"0-0:98.1.0": f"(3)(1-0:1.6.0)(1-0:1.6.0){history}"}))
        now = await it.peak()
        months = {row.kw for row in now.months}
        assert {1.0, 4.0, 6.0} <= months
        assert now.mean_kw is not None
        assert abs(now.mean_kw - (2.5 + 4.0 + 6.0 + 3.41) / 4) < 0.001
    return Outcome(f"every row shown; the mean {now.mean_kw:.3f} kW with 1.0 billed as 2.5")


async def _nonsense_register(folder: Path) -> Outcome:
    zero = {"1-0:1.8.1": "(000000.000*kWh)"}
    jump = {"1-0:1.8.1": "(054984.822*kWh)"}
    async with stage(folder) as it:
        await it.good(made(0), made(10, zero), made(20), made(30, jump), made(1200))
        today = await it.period()
        assert kwh(today.offtake_day) == 1.2
    return Outcome("a total of 0 and one 53.5 MWh higher held back: 1.200 kWh, as used")


async def _replaced(folder: Path) -> Outcome:
    other = {"0-0:96.1.1": "(3153414739393939393939393939)"}
    new = [{**other, "1-0:1.8.1": f"(000000.{n:03}*kWh)"} for n in (1, 101)]
    async with stage(folder) as it:
        await it.good(made(0), made(1000), made(1010, new[0]), made(2000, new[1]))
        today = await it.period()
        assert kwh(today.offtake_day) == 1.1, today.offtake_day
        await it.says("is new: counting starts at its registers")
    return Outcome("1.000 kWh on the old meter and 0.100 on the new; no phantom, logged once")


async def _late_gas(folder: Path) -> Outcome:
    stamps = [(MIDNIGHT + timedelta(minutes=m)) for m in (-20, -5, 0)]
    values = [sub(1, "003", f"({stamp(at)})(00{100 + n}.000*m3)") for n, at in enumerate(stamps)]
    async with stage(folder) as it:
        await it.good(*(made(60 * m, values[n], MIDNIGHT) for n, m in enumerate((-18, -3, 4))))
        await it.good(made(1200, values[2], MIDNIGHT))
        assert milli(rows(folder), "gas") == 2000
        starts = {int(str(row[0])) for row in rows(folder) if row[1] == "gas"}
        assert max(starts) < MIDNIGHT.timestamp()
    return Outcome("the m3 that came after midnight is of the day before")


async def _vanished(folder: Path) -> Outcome:
    gone = make.without("1-0:1.4.0", "1-0:1.6.0", "0-0:98.1.0")
    async with stage(folder) as it:
        await it.good(made(0))
        for second in range(10, 2100, 10):
            await it.damaged(make.seal({**gone, **_moved(second)}))
            it.sent += 1
        house = await it.good(make.seal({**gone, **_moved(2100)}))
        await it.says("fluvius")
        assert house.quarter is not None
        assert house.headroom_kw is not None
    return Outcome("reported with the hint to mijn.fluvius.be; the peak continues by our own count")


def _moved(second: int) -> dict[str, str]:
    """The changing parts of a telegram: its clock and its register."""
    objects = (line.partition("(") for line in made(second).decode().split("\r\n") if "(" in line)
    return {code: f"({rest}" for code, _, rest in objects if code in ("0-0:1.0.0", "1-0:1.8.1")}


async def _noise_hour(folder: Path) -> Outcome:
    chance = Random(3)
    async with stage(folder) as it:
        await it.good(made(0))
        for _ in range(60):
            await it.damaged(*(chance.randbytes(1100) for _ in range(60)))
        recovered_s = await it.recovered_s(b"\r\n" + made(3600))
        wire = await it.wire()
    noise_mb = (wire.garbage_bytes + 16384 * wire.rejected.get("too_long", 0)) / 1e6
    return Outcome(f"{noise_mb:.1f} MB of noise dropped, then the next telegram", recovered_s)


def inverted(raw: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in raw)


def seven_bit(raw: bytes) -> bytes:
    return bytes(byte | (byte.bit_count() & 1) << 7 for byte in raw)


def _resealed(raw: bytes, old: bytes, new: bytes) -> bytes:
    body = raw[: raw.rindex(b"!") + 1].replace(old, new)
    return body + b"%04X\r\n" % crc(body)


FAULTS = (
    Fault(
        source="field 1 (esp8266_p1meter#35)",
        injected="the history gains a row on the 1st",
        promised="every telegram is used: no limit per line",
        play=_grown,
    ),
    Fault(
        source="field 2 (esphome#4508)",
        injected="a telegram of the largest legal size; one of 20 kB without an end",
        promised="the first used, the second dropped at the cap, the next one used",
        play=_large,
    ),
    Fault(
        source="field 3 (dsmrreader#1090)",
        injected="telegrams in pieces of any size",
        promised="the same telegrams for any pieces",
        play=_chunks,
        quick=True,
    ),
    Fault(
        source="field 4 (dsmr-reader)",
        injected="a telegram cut in the middle, then a complete one",
        promised="exactly the complete one is used",
        play=partial(dropped, lambda raw: raw[: len(raw) // 2], {"cut": 1}),
        quick=True,
    ),
    Fault(
        source="field 5 (corpus)",
        injected="three characters lost inside a telegram",
        promised="the CRC rejects all of it; no part of it is published",
        play=partial(dropped, lambda raw: raw.replace(b"03.600", b".600"), {"crc": 1}),
    ),
    Fault(
        source="field 6 (dsmr_parser#191)",
        injected="bytes 0xB3 and 0xFF in the text message",
        promised="used; the line continues",
        play=partial(taken, lambda raw: _resealed(raw, b"96.13.0()", b"96.13.0(m\xb3\xff)")),
    ),
    Fault(
        source="field 7 (dsmr_parser#35)",
        injected="0xFF of a telnet gateway before the header",
        promised="used",
        play=partial(taken, lambda raw: b"\xff\xfb\x01" + raw),
    ),
    Fault(
        source="field 7 (HA#58816)",
        injected="7E1 read as 8N1, from the start",
        promised="reported after 10 s, with advice; heals",
        play=partial(_diagnosed, seven_bit, "7E1"),
    ),
    Fault(
        source="field 8 (dsmr_parser PR#26)",
        injected="a NUL between CRC and line end",
        promised="used",
        play=partial(taken, lambda raw: raw.removesuffix(b"\r\n") + b"\0\r\n"),
    ),
    Fault(
        source="field 9 (dsmr_parser PR#173)",
        injected="a CRC of three digits, in lower case",
        promised="used",
        play=partial(taken, lambda raw: _short_crc()),
    ),
    Fault(
        source="field 10 (esphome#2741)",
        injected="an inverted signal, from the start",
        promised="reported after 10 s; heals when the cable is changed",
        play=partial(_diagnosed, inverted, "inverted"),
    ),
    Fault(
        source="field 11 (dsmrreader#1733)",
        injected="three of ten telegrams with a wrong CRC",
        promised="the error ratio and the last bad telegram are shown, ids masked",
        play=_ratio,
    ),
    Fault(
        source="field 16 (dsmrreader#778)",
        injected="two gas channels, the first dead since 1970",
        promised="the working one is counted",
        play=partial(
            counted,
            {**DEAD_GAS, **sub(2, "003", OLD, "24.2.1")},
            {**DEAD_GAS, **sub(2, "003", NEW, "24.2.1")},
            0.1,
            None,
        ),
    ),
    Fault(
        source="field 17 (dsmrreader#1794)",
        injected="two gas channels with fresh stamps, one always 0.000",
        promised="the one that moves is counted",
        play=partial(
            counted,
            {**sub(1, "003", "(260115173500W)(00000.000*m3)"), **sub(2, "003", OLD)},
            {**sub(1, "003", "(260115175500W)(00000.000*m3)"), **sub(2, "003", NEW)},
            0.1,
            None,
        ),
    ),
    Fault(
        source="field 18 (dsmrreader#2136)",
        injected="water on channel 1 under 24.2.1",
        promised="counted as water: 24.1.0 says so",
        play=partial(
            counted, sub(1, "007", OLD, "24.2.1"), sub(1, "007", NEW, "24.2.1"), None, 0.1
        ),
    ),
    Fault(
        source="field 19 (domoticz#3606)",
        injected="Belgian gas under 24.2.3",
        promised="counted as gas, with no setting for it",
        play=partial(counted, sub(1, "003", OLD), sub(1, "003", NEW), 0.1, None),
    ),
    Fault(
        source="field 20 (dsmr_parser PR#125)",
        injected="a placeholder for a stamp",
        promised="only that field is unknown",
        play=partial(
            counted,
            sub(1, "003", "(632525252525W)(00000.000)"),
            sub(1, "003", "(632525252525W)(00000.000)"),
            None,
            None,
        ),
    ),
    Fault(
        source="field 21 (dsmrreader#412)",
        injected="gas stamped a year ahead",
        promised="the electricity is still counted",
        play=partial(
            counted,
            sub(1, "003", "(270115173500W)(00246.138*m3)"),
            sub(1, "003", "(270115175500W)(00246.238*m3)"),
            None,
            None,
        ),
    ),
    Fault(
        source="field 22 (dsmrreader#811)",
        injected="the meter's clock at 2000-01-01",
        promised="booked at our time, logged once",
        play=_clocks,
    ),
    Fault(
        source="field 23 (dsmrreader#104)",
        injected="the double hour of October, S then W",
        promised="the flag makes UTC; time continues",
        play=_double_hour,
    ),
    Fault(
        source="field 24 (DSMRloggerAPI#21)",
        injected="the night of March that has no hour 02",
        promised="quarters follow each other in UTC, each with its own use",
        play=_spring,
        quick=True,
    ),
    Fault(
        source="field 25 (HA#168364)",
        injected="a month peak stamped 00:00 on the 1st",
        promised="it is the closed month's",
        play=_first,
    ),
    Fault(
        source="field 26 (esphome#4750)",
        injected="three months in the history, one under 2.5 kW",
        promised="every row is shown; the mean has the floor per month",
        play=_mean,
    ),
    Fault(
        source="field 27 (dsmrreader#2032)",
        injected="1.4.0 differs from what the registers grew",
        promised="1.4.0 is the truth, our own count is shown beside it",
        play=partial(said, {}, _demand),
    ),
    Fault(
        source="field 28 (dsmrreader#856)",
        injected="tariff 0001 of a Belgian meter",
        promised="day, not night as in the Netherlands",
        play=partial(said, {"0-0:96.14.0": "(0001)"}, _by_day),
    ),
    Fault(
        source="field 29 (HA#90629)",
        injected="L2 at 0 V on 3x230 V",
        promised="read as 3x230; no defect",
        play=partial(
            said, {"1-0:52.7.0": "(000.0*V)", "1-0:41.7.0": "(00.000*kW)"}, _three_wattmeters
        ),
    ),
    Fault(
        source="field 30 (evcc PR#30592)",
        injected="a total of 0 for a moment; one 53.5 MWh higher",
        promised="held back; exactly the use is booked",
        play=_nonsense_register,
        quick=True,
    ),
    Fault(
        source="field 31 (dsmrreader#225)",
        injected="the meter is replaced: new id, registers from 0",
        promised="a new start; the two add up, nothing negative",
        play=_replaced,
    ),
    Fault(
        source="field 32 (dsmrreader#1180)",
        injected="gas read before midnight that comes after it",
        promised="it is of the day it was read",
        play=_late_gas,
    ),
    Fault(
        source="field 35 (home-assistant.io#33086)",
        injected="1.4.0, 1.6.0 and 98.1.0 are no longer sent",
        promised="reported with a hint; the peak continues by our own count",
        play=_vanished,
    ),
    Fault(
        source="promise 9",
        injected="the meter is replaced",
        promised="a new epoch; no phantom kWh",
        play=_replaced,
    ),
    Fault(
        source="promise 1",
        injected="an hour of noise",
        promised="counted and dropped; the next good telegram is used",
        play=_noise_hour,
    ),
)
