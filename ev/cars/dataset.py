"""The files of VW's EU Data Act portal: zipped lists of named values, and their meaning. Pure.

A file has only the changes of a quarter of an hour, so files are merged. Their times are often
missing or wrong: the newest delivery wins, and of several names for one thing the freshest. A value
that is delivered again unchanged is as old as when it was first seen, unless the car dates it: a
repeated value is not new. Values that contradict each other in one file, without
times of their own, are not known: the order in a file is not an age.
Source: the portal's data dictionary; field names as VW, Audi, Skoda, Seat and Cupra deliver them.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from lzma import LZMAError
from typing import Any
from zipfile import BadZipFile, ZipFile

from pydantic import Field, ValidationError

from base.http_client import Answer, NonsenseError, decoded
from base.language import clause
from ev.cars.source import Fact, statuses
from ev.facts import CarStatus

LARGEST_BYTES = 20_000_000
# What a zip file that is wrong is seen to raise, in whatever way it is packed.
_PACKED = (BadZipFile, zlib.error, LZMAError, EOFError, OSError)
_BROKEN = (*_PACKED, RuntimeError, ValueError, IndexError)
SLOT = timedelta(minutes=15)
AHEAD, OLDEST = timedelta(minutes=5), timedelta(days=1)

# Parked cars deliver the first of these and leave out the second; the GUIDs are the same four.
SOC = (
    "battery_level_HV.value",
    "battery_state_report.soc",
    "state_of_charge",
    "hv_soc",
    "ac1108b1-b8cc-3db9-a663-03d387e42223",
    "506cb83e-f99f-3af3-bbeb-0429b69a78d9",
    "ae0294b4-1286-3e98-a818-1485b8d88430",
    "f89ed652-d104-3fa6-b7e2-ab7543309e7b",
)
SOC_STATE, SOC_VALID = "battery_level_HV.state", "VALID"
RANGE = (
    "cruising_range_secondary_engine",  # of a hybrid this is the electric one
    "cruising_range_primary_engine",
    "cruising_range_combined",
    "0ca40e18-0564-3eda-bcc0-7aee9ef44f04",
)
TARGET = ("settings.target_soc",)
PLUG = ("plug_state", "charging_plug1_connectionstate")
CHARGING = ("charging_state", "charging_state_report.current_charge_state")
SCENARIO = "charging_state_report.charging_scenario"
CAPTURED = "car_captured_time"
CONTRADICTED = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A value, when the car took it as far as is known, and when it was delivered (UTC).

    `dated`: the car gave the time itself; otherwise it is when the delivery's slot began.
    """

    value: str
    at: datetime
    delivered: datetime
    dated: bool

    @property
    def freshness(self) -> tuple[datetime, bool, datetime]:
        return self.delivered, self.dated, self.at


Points = Mapping[str, Point]


class _Entry(Answer):
    key: str | None = None
    name: str | None = Field(default=None, alias="dataFieldName")
    value: Any = None
    time: str | None = Field(default=None, alias="timestampUtc")


class _File(Answer):
    vin: str | None = None
    entries: tuple[Any, ...] = Field(alias="Data")


def points(archive: bytes, vin: str, delivered: datetime) -> dict[str, Point]:
    """The values in one zip file, by name. NonsenseError when it is another file, or another car's.

    A value whose name is only "value" is found by its key, a GUID.
    """
    file = decoded(_File, _document(archive))
    if file.vin and file.vin.casefold() != vin.casefold():
        raise NonsenseError(clause("delivered the file of another car"))
    entries = [one for raw in file.entries if (one := _entry(raw))]
    captured = [_time(str(one.value), delivered) for one in entries if one.name == CAPTURED]
    otherwise = max((at for at in captured if at), default=delivered - SLOT)
    found: dict[str, Point] = {}
    for one in entries:
        name = one.key if one.name in (None, "", "value") else one.name
        if not name or not isinstance(one.value, (str, int, float)) or one.value == "":
            continue
        own = _time(one.time, delivered)
        point = Point(str(one.value), own or otherwise, delivered, own is not None)
        found[name] = _better(found[name], point) if name in found else point
    return found


