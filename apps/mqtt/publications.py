"""The current state as publications, and which of them are due."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from apps.mqtt import discovery, states
from apps.mqtt.discovery import Kept
from apps.mqtt.headroom import BEGUN, NOTHING_W, STEP_W, Calm
from apps.mqtt.seen import Seen
from apps.mqtt.topics import OFFLINE, ONLINE, Topics, nth
from base import messages

LIVE_S, REGISTERS_S, MINUTE_S, QUARTER_S = 5.0, 60.0, 60.0, 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A payload for a topic: when it changed, at most each `least_s`, else each `every_s`.

    It is published at once when its `level` decreases.
    """

    topic: str
    payload: str
    least_s: float = LIVE_S
    every_s: float = MINUTE_S
    retain: bool = False
    qos: int = 0
    level: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """Power that others may take, W: the whole house from the grid, and each with a need."""

    room: Calm = BEGUN
    grants: Mapping[str, tuple[messages.Grant | None, Calm]] | None = None


def everything(
    topics: Topics, seen: Seen, has: Kept, allowed: Allowances, now_s: float
) -> Iterator[Publication]:
    """All current publications; live values only while the meter sends."""
    yield _json(topics.device, discovery.message(topics, has), retain=True, every_s=1e9)
    if seen.registers is not None and (values := states.registers(seen.registers)):
        yield _json(
            topics("registers"), values, retain=True, least_s=REGISTERS_S, every_s=QUARTER_S
        )
    if seen.bill is not None and seen.bill.time is not None:
        yield _json(topics("bill"), states.bill(seen.bill), every_s=QUARTER_S, qos=1)
    yield from _others(topics, seen, has, now_s)
    house = seen.fresh_house(now_s)
    if house is not None:
        yield _json(topics("now"), states.now(house, seen), every_s=LIVE_S)
        yield from _headroom(topics, house, allowed)


def _others(topics: Topics, seen: Seen, has: Kept, now_s: float) -> Iterator[Publication]:
    """Cars, chargers and batteries; the availability of their programs is retained."""
    for program in sorted({"ev", "bs", *has.cars, *has.chargers, *has.batteries}):
        there = ONLINE if seen.here(program, now_s) else OFFLINE
        status = topics(discovery.part(program), "status")
        yield Publication(topic=status, payload=there, retain=True, qos=1, least_s=0)
    garages = {each: told for each, told in seen.charging.items() if seen.here(each, now_s)}
    for program, garage in garages.items():
        yield _json(topics(f"choice{nth(program)}"), {"choice": garage.choice}, least_s=0)
    for name, car in states.cars(garages).items():
        yield _json(topics("car", name), states.car(car.state), least_s=1)
    for name, charger in states.chargers(garages).items():
        yield _json(topics("charger", name), states.charger(charger.state))
    rooms = {each: told for each, told in seen.batteries.items() if seen.here(each, now_s)}
    for program, room in rooms.items():
        mode = room.mode if room.mode in discovery.BATTERY_MODES else None
        yield _json(topics(f"battery_mode{nth(program)}"), {"mode": mode}, least_s=0)
    for name, battery in states.batteries(rooms).items():
        told = states.battery(battery.state, rooms[battery.program].why)
        yield _json(topics("battery", name), told)


def _headroom(topics: Topics, house: messages.House, allowed: Allowances) -> Iterator[Publication]:
    """The numbers for others, in W."""
    net_w = 1000.0 * ((house.offtake_kw or 0.0) - (house.injection_kw or 0.0))
    steady = allowed.room.watts if allowed.room.watts > NOTHING_W else 0
    limit_w = 1000.0 * (house.headroom_kw or 0.0)
    yield _watts(topics("headroom", "limit_w"), limit_w)
    yield _watts(topics("headroom", "steady_w"), steady)
    whole_w = import_w(net_w, house.steady_kw, allowed.room)
    yield _watts(topics("headroom", "import_w"), whole_w)
    for name, (grant, calm) in (allowed.grants or {}).items():
        if grant is not None:
            text = grant.model_dump_json(exclude={"assets"})
            yield Publication(
                topic=topics("grant", name), payload=text, every_s=LIVE_S, level=grant.kw
            )
            yield _watts(topics("grant", name, "max_power"), calm.watts)


def import_w(net_w: float, steady_kw: float | None, room: Calm) -> float:
    """Power that the house may take from the grid, W: current offtake plus steady headroom."""
    steady = room.watts if room.watts > NOTHING_W else 0
    return net_w + steady + 1000.0 * min(0.0, steady_kw or 0.0)


def watts(number: float) -> int:
    """The number, at least 1: elsewhere 0 means no limit."""
    return max(NOTHING_W, int(number // STEP_W) * STEP_W)


def _watts(topic: str, value: float) -> Publication:
    number = watts(value)
    return Publication(topic=topic, payload=str(number), every_s=LIVE_S, level=number)


def _json(
    topic: str,
    values: Mapping[str, object],
    *,
    retain: bool = False,
    qos: int = 0,
    least_s: float = LIVE_S,
    every_s: float = MINUTE_S,
) -> Publication:
    said = {key: _finite(value) for key, value in values.items()}
    text = json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Publication(
        topic=topic,
        payload=text,
        retain=retain,
        qos=1 if retain else qos,
        least_s=least_s,
        every_s=every_s,
    )


def _finite(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4) if isfinite(value) else None
    return value


class Outbox:
    """Cache of published values with their times."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[Publication, float]] = {}

    def due(self, every: Iterator[Publication], now_s: float) -> list[Publication]:
        """The publications that are due; they are marked as sent."""
        found = [each for each in every if self._is_due(each, now_s)]
        self._sent.update({each.topic: (each, now_s) for each in found})
        return found

    def forget(self, *topics: str) -> None:
        """Publish these again, or all when none is named, for a client that missed them."""
        for topic in topics or [*self._sent]:
            self._sent.pop(topic, None)

    def _is_due(self, each: Publication, now_s: float) -> bool:
        if each.topic not in self._sent:
            return True
        last, at = self._sent[each.topic]
        if each.level is not None and last.level is not None and each.level < last.level:
            return True
        changed = each.payload != last.payload
        return now_s - at >= (each.least_s if changed else each.every_s)
