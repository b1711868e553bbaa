"""A MeterState as the bytes a Belgian meter sends. Source: eMUCS-P1 2.1.1, version 50221."""

from datetime import datetime
from functools import lru_cache

from base.time import BRUSSELS
from p1.crc import crc
from p1.reading import Grid, Medium, Tariff
from sim.registers import MeterState, MonthRow, PhaseState, SubmeterState

HEADER = "/FLU5\\253700000_A"
_EAN = "541400000000000007"
_GRID_V = {Grid.DELTA: "230", Grid.STAR: "400"}
_MEDIUM = {Medium.GAS: "003", Medium.WATER: "007"}
_BREAKER_AND_RELAYS = "\r\n".join(
    (
        "0-0:96.3.10(1)",
        "0-0:17.0.0(99.999*kW)",
        "1-0:31.4.0(999.99*A)",
        *(f"0-{relay}:96.3.10(0)" for relay in (1, 2, 3, 4)),
        "0-0:96.13.0()",
    )
)


def write(state: MeterState) -> bytes:
    """The telegram of this state: header, objects, CRC; every line ends in CR LF."""
    return sealed("\r\n".join((HEADER, "", *_objects(state), "!")).encode("ascii"))


def sealed(body: bytes) -> bytes:
    """`/`..`!` with its CRC behind it."""
    return b"%s%04X\r\n" % (body, crc(body))


def _objects(state: MeterState) -> list[str]:
    lines = ["0-0:96.1.4(50221)"]
    if state.grid in _GRID_V:
        lines.append(f"1-0:94.32.1({_GRID_V[state.grid]})")
    lines += (
        f"0-0:96.1.1({_hex(state.serial)})",
        f"0-0:96.1.2({_hex(_EAN)})",
        f"0-0:1.0.0({stamp(state.at, state.flag)})",
        f"1-0:1.8.1({_kwh(state.offtake_day_wh)})",
        f"1-0:1.8.2({_kwh(state.offtake_night_wh)})",
        f"1-0:2.8.1({_kwh(state.injection_day_wh)})",
        f"1-0:2.8.2({_kwh(state.injection_night_wh)})",
        f"0-0:96.14.0({'0001' if state.tariff is Tariff.DAY else '0002'})",
        *_demand(state),
        f"1-0:1.7.0({_kw(max(0, state.power_w))})",
        f"1-0:2.7.0({_kw(max(0, -state.power_w))})",
        *_phases(state.phases),
        _BREAKER_AND_RELAYS,
        *map(_submeter, state.submeters),
    )
    return lines


def _demand(state: MeterState) -> list[str]:
    """Running quarter, month peak and history, as far as the meter gives them."""
    lines = []
    if state.demand_w is not None:
        lines.append(f"1-0:1.4.0({_kw(state.demand_w)})")
    if state.month_peak is not None:
        lines.append(f"1-0:1.6.0({stamp(state.month_peak.at)})({_kw(state.month_peak.w)})")
    if state.months is not None:
        lines.append(_history(state.months))
    return lines


@lru_cache(maxsize=8)
def _history(months: tuple[MonthRow, ...]) -> str:
    """The profile of month peaks; without rows the meter still sends one empty group."""
    rows = "".join(
        f"({stamp(row.closed)})({stamp(row.peak.at)})({_kw(row.peak.w)})" for row in months
    )
    return f"0-0:98.1.0({len(months)})(1-0:1.6.0)(1-0:1.6.0){rows or '()'}"


def _phases(phases: tuple[PhaseState, ...]) -> list[str]:
    """Per phase offtake, injection, V and A, in the order of the specification."""
    numbered = list(zip((0, 20, 40), phases, strict=False))
    return [
        *[f"1-0:{21 + line}.7.0({_kw(max(0, phase.w))})" for line, phase in numbered],
        *[f"1-0:{22 + line}.7.0({_kw(max(0, -phase.w))})" for line, phase in numbered],
        *[f"1-0:{32 + line}.7.0({_volt(phase.decivolt)})" for line, phase in numbered],
        *[f"1-0:{31 + line}.7.0({_ampere(phase.centiamp)})" for line, phase in numbered],
    ]


@lru_cache(maxsize=8)
def _submeter(meter: SubmeterState) -> str:
    """The lines of one sub-meter; gas has a valve, and the code of gas not converted to 15 C."""
    at = f"0-{meter.channel}"
    gas = meter.medium is Medium.GAS
    return "\r\n".join(
        (
            f"{at}:24.1.0({_MEDIUM[meter.medium]})",
            f"{at}:96.1.1({_hex(meter.serial)})",
            f"{at}:96.1.2({_hex(_EAN)})",
            *((f"{at}:24.4.0(1)",) if gas else ()),
            f"{at}:24.2.{3 if gas else 1}({stamp(meter.at)})({meter.litres / 1000:09.3f}*m3)",
        )
    )


@lru_cache(maxsize=64)
def stamp(at: datetime, flag: str | None = None) -> str:
    """YYMMDDhhmmssX in Belgian time; X is S in summer, W in winter, or a wrong `flag`."""
    local = at.astimezone(BRUSSELS)
    return local.strftime("%y%m%d%H%M%S") + (flag or ("S" if local.dst() else "W"))


@lru_cache(maxsize=16)
def _hex(text: str) -> str:
    return text.encode("ascii").hex().upper()


@lru_cache(maxsize=64)
def _kwh(wh: int) -> str:
    return f"{wh % 1_000_000_000 / 1000:010.3f}*kWh"


@lru_cache(maxsize=4096)
def _kw(watts: int) -> str:
    return f"{watts / 1000:06.3f}*kW"


@lru_cache(maxsize=1024)
def _volt(decivolt: int) -> str:
    return f"{decivolt / 10:05.1f}*V"


@lru_cache(maxsize=4096)
def _ampere(centiamp: int) -> str:
    return f"{centiamp / 100:06.2f}*A"
