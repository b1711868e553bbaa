"""Home Assistant's device discovery: one message with every entity of this house.

Live values expire; registers and money do not. Source: Home Assistant 2026.2, mqtt/discovery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.mqtt.notifications import EVENT_TYPES
from apps.mqtt.topics import OFFLINE, ONLINE, Topics, key, kind, nth
from base.version import VERSION

EXPIRES_S = 30
MODES = ("auto", "boost", "pause", "charge")
BATTERY_MODES = ("auto", "hold")
CHOICES = ("accept", "refuse")
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
PAYLOADS = {"pl_avail": ONLINE, "pl_not_avail": OFFLINE}
Component = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Devices of this house as last announced. They survive a restart, so that a silent device is
    not removed. Names of cars, chargers and batteries by program; keys of the registers.

    `told` are the platforms of every component ever announced, by key: a missing one is announced
    as removed.
    """

    home: str = ""
    registers: tuple[str, ...] = ()
    cars: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chargers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    batteries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: Mapping[str, str] | None = None


class Row(NamedTuple):
    """One sensor: its key in the state's JSON, its name, unit, and what kind of number it is."""

    key: str
    name: str
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = "measurement"


NOW = (
    Row("offtake_kw", "Offtake", "kW", "power"),
    Row("injection_kw", "Injection", "kW", "power"),
    Row("quarter_so_far_kw", "Quarter so far", "kW", "power"),
    Row("quarter_forecast_kw", "Quarter forecast", "kW", "power"),
    Row("headroom_kw", "Headroom this quarter", "kW", "power"),
    Row("steady_kw", "Headroom that lasts", "kW", "power"),
    Row("target_kw", "Target peak", "kW", "power"),
    Row("month_peak_kw", "Month peak", "kW", "power"),
    Row("mean_peak_kw", "Mean month peak", "kW", "power"),
    Row("price_offtake", "Price of offtake", "EUR/kWh"),
    Row("price_injection", "Price of injection", "EUR/kWh"),
    Row("tariff", "Tariff", None, None, None),
)
REGISTERS = {
    "offtake_day_kwh": Row("offtake_day_kwh", "Offtake day", "kWh", "energy", "total_increasing"),
    "offtake_night_kwh": Row(
        "offtake_night_kwh", "Offtake night", "kWh", "energy", "total_increasing"
    ),
    "injection_day_kwh": Row(
        "injection_day_kwh", "Injection day", "kWh", "energy", "total_increasing"
    ),
    "injection_night_kwh": Row(
        "injection_night_kwh", "Injection night", "kWh", "energy", "total_increasing"
    ),
    "gas_m3": Row("gas_m3", "Gas", "m³", "gas", "total_increasing"),
    "water_m3": Row("water_m3", "Water", "m³", "water", "total_increasing"),
}
BILL = (
    Row("bill_eur", "Bill this month", "EUR", "monetary", "total"),
    Row("expected_eur", "Expected bill this month", "EUR", "monetary", None),
    Row("peak_eur_kw", "Cost of one more kW of peak", "EUR/kW", None, None),
)
CAR = (
    Row("soc_pct", "charge", "%", "battery"),
    Row("leaves", "leaves", None, "timestamp", None),
    Row("ready_at", "is ready", None, "timestamp", None),
    Row("lacks_kwh", "will lack", "kWh", None, None),
    Row("charger", "is at", None, None, None),
)
CHARGER = (
    Row("power_kw", "power", "kW", "power"),
    Row("told_a", "set-point", "A", "current"),
    Row("stay_kwh", "energy of this stay", "kWh", "energy", "total_increasing"),
    Row("stay_eur", "cost of this stay", "EUR", "monetary", None),
    Row("why", "reason", None, None, None),
    Row("asks", "asks which car", None, None, None),
)
BATTERY = (
    Row("soc_pct", "charge", "%", "battery"),
    Row("power_kw", "power", "kW", "power"),
    Row("why", "reason", None, None, None),
)


def message(topics: Topics, has: Kept) -> dict[str, Any]:
    """The discovery message of a house that has this."""
    now = components(topics, has)
    gone = {name: {"p": platform} for name, platform in (has.told or {}).items() if name not in now}
    return {
        "dev": {
            "ids": [f"dm_{topics.home}"],
            "name": "Digital meter",
            "mf": "digital_meter",
            "mdl": "P1",
            "sw": VERSION,
        },
        "o": {"name": "digital_meter", "sw": VERSION},
        "cmps": {**now, **gone},
    }


def components(topics: Topics, has: Kept) -> dict[str, Component]:
    """Every entity of the house, by its key."""
    made: dict[str, Component] = {}
    for every in (_meter(topics, has), _charging(topics, has), _batteries(topics, has)):
        made |= {name: _whole(topics, name, each) for name, each in every}
    return made


