"""One measured figure, the same form for every bench."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.process import percentile_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`value` in `unit`. `target` is its limit, "" for information only.

    `seed` is the value of the first version of the program, if known.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    seed: float | None = None

    @property
    def beside(self) -> str:
        """The first version beside it, as a ratio."""
        if self.seed is None or not self.value:
            return ""
        return f"first version {self.seed:g} {self.unit}: {self.seed / self.value:.0f} x"


def delays(what: str, delays_s: Sequence[float], median: str = "", p99: str = "") -> list[Result]:
    """The median and the 99th percentile of the delays, each with its target."""
    return [
        Result(name=f"{what}, {name}", value=percentile_ms(delays_s, at), unit="ms", target=target)
        for name, at, target in (("median", 50, median), ("p99", 99, p99))
    ]
