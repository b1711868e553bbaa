#!/usr/bin/env python3
"""The MQTT bridge: shows the house on a broker, for Home Assistant and evcc, and takes commands.

With consent it sends each closed quarter to anyone who looks after many homes (docs/fleet.md).
"""

import argparse
import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from apps.mqtt.discovery import Kept
from apps.shared import argument_types, doors
from apps.shared.commands import Words
from apps.shared.health import Checkup
from apps.shared.program import start
from apps.shared.reader import language_of
from apps.shared.satellite import dm_url, logged
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.served import port_of, server
from apps.shared.settings import Settings, load_settings
from base import daemon, messages
from base.checked import ConfigError
from base.language import setting
from base.version import VERSION
from base.wire.guard import Guard
from my_socket import Server
from store.kept import KeptFile

if TYPE_CHECKING:
    from apps.mqtt.bridge import Bridge
    from apps.mqtt.fleet import Fleet, Sent

ROOT = Path(__file__).resolve().parent
NAME = "mqtt"
VITAL = ("broker",)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of mqtt_app.py."""
    options = argparse.ArgumentParser(prog="./do_py.sh mqtt_app.py", description=__doc__)
    add = options.add_argument
    argument_types.add_shared(options, ROOT)
    add("--data", type=Path, default=ROOT, help="folder of log/ and its state")
    for name in ("dm", "ev", "bs"):
        instead = f"{name}'s websocket instead of the configured one"
        add(f"--{name}", type=argument_types.websocket, metavar="URL", help=instead)
    add("--home", action="store_true", help="print the id under which quarters leave, and stop")
    options.set_defaults(headless=True)  # it has no screen: its pane shows the log
    return options.parse_args(argv)


class Mqtt:
    """The daemon put together: the bridge, and a websocket for its health."""

    def __init__(
        self,
        options: argparse.Namespace,
        settings: Settings,
        secrets: Secrets,
        guard: Guard,
        stop: asyncio.Event,
    ) -> None:
        """ConfigError when there is no broker, or the address of dm is missing."""
        if settings.mqtt is None and settings.fleet_broker is None:
            raise ConfigError(
                setting("{name}: mqtt is empty: there is no broker", name=options.config.name)
            )
        self._options, self._settings, self._guard, self._stop = options, settings, guard, stop
        self._checkup = Checkup(NAME, VERSION, options.data, options.config)
        self._bridge = _bridge(options, settings, secrets)
        self._fleet = _fleet(options, settings, secrets)
        self._words = Words(NAME, VERSION)
        self._words.add("health", lambda _: self._vitals(), "how the connection to the broker is")
        self._server: Server | None = None

    async def run(self) -> None:
        """Run every part until the stop; then publish that it is offline."""
        parts: dict[str, daemon.Part] = {
            **(self._bridge.parts if self._bridge else {}),
            **(self._fleet.parts if self._fleet else {}),
            "settings": self._checkup.config.watch,
        }
        if (port := port_of(NAME, self._options, self._settings)) is not None:
            parts["websocket"] = partial(self._serve, port)
        vital = [name for name in VITAL if name in parts]
        await daemon.live(parts, self._stop, self._checkup.restarts, vital)

    def _vitals(self) -> messages.Vitals:
        ages_s = self._bridge.ages_s() if self._bridge else {}
        troubles = [each.trouble for each in (self._bridge, self._fleet) if each and each.trouble]
        return self._checkup.vitals(ages_s, "; ".join(troubles), self._server)

    async def _serve(self, port: int) -> None:
        async with server(self._words, port, self._guard, self._vitals) as self._server:
            await asyncio.Event().wait()


def _bridge(options: argparse.Namespace, settings: Settings, secrets: Secrets) -> "Bridge | None":
    """The bridge to the house's broker; None without one."""
    if settings.mqtt is None:
        return None
    from apps.mqtt.bridge import Bridge  # and with it aiomqtt: a house without does not load it
    from apps.mqtt.broker import check_files

    check_files(settings.mqtt, f"{options.config.name}: mqtt")
    file = KeptFile(options.data / f"{NAME}.json", Kept)
    return Bridge(
        settings.mqtt,
        secrets.mqtt_password,
        secrets.websocket_token,
        _addresses(options, settings),
        file.load() or Kept(),
        file.save,
        frozenset(settings.socket_info),
        language_of(settings, os.environ),
    )


def _fleet(options: argparse.Namespace, settings: Settings, secrets: Secrets) -> "Fleet | None":
    """Sender of the quarters; None without consent."""
    if (place := settings.fleet_broker) is None:
        return None
    from apps.mqtt.broker import check_files
    from apps.mqtt.fleet import Fleet

    check_files(place, f"{options.config.name}: fleet")
    sent, save = _sent(options.data)
    url, token = dm_url(options, settings), secrets.websocket_token
    return Fleet(place, secrets.fleet_password, url, token, sent, save)


def _sent(data: Path) -> "tuple[Sent, Callable[[Sent], None]]":
    """State of the quarters sent, and its writer; the home's id is made once."""
    from apps.mqtt.fleet import Sent, begun

    file = KeptFile(data / "fleet.json", Sent)
    sent = file.load()
    if sent is None:
        file.save(sent := begun())
    return sent, file.save


def _addresses(options: argparse.Namespace, settings: Settings) -> dict[str, str]:
    """Address of each program, by its name: ev2 beside ev where socket_info names both."""
    told = settings.socket_info.items()
    others = {name: place.url for name, place in told if name.startswith(("ev", "bs"))}
    typed = {kind: str(url) for kind in ("ev", "bs") if (url := getattr(options, kind))}
    return {"dm": dm_url(options, settings), **others, **typed}


async def main(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit code of a run that ended on request."""
    if options.home:
        print(_sent(options.data)[0].home)
        return 0
    settings, secrets = load_settings(options.config), load_secrets()
    guard = doors.guard(settings, secrets, options.config.name)
    with ExitStack() as stack:
        stack.enter_context(logged(NAME, options.data))
        await Mqtt(options, settings, secrets, guard, stop).run()
    return 0


if __name__ == "__main__":
    start(arguments, main)
