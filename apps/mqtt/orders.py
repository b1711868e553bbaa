"""Turns a message on a /set topic into a command of the owner, never into a current."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from apps.mqtt import discovery, states
from apps.mqtt.seen import Seen
from base import messages
from base.time import BRUSSELS

LONGEST = 64


@dataclass(frozen=True, slots=True)
class Order:
    """A command for this program; `state` is the topic that will show its effect."""

    program: str
    command: messages.Command
    state: tuple[str, ...]


def order(parts: Sequence[str], payload: bytes, seen: Seen) -> Order:
    """The command for a payload on a topic (its parts below the house's own).

    ValueError with a sentence for a value that is not allowed, or an unknown device.
    """
    try:
        value = payload[: LONGEST + 1].decode().strip()
    except UnicodeDecodeError:
        raise ValueError("what was set is not text in UTF-8") from None
    if len(payload) > LONGEST or not value.isprintable():
        raise ValueError(f"what was set is not text of up to {LONGEST} characters")
    match parts:
        case ("car", car, key, "set") if told := states.cars(seen.charging).get(car):
            return Order(told.program, _car(told.state, key, value), ("car", car))
        case ("charger", charger, "car", "set") if its := states.chargers(seen.charging).get(
            charger
        ):
            garage = states.cars({its.program: seen.charging[its.program]})
            who = _listed(value, ("guest", *(car.state.name for car in garage.values())))
            return _order(its.program, ("charger", charger), "car", who, "on", its.state.name)
        case (choice, "choice", "set") if re.fullmatch("choice[2-9]?", choice):
            program = f"ev{choice.removeprefix('choice')}"
            return _order(program, (choice,), _listed(value, discovery.CHOICES))
        case (mode, "mode", "set") if re.fullmatch("battery_mode[2-9]?", mode):
            program = f"bs{mode.removeprefix('battery_mode')}"
            return _order(program, (mode,), _listed(value, discovery.BATTERY_MODES))
    raise ValueError("unknown topic")


def _car(told: messages.CarState, key: str, value: str) -> messages.Command:
    if key == "mode" and _listed(value, discovery.MODES) != "charge":
        return messages.Command(word=value, args=(told.name,))
    by = told.ready_by if told.mode == "charge" else None
    clock = f"{by.astimezone(BRUSSELS):%H:%M}" if by else ""
    target = f"{told.target_pct:.0f}" if told.target_pct else ""
    match key:
        case "target":
            target = _percent(value)
        case "ready_by":
            clock = value
            if value and not re.fullmatch(discovery.CLOCK, value):
                raise ValueError(f"{value} is not a time such as 07:30")
    if not target:
        raise ValueError(f"set a target for {told.name} first")
    return messages.Command(
        word="charge", args=(told.name, target, *(("by", clock) if clock else ()))
    )


def _percent(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{value} is not a percentage") from None
    if not isfinite(number) or not 20 <= number <= 100:
        raise ValueError(f"{value} is not from 20 to 100 %")
    return f"{number:.0f}"


def _order(program: str, state: tuple[str, ...], word: str, *args: str) -> Order:
    return Order(program, messages.Command(word=word, args=args), state)


def _listed(value: str, options: Sequence[str]) -> str:
    if value not in options:
        raise ValueError(f"{value or 'nothing'} is not one of {', '.join(options)}")
    return value
