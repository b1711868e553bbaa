"""What may be typed after the options that the daemons share."""

import argparse
from math import isfinite


def seconds(text: str) -> float:
    """For how long: more than 0 s. argparse says what else was typed, and what is allowed."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return number


def port(text: str) -> int:
    """A port of this machine; 0 is any that is free."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 65535")
    return int(text)