def _entry(raw: object) -> _Entry | None:
    """One value of a file; None for one that is odd, which costs the others nothing."""
    try:
        return _Entry.model_validate(raw)
    except ValidationError:
        return None


def _better(one: Point, other: Point) -> Point:
    """The fresher of two values of one name in one file; one without meaning when neither is."""
    if one.freshness == other.freshness and one.value != other.value:
        return replace(one, value=CONTRADICTED)
    return max(one, other, key=lambda point: point.freshness)


def merged(known: Points, newer: Points) -> dict[str, Point]:
    """The values after one more delivery."""
    return {**known, **{name: _first_seen(known.get(name), point) for name, point in newer.items()}}


def _first_seen(before: Point | None, point: Point) -> Point:
    """The point; without a time of the car, dated to the first report of its value."""
    if before is None or point.dated or before.value != point.value:
        return point
    return replace(point, at=min(before.at, point.at))


def read(car: str, source: str, known: Points, now: datetime) -> list[CarStatus]:
    """The car's state in the points, each with its own age; values of a day old are left out."""
    fresh = {name: point for name, point in known.items() if now - point.at < OLDEST}
    return statuses(car, source, _facts(fresh))


def _facts(known: Points) -> Iterator[Fact]:
    if SOC_STATE in known and known[SOC_STATE].value != SOC_VALID:
        known = {name: point for name, point in known.items() if name != SOC[0]}
    for field, names in (("soc_pct", SOC), ("range_km", RANGE), ("target_pct", TARGET)):
        if found := _freshest(known, names, _number):
            yield Fact(field, *found)
    charging = _freshest(known, (*CHARGING, SCENARIO), _charging)
    plugged = _freshest(known, (*PLUG, SCENARIO), _plugged)
    if charging:
        yield Fact("charging", *charging)
    if charging and charging[0] and (not plugged or plugged[1] <= charging[1]):
        plugged = charging  # who charges is plugged in, whatever an older word says
    if plugged:
        yield Fact("plugged", *plugged)


def _freshest(
    known: Points, names: tuple[str, ...], meaning: Callable[[str], float | bool | None]
) -> tuple[float | bool, datetime] | None:
    """The meaning of the freshest point of those names that has one; of equals the first."""
    best: tuple[float | bool, Point] | None = None
    for name in names:
        point = known.get(name)
        value = meaning(point.value) if point else None
        if point and value is not None and (not best or point.freshness > best[1].freshness):
            best = value, point
    return (best[0], best[1].at) if best else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plugged(text: str) -> bool | None:
    """A plug's state, also from a charging scenario."""
    word = text.casefold()
    if word in ("connected", "disconnected"):
        return word == "connected"
    if word.endswith(("_active", "_finished")) or word == "error_charging_system":
        return True
    return None


def _charging(text: str) -> bool | None:
    """A charging state, also from a charging scenario."""
    word = text.casefold()
    if "scenario" in word or word.startswith("error"):
        return word.endswith("_active") or None
    return None if word == CONTRADICTED else word == "charging" or "charging_hv" in word


def _time(text: str | None, delivered: datetime) -> datetime | None:
    """A plausible time: within the day before the delivery, not 0001-01-01."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at if -AHEAD <= delivered - at <= OLDEST else None


def _document(archive: bytes) -> bytes:
    """The one JSON file inside, not more than is sane."""
    try:
        with ZipFile(BytesIO(archive)) as files:
            names = [name for name in files.namelist() if name.lower().endswith(".json")]
            with files.open(names[0]) as inside:
                document = inside.read(LARGEST_BYTES + 1)
    except _BROKEN as error:
        why = type(error).__name__
    else:
        if len(document) <= LARGEST_BYTES:
            return document
        why = f"more than {LARGEST_BYTES // 1_000_000} MB"
    raise NonsenseError(clause("delivered a file that cannot be read ({reason})", reason=why))
