"""Parses the owner's command: `hold`, `charge 3`, `discharge 2 until 18:00`, `auto`."""

from datetime import datetime, time, timedelta
from math import isfinite

from base.language import phrase
from base.time import BRUSSELS
from bs.facts import Mode
from bs.inputs import Wish

LASTS = timedelta(hours=24)
MOST_KW = 10.0
POWER = (Mode.CHARGE, Mode.DISCHARGE)


def wished(mode: Mode, args: tuple[str, ...], now: datetime) -> Wish:
    """Parse the arguments after `mode`. It ends after a day by default.

    ValueError with a sentence when they are not a command.
    """
    words = list(args)
    power_kw = 0.0
    if mode in POWER:
        power_kw = _power_kw(words.pop(0) if words else "")
        if words and words[0].lower() == "kw":
            words.pop(0)
    if not words:
        return Wish(mode, power_kw, now + LASTS) if mode is not Mode.AUTO else Wish()
    if mode is Mode.AUTO or len(words) != 2 or words[0] not in ("until", "by"):
        raise ValueError(phrase("{words} is not a known command", words=" ".join(words)))
    return Wish(mode, power_kw, _until(words[1], now))


def _power_kw(text: str) -> float:
    try:
        power_kw = float(text.lower().removesuffix("kw"))
    except ValueError:
        raise ValueError(phrase("{text} is not a power in kW", text=text or "nothing")) from None
    if not isfinite(power_kw) or not 0 < power_kw <= MOST_KW:
        raise ValueError(
            phrase("{text} must be above 0 and at most {most:g} kW", text=text, most=MOST_KW)
        )
    return power_kw


def _until(text: str, now: datetime) -> datetime:
    """The next instant at which the local clock shows that time."""
    try:
        wanted = time.fromisoformat(text)
    except ValueError:
        raise ValueError(phrase("{text} is not a time such as 18:00", text=text)) from None
    local = now.astimezone(BRUSSELS)
    at = local.replace(hour=wanted.hour, minute=wanted.minute, second=0, microsecond=0)
    later = at if at > local else (at + timedelta(days=1))
    return later.astimezone(now.tzinfo)
