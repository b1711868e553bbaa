"""Definition of a proof."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Proof:
    """A property that is checked on random cases.

    `check` makes one case out of its randomness and gives a sentence for each thing that is wrong
    with it. `help` is one line, `count` the number of cases when none is typed.
    """

    help: str
    check: Callable[[Random], Iterator[str]]
    count: int = 1_000_000