def _meter(topics: Topics, has: Kept) -> Iterable[tuple[str, dict[str, Any]]]:
    for row in NOW:
        yield row.key, {**_sensor(row, row.name, topics("now")), "exp_aft": EXPIRES_S}
    for register in has.registers:
        row = REGISTERS[register]
        yield register, _sensor(row, row.name, topics("registers"))
    for row in BILL:
        yield row.key, _sensor(row, row.name, topics("bill"))
    yield (
        "peak_coming",
        {
            "p": "binary_sensor",
            "name": "New month peak coming",
            "dev_cla": "problem",
            "stat_t": topics("now"),
            "val_tpl": "{{ 'ON' if value_json.peak_coming else 'OFF' }}",
            "exp_aft": EXPIRES_S,
        },
    )
    yield (
        "event",
        {
            "p": "event",
            "name": "Event",
            "event_types": ["info", "warning", "error"],
            "stat_t": topics("event"),
        },
    )
    yield (
        "notification",
        {
            "p": "event",
            "name": "Notification",
            "event_types": [*EVENT_TYPES],
            "stat_t": topics("notification"),
        },
    )


def _charging(topics: Topics, has: Kept) -> Iterable[tuple[str, dict[str, Any]]]:
    for program, names in has.cars.items():
        there = _available(topics, program)
        for name in names:
            yield from _with(there, _car(topics, key(program, name), name))
    for program, names in has.chargers.items():
        there = _available(topics, program)
        who = ("none", "guest", *has.cars.get(program, ()))
        for name in names:
            yield from _with(there, _charger(topics, key(program, name), name, who))
        if names:
            state = f"choice{nth(program)}"
            choice = _select("Trips above the month peak", topics(state), "choice", CHOICES)
            yield state, choice | there


def _car(topics: Topics, car: str, name: str) -> Iterable[tuple[str, dict[str, Any]]]:
    state = topics("car", car)
    for row in CAR:
        yield f"car_{car}_{row.key}", _sensor(row, f"{name} {row.name}", state)
    yield f"car_{car}_mode", _select(f"{name} mode", state, "mode", MODES)
    yield (
        f"car_{car}_target",
        {
            "p": "number",
            "name": f"{name} target",
            "min": 20,
            "max": 100,
            "step": 5,
            "unit_of_meas": "%",
            "stat_t": state,
            "val_tpl": "{{ value_json.target_pct }}",
            "cmd_t": f"{state}/target/set",
        },
    )
    yield (
        f"car_{car}_ready_by",
        {
            "p": "text",
            "name": f"{name} ready by",
            "pattern": f"^({CLOCK})?$",
            "max": 5,
            "stat_t": state,
            "val_tpl": "{{ value_json.ready_by }}",
            "cmd_t": f"{state}/ready_by/set",
        },
    )


def _charger(
    topics: Topics, charger: str, name: str, who: Iterable[str]
) -> Iterable[tuple[str, dict[str, Any]]]:
    state = topics("charger", charger)
    for row in CHARGER:
        yield f"charger_{charger}_{row.key}", _sensor(row, f"{name} {row.name}", state)
    yield f"charger_{charger}_car", _select(f"{name} car", state, "car", who)


def _batteries(topics: Topics, has: Kept) -> Iterable[tuple[str, dict[str, Any]]]:
    for program, names in has.batteries.items():
        there = _available(topics, program)
        for name in names:
            battery = key(program, name)
            state = topics("battery", battery)
            for row in BATTERY:
                made = _sensor(row, f"{name} {row.name}", state)
                yield f"battery_{battery}_{row.key}", made | there
        if names:
            state = f"battery_mode{nth(program)}"
            yield state, _select("Home battery", topics(state), "mode", BATTERY_MODES) | there


def _with(
    more: dict[str, Any], every: Iterable[tuple[str, dict[str, Any]]]
) -> Iterable[tuple[str, dict[str, Any]]]:
    return ((name, made | more) for name, made in every)


def _sensor(row: Row, name: str, state: str) -> dict[str, Any]:
    made = {
        "p": "sensor",
        "name": name,
        "stat_t": state,
        "val_tpl": f"{{{{ value_json.{row.key} }}}}",
        "unit_of_meas": row.unit,
        "dev_cla": row.device_class,
        "stat_cla": row.state_class,
    }
    if row.state_class == "total":
        made["lrst_val_tpl"] = "{{ value_json.since }}"
    return {key: value for key, value in made.items() if value is not None}


def _select(name: str, state: str, key: str, options: Iterable[str]) -> dict[str, Any]:
    return {
        "p": "select",
        "name": name,
        "options": list(options),
        "stat_t": state,
        "val_tpl": f"{{{{ value_json.{key} }}}}",
        "cmd_t": f"{state}/{key}/set",
    }


def part(program: str) -> str:
    """The topic of the devices of a program, where its status is."""
    return ("charging" if kind(program) == "ev" else "storage") + nth(program)


def _available(topics: Topics, program: str) -> dict[str, Any]:
    """Available only while this program is connected and the other one sends messages."""
    its = topics(part(program), "status")
    both = [{"t": topic, **PAYLOADS} for topic in (topics.status, its)]
    return {"avty": both, "avty_mode": "all"}


def _whole(topics: Topics, name: str, made: Mapping[str, Any]) -> Component:
    """The component with its identity, which Home Assistant requires."""
    ident = f"dm_{topics.home}_{name}"
    alone = {} if "avty" in made else {"avty_t": topics.status, **PAYLOADS}
    return {
        **made,
        **alone,
        "unique_id": ident,
        "obj_id": f"dm_{name}",
        "default_entity_id": f"{made['p']}.dm_{name}",
    }
