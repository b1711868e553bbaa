"""Errors of a rates file, a tariff table or the prices a bill needs."""

import json
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from base.checked import mistakes, where_json

TAGGED = ("contracts", "entries")
"""Lists of several kinds: after an index of them comes the kind, which is no key."""
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A piece of a file that people edit: frozen, no unknown key, no guessed type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RatesError(ValueError):
    """A sentence for the householder: which key, which value, what is allowed."""


class MissingTableError(RatesError):
    """A tariff is not known for the day asked. Another year's number is never used instead."""


class MissingPriceError(RatesError):
    """A dynamic or indexed price is not known and the contract has no fallback."""


def decode(model: type[Model], text: str, source: str) -> Model:
    """The text of a JSON file as `model`. RatesError naming every wrong key and its value."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise RatesError(f"{source}: {_not_json(text)}") from None
        raise RatesError(f"{source}: " + "; ".join(_sentences(error))) from None


def _not_json(text: str) -> str:
    """Position at which the text stops being JSON, with the mistake."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return where_json(error)
    except RecursionError:
        pass
    return "this is not JSON"


def _sentences(error: ValidationError) -> list[str]:
    return [
        f"{_where(each['loc'])}: {_what(each['type'], each['msg'], each['input'])}"
        for each in mistakes(error)
    ]


def _where(loc: tuple[int | str, ...]) -> str:
    """`contracts[0].offtake.price`, as one would find it in the file."""
    path = ""
    for place, part in enumerate(loc):
        if isinstance(part, int):
            path += f"[{part}]"
        elif place < 2 or loc[place - 2] not in TAGGED or not isinstance(loc[place - 1], int):
            path += f".{part}" if path else part
    return path or "the file"


def _what(kind: str, message: str, value: object) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not a known key"
    said = message.removeprefix("Value error, ")
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    return said if isinstance(value, dict | list) else f"{said} (it says {shown})"
