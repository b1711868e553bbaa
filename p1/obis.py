"""What each OBIS code means: the table as data, and a telegram in words for the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from base.text import masked
from p1.telegram import Telegram
from p1.values import identity, local, peak_rows, printable, real, text_of

EMUCS, DSMR, A1 = "eMUCS-P1 2.1.1", "DSMR 5.0.2", "eMUCS-A1"


class Kind(Enum):
    """How a value is told: as it looks, decoded, masked, by its word, or summed up."""

    VALUE = auto()
    TEXT = auto()
    IDENTITY = auto()
    WORD = auto()
    PROFILE = auto()


@dataclass(frozen=True, slots=True)
class Obis:
    """One code of the table. `words` tells what the closed values mean."""

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
    "0-0:96.1.4": Obis("version"),
    "1-3:0.2.8": Obis("version", source=DSMR),
    "1-0:94.32.1": Obis("grid", Kind.WORD, "V", words={"230": "3x230 V", "400": "3x400 V"}),
    "0-0:96.1.1": Obis("meter", Kind.IDENTITY),
    "0-0:96.1.0": Obis("meter", Kind.IDENTITY),
    "0-0:96.1.2": Obis("EAN", Kind.IDENTITY),
    "0-0:1.0.0": Obis("meter time"),
    "1-0:1.8.0": Obis("offtake total", unit="kWh", source=A1),
    "1-0:1.8.1": Obis("offtake day", unit="kWh"),
    "1-0:1.8.2": Obis("offtake night", unit="kWh"),
    "1-0:2.8.0": Obis("injection total", unit="kWh", source=A1),
    "1-0:2.8.1": Obis("injection day", unit="kWh"),
    "1-0:2.8.2": Obis("injection night", unit="kWh"),
    "0-0:96.14.0": Obis("tariff", Kind.WORD, words={"0001": "day", "0002": "night"}),
    "1-0:1.4.0": Obis("demand this quarter", unit="kW"),
    "1-0:2.4.0": Obis("injection demand this quarter", unit="kW", source=A1),
    "1-0:1.6.0": Obis("month peak", unit="kW"),
    "1-0:2.6.0": Obis("injection month peak", unit="kW", source=A1),
    "0-0:98.1.0": Obis("month peaks", Kind.PROFILE, "kW"),
    "1-0:1.7.0": Obis("offtake", unit="kW"),
    "1-0:2.7.0": Obis("injection", unit="kW"),
    "1-0:21.7.0": Obis("offtake L1", unit="kW"),
    "1-0:41.7.0": Obis("offtake L2", unit="kW"),
    "1-0:61.7.0": Obis("offtake L3", unit="kW"),
    "1-0:22.7.0": Obis("injection L1", unit="kW"),
    "1-0:42.7.0": Obis("injection L2", unit="kW"),
    "1-0:62.7.0": Obis("injection L3", unit="kW"),
    "1-0:32.7.0": Obis("voltage L1", unit="V"),
    "1-0:52.7.0": Obis("voltage L2", unit="V"),
    "1-0:72.7.0": Obis("voltage L3", unit="V"),
    "1-0:31.7.0": Obis("current L1", unit="A"),
    "1-0:51.7.0": Obis("current L2", unit="A"),
    "1-0:71.7.0": Obis("current L3", unit="A"),
    "0-0:96.3.10": Obis("main breaker", Kind.WORD, words=_SWITCH | {"2": "ready, press 5 s"}),
    "0-0:17.0.0": Obis("power limit", Kind.WORD, "kW", words=_NO_LIMIT),
    "1-0:31.4.0": Obis("current limit", Kind.WORD, "A", words=_NO_LIMIT),
    "0-0:96.13.0": Obis("message", Kind.TEXT),
    "0-0:96.13.1": Obis("message code", Kind.TEXT, source=DSMR),
    "0-0:96.7.21": Obis("power failures", source=DSMR),
    "0-0:96.7.9": Obis("long power failures", source=DSMR),
    "1-0:99.97.0": Obis("long power failures", source=DSMR),
    "1-0:32.32.0": Obis("voltage sags L1", source=DSMR),
    "1-0:52.32.0": Obis("voltage sags L2", source=DSMR),
    "1-0:72.32.0": Obis("voltage sags L3", source=DSMR),
    "1-0:32.36.0": Obis("voltage swells L1", source=DSMR),
    "1-0:52.36.0": Obis("voltage swells L2", source=DSMR),
    "1-0:72.36.0": Obis("voltage swells L3", source=DSMR),
    "0-n:96.3.10": Obis("relay", Kind.WORD, words=_SWITCH),
    "0-n:24.1.0": Obis(
        "medium", Kind.WORD, words={f"{int(code):03}": medium for code, medium in MEDIA.items()}
    ),
    "0-n:96.1.0": Obis("sub-meter", Kind.IDENTITY, source=DSMR),
    "0-n:96.1.1": Obis("sub-meter", Kind.IDENTITY),
    "0-n:96.1.2": Obis("sub-meter EAN", Kind.IDENTITY),
    "0-n:24.2.1": Obis("sub-meter reading"),
    "0-n:24.2.3": Obis("sub-meter reading", unit="m3"),
    "0-n:24.3.0": Obis("sub-meter reading", source="DSMR 3.0"),
    "0-n:24.4.0": Obis("valve", Kind.WORD, words={"0": "closed", "1": "open"}),
}
"""By code; `n` stands for the channel of a sub-meter or relay."""

_DUTCH = {
    **OBIS,
    "1-0:1.8.1": Obis("offtake night", unit="kWh", source=DSMR),
    "1-0:1.8.2": Obis("offtake day", unit="kWh", source=DSMR),
    "1-0:2.8.1": Obis("injection night", unit="kWh", source=DSMR),
    "1-0:2.8.2": Obis("injection day", unit="kWh", source=DSMR),
    "0-0:96.14.0": Obis("tariff", Kind.WORD, "", DSMR, {"0001": "night", "0002": "day"}),
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
        f"{known.name} {code[2]}", known.kind, known.unit, known.source, known.words
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
