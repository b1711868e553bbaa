"""Meaning of each OBIS code: the table as data, and a telegram in words for the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from base.text import masked
from p1.telegram import Telegram
from p1.values import identity, local, peak_rows, printable, real, text_of

EMUCS, DSMR, A1 = "eMUCS-P1 2.1.1", "DSMR 5.0.2", "eMUCS-A1"


class Kind(Enum):
    """Presentation of a value: as it is, decoded, masked, by its word, or summarised."""

    VALUE = auto()
    TEXT = auto()
    IDENTITY = auto()
    WORD = auto()
    PROFILE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Obis:
    """One code of the table. `words` gives the meaning of the closed values."""

    name: str
    kind: Kind = Kind.VALUE
    unit: str = ""
    source: str = EMUCS
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the telegram in words. `name` is "" for a code that is not in the table."""

    obis: str
    name: str
    text: str


_SWITCH = {"0": "off", "1": "on"}
_NO_LIMIT = dict.fromkeys(("99.999*kW", "999.9*kW", "999.9*kVA", "999.99*A", "999*A"), "no limit")
MEDIA: Mapping[str, str] = {
    "2": "electricity",
    "3": "gas",
    "4": "heat",
    "6": "warm water",
    "7": "water",
    "10": "cold",
    "11": "cold",
    "12": "heat",
}
"""What a sub-meter counts, by the value of 0-n:24.1.0 without leading zeros."""

OBIS: Mapping[str, Obis] = {
    "0-0:96.1.4": Obis(name="version"),
    "1-3:0.2.8": Obis(name="version", source=DSMR),
    "1-0:94.32.1": Obis(
        name="grid", kind=Kind.WORD, unit="V", words={"230": "3x230 V", "400": "3x400 V"}
    ),
    "0-0:96.1.1": Obis(name="meter", kind=Kind.IDENTITY),
    "0-0:96.1.0": Obis(name="meter", kind=Kind.IDENTITY),
    "0-0:96.1.2": Obis(name="EAN", kind=Kind.IDENTITY),
    "0-0:1.0.0": Obis(name="meter time"),
    "1-0:1.8.0": Obis(name="offtake total", unit="kWh", source=A1),
    "1-0:1.8.1": Obis(name="offtake day", unit="kWh"),
    "1-0:1.8.2": Obis(name="offtake night", unit="kWh"),
    "1-0:2.8.0": Obis(name="injection total", unit="kWh", source=A1),
    "1-0:2.8.1": Obis(name="injection day", unit="kWh"),
    "1-0:2.8.2": Obis(name="injection night", unit="kWh"),
    "0-0:96.14.0": Obis(name="tariff", kind=Kind.WORD, words={"0001": "day", "0002": "night"}),
    "1-0:1.4.0": Obis(name="demand this quarter", unit="kW"),
    "1-0:2.4.0": Obis(name="injection demand this quarter", unit="kW", source=A1),
    "1-0:1.6.0": Obis(name="month peak", unit="kW"),
    "1-0:2.6.0": Obis(name="injection month peak", unit="kW", source=A1),
    "0-0:98.1.0": Obis(name="month peaks", kind=Kind.PROFILE, unit="kW"),
    "1-0:1.7.0": Obis(name="offtake", unit="kW"),
    "1-0:2.7.0": Obis(name="injection", unit="kW"),
    "1-0:21.7.0": Obis(name="offtake L1", unit="kW"),
    "1-0:41.7.0": Obis(name="offtake L2", unit="kW"),
    "1-0:61.7.0": Obis(name="offtake L3", unit="kW"),
    "1-0:22.7.0": Obis(name="injection L1", unit="kW"),
    "1-0:42.7.0": Obis(name="injection L2", unit="kW"),
    "1-0:62.7.0": Obis(name="injection L3", unit="kW"),
    "1-0:32.7.0": Obis(name="voltage L1", unit="V"),
    "1-0:52.7.0": Obis(name="voltage L2", unit="V"),
    "1-0:72.7.0": Obis(name="voltage L3", unit="V"),
    "1-0:31.7.0": Obis(name="current L1", unit="A"),
    "1-0:51.7.0": Obis(name="current L2", unit="A"),
    "1-0:71.7.0": Obis(name="current L3", unit="A"),
    "0-0:96.3.10": Obis(
        name="main breaker", kind=Kind.WORD, words=_SWITCH | {"2": "ready, press 5 s"}
    ),
    "0-0:17.0.0": Obis(name="power limit", kind=Kind.WORD, unit="kW", words=_NO_LIMIT),
    "1-0:31.4.0": Obis(name="current limit", kind=Kind.WORD, unit="A", words=_NO_LIMIT),
    "0-0:96.13.0": Obis(name="message", kind=Kind.TEXT),
    "0-0:96.13.1": Obis(name="message code", kind=Kind.TEXT, source=DSMR),
    "0-0:96.7.21": Obis(name="power failures", source=DSMR),
    "0-0:96.7.9": Obis(name="long power failures", source=DSMR),
    "1-0:99.97.0": Obis(name="long power failures", source=DSMR),
    "1-0:32.32.0": Obis(name="voltage sags L1", source=DSMR),
    "1-0:52.32.0": Obis(name="voltage sags L2", source=DSMR),
    "1-0:72.32.0": Obis(name="voltage sags L3", source=DSMR),
    "1-0:32.36.0": Obis(name="voltage swells L1", source=DSMR),
    "1-0:52.36.0": Obis(name="voltage swells L2", source=DSMR),
    "1-0:72.36.0": Obis(name="voltage swells L3", source=DSMR),
    "0-n:96.3.10": Obis(name="relay", kind=Kind.WORD, words=_SWITCH),
    "0-n:24.1.0": Obis(
        name="medium",
        kind=Kind.WORD,
        words={f"{int(code):03}": medium for code, medium in MEDIA.items()},
    ),
    "0-n:96.1.0": Obis(name="sub-meter", kind=Kind.IDENTITY, source=DSMR),
    "0-n:96.1.1": Obis(name="sub-meter", kind=Kind.IDENTITY),
    "0-n:96.1.2": Obis(name="sub-meter EAN", kind=Kind.IDENTITY),
    "0-n:24.2.1": Obis(name="sub-meter reading"),
    "0-n:24.2.3": Obis(name="sub-meter reading", unit="m3"),
    "0-n:24.3.0": Obis(name="sub-meter reading", source="DSMR 3.0"),
    "0-n:24.4.0": Obis(name="valve", kind=Kind.WORD, words={"0": "closed", "1": "open"}),
}
"""By code; `n` is the channel of a sub-meter or relay."""

