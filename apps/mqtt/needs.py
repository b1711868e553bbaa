"""Needs that come over the broker: JSON from any MQTT device."""

import json

from pydantic import ValidationError

from base import messages

LONGEST = 16_384
HOLDS_S = 60.0
"""A need is valid for this time after it was published; it is sent to the meter every few
seconds."""


def parsed(name: str, payload: bytes) -> messages.Need:
    """The need published under this name. ValueError with a sentence when it is not a need."""
    if len(payload) > LONGEST:
        raise ValueError(f"a need has at most {LONGEST} bytes, this one {len(payload)}")
    try:
        values = json.loads(payload.decode())
    except UnicodeDecodeError:
        raise ValueError("a need is JSON in UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError('a need is JSON, such as {"power_kw": 0, "most_kw": 2}') from None
    if not isinstance(values, dict):
        raise ValueError('a need is an object, such as {"power_kw": 0, "most_kw": 2}')
    values = {"power_kw": None, **values, "type": "need", "name": name}
    try:
        return messages.Need.model_validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}") from None


def least_w(need: messages.Need) -> float:
    """Minimum power of any of its parts, W."""
    kws = [car.least_kw for car in need.cars if car.least_kw] or [need.least_kw]
    return 1000.0 * min(kws)
