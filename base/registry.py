"""Registries: one row for each family of devices, and the value of config.py that names its row."""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, create_model
from pydantic_core import CoreSchema, core_schema


class Row(Protocol):
    """Fields of a family that every registry has. `settings` is the model of one device in
    config.py, `asks` the settings that install asks for, in that order, and `help` one line.
    """

    @property
    def settings(self) -> type[BaseModel]: ...
    @property
    def asks(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...


Rows = Mapping[str, Row]
F = TypeVar("F", bound=Row)


class Families(MutableMapping[str, F]):
    """The row of each kind: FAMILY of its module, which is imported when the row is asked for.

    A program loads only the families of its house.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._rows: dict[str, str | F] = {**modules}

    def __getitem__(self, kind: str) -> F:
        row = self._rows[kind]
        if isinstance(row, str):
            found: F = import_module(row).FAMILY
            row = self._rows[kind] = found
        return row

    def __setitem__(self, kind: str, row: F) -> None:
        self._rows[kind] = row

    def __delitem__(self, kind: str) -> None:
        del self._rows[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True, slots=True)
class ByKey:
    """Marker of a value in which one key names the row: `{"kind": "nrgkick", ...}`.

    Without that key it is `usual`, if there is one.
    """

    key: str
    rows: Rows
    usual: str | None = None

    def model_of(self, given: object) -> type[BaseModel]:
        """The model of a given value; without a kind, one that only lists the kinds."""
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

    ValueError with the form of each family, and `none`.
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
    """A word as a number; the word itself otherwise, for a check to refuse."""
    try:
        return float(word)
    except ValueError:
        return word
