"""One measured figure, the same form for every bench."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """`value` in `unit`. `target` says what it is held to, "" when it is only told."""

    name: str
    value: float
    unit: str
    target: str = ""