_DUTCH = {
    **OBIS,
    "1-0:1.8.1": Obis(name="offtake night", unit="kWh", source=DSMR),
    "1-0:1.8.2": Obis(name="offtake day", unit="kWh", source=DSMR),
    "1-0:2.8.1": Obis(name="injection night", unit="kWh", source=DSMR),
    "1-0:2.8.2": Obis(name="injection day", unit="kWh", source=DSMR),
    "0-0:96.14.0": Obis(
        name="tariff", kind=Kind.WORD, unit="", source=DSMR, words={"0001": "night", "0002": "day"}
    ),
}


def describe(telegram: Telegram) -> tuple[Row, ...]:
    """Every line of the telegram in words, in its order; ids masked, the unknown as sent."""
    table = _DUTCH if telegram.dutch else OBIS
    rows = []
    for line in telegram.lines:
        known = table.get(line.obis) or _on_channel(line.obis)
        text = _told(known, line.groups) if known else _shown(line.groups)
        rows.append(Row(line.obis, known.name if known else "", text))
    return (*rows, *(Row("", "not understood", printable(line)) for line in telegram.unparsed))


def _on_channel(code: str) -> Obis | None:
    """The table's entry for a code of channel 1 to 8, its name with the channel."""
    if code[:2] != "0-" or code[2:3] not in set("12345678") or code[3:4] != ":":
        return None
    known = OBIS.get(f"0-n{code[3:]}")
    return known and Obis(
        name=f"{known.name} {code[2]}",
        kind=known.kind,
        unit=known.unit,
        source=known.source,
        words=known.words,
    )


def _told(known: Obis, groups: tuple[str, ...]) -> str:
    sent = groups[0]
    match known.kind:
        case Kind.WORD if sent in known.words:
            return known.words[sent]
        case Kind.TEXT:
            return text_of(sent) or "-"
        case Kind.IDENTITY:
            name = identity(sent) or sent
            return masked(name) if name.strip("0-") else "-"
        case Kind.PROFILE:
            return _peaks_told(groups)
    return _shown(groups)


def _peaks_told(groups: tuple[str, ...]) -> str:
    rows = [(kw, month) for month, kw, _ in peak_rows(list(groups))]
    if not rows:
        return "-" if groups[0] == "0" else _shown(groups)
    kw, month = max(rows)
    return f"highest of {len(rows)}: {kw} kW in {month:%b %Y}"


def _shown(groups: tuple[str, ...]) -> str:
    return ", ".join(_plain(group) for group in groups) or "-"


def _plain(group: str) -> str:
    """A time as a date and hour, a number without leading zeros, all else as sent."""
    if (at := local(group)) is not None:
        return f"{at:%Y-%m-%d %H:%M:%S}"
    number, _, unit = group.partition("*")
    if unit and real(number, "") is not None:
        whole = number.lstrip("0")
        return f"{whole if whole[:1].isdecimal() else '0' + whole} {unit}"
    return printable(group)
