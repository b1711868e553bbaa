"""Registries: one row for each family of devices, and the value of config.py that names its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, create_model
from pydantic_core import CoreSchema, core_schema


class Row(Protocol):
    """Fields that every registry holds of a family.

    `settings` is what config.py may say of one device, `asks` the settings that install asks for,
    in that order, and `help` one line.
    """

    @property
    def settings(self) -> type[BaseModel]: ...
    @property
    def asks(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...


Rows = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class ByKey:
    """Mark of a value of which one key names the row: `{"kind": "nrgkick", ...}`.

    Without that key it is `usual`, if there is one.
    """

    key: str
    rows: Rows
    usual: str | None = None

    def model_of(self, given: object) -> type[BaseModel]:
        """The model of a given value; one that knows the kinds only, when it names none."""
        kind = given.get(self.key, self.usual) if isinstance(given, Mapping) else self.usual
        if isinstance(kind, str) and kind in self.rows:
            return self.rows[kind].settings
        kinds: Any = Literal[tuple(self.rows)]
        fields: Any = {self.key: (kinds, ...)}
        return create_model("Kind", __config__=ConfigDict(extra="allow"), **fields)

    def __get_pydantic_core_schema__(self, *_: object) -> CoreSchema:
        """Any value is checked by the model that it names."""
        return core_schema.no_info_plain_validator_function(self._validated)

    def _validated(self, given: object) -> BaseModel:
        if isinstance(given, BaseModel):
            return given
        return self.model_of(given).model_validate(given)


def typed(answer: str, by_key: ByKey, *, none: str = ", or none") -> dict[str, object]:
    """The setting for an answer such as "victron 192.168.1.30 10".

    ValueError says how each family is typed, and `none` after it.
    """
    kind, *rest = answer.split() or [""]
    if kind not in by_key.rows and by_key.usual is not None:
        kind, rest = by_key.usual, answer.split()
    row = by_key.rows.get(kind)
    if row is None or len(rest) != len(row.asks):
        known = {kind: row} if row else by_key.rows
        raise ValueError(f"give {usage(known)}{none}")
    fields = row.settings.model_fields
    values = {
        name: number(word) if fields[name].annotation is float else word
        for name, word in zip(row.asks, rest, strict=True)
    }
    return {by_key.key: kind, **values}


def usage(rows: Rows) -> str:
    """Form of each family's answer: "victron HOST CAPACITY_KWH"."""
    return ", ".join(" ".join([kind, *map(str.upper, row.asks)]) for kind, row in rows.items())


def number(word: str) -> float | str:
    """A word as a number; the word itself when it is none, for a check to refuse."""
    try:
        return float(word)
    except ValueError:
        return word
