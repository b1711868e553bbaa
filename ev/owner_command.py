"""Parses the owner's commands for cars: `charge q4 80 by 07:30`, `boost`, `pause q4`."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from base.language import phrase
from base.time import BRUSSELS, DAY
from ev.inputs import Mode, Wish

_PERCENT = re.compile(r"(\d{1,3})\s*%?")
_CLOCK = re.compile(r"(\d{1,2})[:.h](\d{2})")
SOONEST = timedelta(minutes=10)


def named(args: Sequence[str], cars: Sequence[str], plugged: Sequence[str]) -> str:
    """The car of a command: the one named, or the only one on a cable. ValueError otherwise."""
    if args:
        for car in (*cars, *plugged):
            if car.casefold() == " ".join(args).casefold():
                return car
        raise ValueError(
            phrase(
                "{name} is not one of the cars here: {names}",
                name=" ".join(args)[:40],
                names=_listed(cars),
            )
        )
    if len(plugged) == 1:
        return plugged[0]
    raise ValueError(
        phrase("which car: {names}", names=_listed(plugged))
        if plugged
        else phrase("no car is connected")
    )


def order(
    args: Sequence[str], cars: Sequence[str], plugged: Sequence[str], now: datetime
) -> tuple[str, Wish]:
    """Parse `charge [CAR] PERCENT [by HH:MM]`: the car and its command. ValueError otherwise."""
    words = [word for word in args if word.casefold() != "by"]
    by = _next(words.pop(), now) if words and _CLOCK.fullmatch(words[-1]) else None
    found = _PERCENT.fullmatch(words.pop()) if words else None
    if found is None or not 1 <= int(found[1]) <= 100:
        raise ValueError(phrase("charge needs a percentage from 1 to 100"))
    car = named(words, cars, plugged)
    if car not in cars:
        raise ValueError(
            phrase("the state of charge of {car} is unknown: use boost, pause or auto", car=car)
        )
    return car, Wish(Mode.CHARGE, float(found[1]), by)


def said(wish: Wish, car: str) -> str:
    """The answer to the owner: the command as understood."""
    match wish.mode:
        case Mode.AUTO:
            return phrase("{car} follows the plan", car=car)
        case Mode.BOOST:
            return phrase("{car} charges as fast as it can, until it leaves", car=car)
        case Mode.PAUSE:
            return phrase("{car} pauses, until it leaves", car=car)
        case Mode.CHARGE:
            if wish.by is None:
                return phrase("{car} is charged to {pct:.0f} % now", car=car, pct=wish.target_pct)
            return phrase(
                "{car} is charged to {pct:.0f} % by {time}",
                car=car,
                pct=wish.target_pct,
                time=f"{wish.by.astimezone(BRUSSELS):%a %H:%M}",
            )


def _next(text: str, now: datetime) -> datetime:
    """The next time at which the local clock shows this."""
    found = _CLOCK.fullmatch(text)
    assert found is not None
    if int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(phrase("{text} is not a time of day", text=text))
    local = now.astimezone(BRUSSELS)
    at = datetime.combine(local.date(), time(int(found[1]), int(found[2])), BRUSSELS)
    if at < local + SOONEST:
        at = datetime.combine(local.date() + DAY, at.time(), BRUSSELS)
    return at.astimezone(now.tzinfo)


def _listed(cars: Sequence[str]) -> str:
    return ", ".join(cars) or phrase("none in config.py")
