"""Settings that are right alone and wrong together, each as one sentence."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import BaseModel

from base.language import setting
from bs.devices.family import BatterySettings
from ev.chargers.family import ChargerSettings
from ev.title_parser import in_title

if TYPE_CHECKING:
    from apps.shared.settings import Settings

EVERY_ADDRESS = ("0.0.0.0", "::")
SWITCHES = ("family", "kind")


def conflicts(settings: "Settings") -> Iterator[str]:
    """Each pair of settings that contradict each other."""
    yield from _ports(settings)
    yield from _same_device("cable_info", settings.cable_info, ChargerSettings)
    yield from _same_device("battery_info", settings.battery_info, BatterySettings)
    yield from _cars(settings)
    mqtt = settings.mqtt
    if mqtt is not None and mqtt.evcc == mqtt.topic:
        yield setting(
            "{one} and {other} are both {value}: each needs its own",
            one="mqtt.evcc",
            other="mqtt.topic",
            value=repr(mqtt.topic),
        )


def _ports(settings: "Settings") -> Iterator[str]:
    """Two listeners on one port of one machine."""
    taken = [
        (f"socket_info.{name}.port", place.host, place.port)
        for name, place in settings.socket_info.items()
    ]
    here = settings.socket_info.get("ev")
    if settings.car_push_port and here is not None:
        taken.append(("car_push_port", here.host, settings.car_push_port))
    for (one, host, port), (other, its_host, its_port) in combinations(taken, 2):
        alike = host == its_host or host in EVERY_ADDRESS or its_host in EVERY_ADDRESS
        if alike and port == its_port != 0:
            yield setting(
                "{one} and {other} are both {value}: each needs its own",
                one=one,
                other=other,
                value=port,
            )


def _same_device(key: str, named: Mapping[str, BaseModel], base: type[BaseModel]) -> Iterator[str]:
    """Two names for one device: they would write over each other's set-points.

    A device is what its family's own settings say of it; those of `base` are its limits.
    """
    places = {
        name: {
            field: value
            for field, value in its.model_dump().items()
            if field in SWITCHES or field not in base.model_fields
        }
        for name, its in named.items()
    }
    for (one, place), (other, its_place) in combinations(places.items(), 2):
        if place == its_place and place.keys() - set(SWITCHES):
            yield setting(
                "{one} and {other} are the same device: keep one",
                one=f"{key}.{one}",
                other=f"{key}.{other}",
            )


def _cars(settings: "Settings") -> Iterator[str]:
    """Limits of a car that leave nothing between them, and two names that read alike."""
    for name, car in settings.cars.items():
        if car.least_a > car.most_a:
            yield _above(f"cars.{name}", "least_a", car.least_a, "most_a", car.most_a)
        if car.least_pct > car.default_target_pct:
            target = car.default_target_pct
            yield _above(f"cars.{name}", "least_pct", car.least_pct, "default_target_pct", target)
    for one, other in combinations(settings.cars, 2):
        if in_title(one) == in_title(other):
            yield setting(
                "{one} and {other} look the same in a calendar: rename one",
                one=f"cars.{one}",
                other=f"cars.{other}",
            )


def _above(where: str, low: str, least: float, high: str, most: float) -> str:
    return setting(
        "{where}.{low} = {least:g}; allowed: at most {high}, which is {most:g}",
        where=where,
        low=low,
        least=least,
        high=high,
        most=most,
    )
