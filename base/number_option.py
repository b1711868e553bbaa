"""The type of a command-line option that is a number."""

import argparse
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import TypeVar

Number = TypeVar("Number", int, float, Decimal)


def number(
    kind: type[Number], least: float, most: float, unit: str = ""
) -> Callable[[str], Number]:
    """The type of an option that is a number from `least` to `most`. Neither nan nor inf is one."""

    def read(text: str) -> Number:
        try:
            value = kind(text)
            if isfinite(value) and least <= value <= most:
                return value
        except (ValueError, ArithmeticError):
            pass
        what = "whole number" if issubclass(kind, int) else "number"
        allowed = f"a {what} from {least:g} to {most:g} {unit}".rstrip()
        raise argparse.ArgumentTypeError(f"{text} is not {allowed}")

    return read
