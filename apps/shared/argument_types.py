"""Command-line options that the programs share, and their types."""

import argparse
import re
from math import isfinite
from pathlib import Path


def add_shared(parser: argparse.ArgumentParser, root: Path) -> None:
    """Options of every program: --config, --port, --headless and --for."""
    add = parser.add_argument
    add("--config", type=Path, default=root / "config.py", help="the settings (config.py)")
    add(
        "--port",
        type=port,
        help="port of the websocket instead of the configured one; 0: any free",
    )
    add("--headless", action="store_true", help="no screen; the log goes to the terminal")
    add("--for", type=seconds, metavar="SECONDS", dest="for_s", help="stop after this time")


def seconds(text: str) -> float:
    """A duration of more than 0 s. argparse names a wrong value and what is allowed."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return number


def websocket(text: str) -> str:
    """The address of another program's websocket."""
    if not re.fullmatch(r"wss?://[^/\s]+(/\S*)?", text):
        raise argparse.ArgumentTypeError(f"{text} is not of the form ws://host:8080/ws")
    return text


def name(text: str) -> str:
    """The name of a second program of a kind: "ev2" to "ev9", "bs2" to "bs9", or the first's."""
    if not re.fullmatch("(ev|bs)[2-9]?", text):
        raise argparse.ArgumentTypeError(f'{text} is not a name such as "ev2" or "bs2"')
    return text


def port(text: str) -> int:
    """A port of this machine; 0 is any that is free."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 65535")
    return int(text)
