"""Prints a QR code that adds one phone: the address of the page, and a code that works once."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from apps.shared.reader import reader_of
from apps.shared.settings import Settings, load_settings
from base import messages
from base.checked import ConfigError
from base.language import Language, phrase
from base.wire.client import why_lost
from base.wire.here import page_address

ROOT = Path(__file__).resolve().parent.parent
SOON_S = 5.0


def hindrance(settings: Settings) -> str:
    """Reason why no phone can be added, with its remedy; "" when one can."""
    if "dm" not in settings.socket_info:
        return phrase('socket_info in config.py has no "dm": give it a port, and restart')
    if not settings.lets_others_in:
        return phrase(
            "remote_ips in config.py allows no other machine: add your network, such as"
            ' ["192.168.1.0/24"], and restart'
        )
    return ""


async def invited(port: int) -> str:
    """A fresh code of the meter program on this machine.

    OSError or WebSocketException when it does not answer, ValueError when it refuses.
    """
    address = f"ws://127.0.0.1:{port}/ws"
    async with asyncio.timeout(SOON_S), connect(address, proxy=None) as line:
        await line.send(messages.encode(messages.Invite()))
        async for text in line:
            match messages.decode(text):
                case messages.Reply(word="invite", text=code):
                    return code
                case messages.Error(text=why):
                    raise ValueError(why)
                case _:
                    continue
    raise OSError(phrase("it closed the connection"))


def drawn(text: str) -> None:
    """The text as a QR code on this terminal."""
    import segno

    segno.make(text, micro=False).terminal(compact=True)


async def phone(config: Path, host: str, reader: Language) -> int:
    """The exit code: 0 when the code was printed."""
    settings = load_settings(config)
    if why := hindrance(settings):
        print(reader.read(why), file=sys.stderr)
        return 2
    port = settings.socket_info["dm"].port
    try:
        code = await invited(port)
    except (OSError, WebSocketException, ValueError) as error:
        why = reader.read(why_lost(error))
        told = reader.say(
            "The meter program does not answer on port {port}: {reason}", port=port, reason=why
        )
        print(told, file=sys.stderr)
        return 1
    address = f"{page_address(port, host)}/enter?code={code}"
    drawn(address)
    scan = reader.say(
        "Scan this code within ten minutes with the phone that may send commands. It works once."
    )
    print(f"{scan}\n{address}")
    return 0


def main() -> int:
    """The exit code of `./do_py.sh phone`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh phone", description=__doc__)
    parser.add_argument("--config", type=Path, default=ROOT / "config.py", help="the settings")
    parser.add_argument("--host", default="", help="the name or address that the phone must use")
    options = parser.parse_args()
    reader = reader_of(options.config, os.environ)
    try:
        return asyncio.run(phone(options.config, options.host, reader))
    except ConfigError as error:
        print(reader.read(str(error)), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
