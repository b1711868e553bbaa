"""Installs, uninstalls or upgrades the program on this machine, or checks its health."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from apps.shared.reader import reader_of
from base.registry import usage
from bs.devices import registry as batteries
from ev.cars import registry as cars
from ev.chargers import registry as chargers
from notify.senders import registry as senders
from rates.prices import registry as prices
from setup import running
from setup.answers import Given
from setup.install import Install, Wish
from setup.machine import Machine, interactive
from setup.record import Record
from setup.uninstall import uninstall
from setup.upgrade import upgrade

ROOT = Path(__file__).resolve().parent.parent


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of do_py.sh."""
    parser = argparse.ArgumentParser(prog="./do_py.sh", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser(
        "install", help="sets up settings, permissions and start at boot; asks eight questions"
    )
    add = install.add_argument
    add("--yes", action="store_true", help="ask nothing: keep what is found; sudo may be used")
    add("--port", help="where the telegrams come from: /dev/..., socket://host:port, sim://")
    add("--contract", help='supplier and product, such as "engie dynamic"')
    add("--postcode", help="of the home, for the grid area of that contract")
    add("--area", help="the grid area, such as Imewo, in place of the postcode")
    add("--prices", help=f"price services in the order asked: {usage(prices.FAMILIES)}")
    add("--charger", help=f"{usage(chargers.FAMILIES)}, or none")
    add("--car", help=f"NAME CAPACITY_KWH, and how it is read: {usage(cars.FAMILIES)}; or none")
    add("--battery", help=f"{usage(batteries.FAMILIES)}, or none")
    add("--mqtt", help="the MQTT broker: HOST, HOST:PORT or USER@HOST; or none")
    add("--language", help="the language of the screens: en, nl, fr, or auto by the locale")
    add("--notify", help=f"{usage(senders.FAMILIES)}, or none; ntfy alone makes a topic")
    add("--systemd", action="store_true", help="systemd user units, without screens, not crontab")
    add("--no-autostart", action="store_true", help="do not start at boot")
    add("--display", action="store_true", help="show the meter on this machine's display at boot")
    gone = "take back what install did; settings and history stay"
    away = commands.add_parser("uninstall", help=gone)
    away.add_argument("--yes", action="store_true", help="use sudo if it needs no password")
    commands.add_parser(
        "upgrade", help="installs the newest version; settings, state and history stay"
    )
    for name, does in (("restart", "take up what was changed"), ("stop", "end what runs here")):
        command = commands.add_parser(name, help=does)
        command.add_argument("app", nargs="?", choices=running.APPS, help="this one only")
    doctor = commands.add_parser("doctor", help="checks each part, one line each, with a remedy")
    doctor.add_argument(
        "--report",
        nargs="?",
        type=Path,
        const=Path("device_report.txt"),
        metavar="FILE",
        help="write a report on chargers and batteries to hand in, without names and addresses",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str], root: Path = ROOT, system: Path = Path("/")) -> int:
    """The exit code of the command, on the project in `root` of the machine in `system`."""
    typed = arguments(argv)
    if typed.command == "doctor":
        from setup.doctor import doctor
        from setup.report import report

        if typed.report is not None:
            return asyncio.run(report(root, typed.report))
        return asyncio.run(doctor(root))
    # Only install, and uninstall after it, ever use sudo: as asked, or with --yes.
    machine = Machine(
        root,
        yes=getattr(typed, "yes", False),
        ask=input if interactive() and typed.command in ("install", "uninstall") else None,
        system=system,
    )
    machine.language = reader_of(root / "config.py", os.environ)
    match typed.command:
        case "install":
            answers = {each.name: getattr(typed, each.name, None) for each in fields(Given)}
            wish = Wish(
                given=Given(**answers),
                yes=typed.yes or not interactive(),
                systemd=typed.systemd,
                display=typed.display,
                autostart=not typed.no_autostart,
            )
            return Install(machine, Record(root), wish).run()
        case "uninstall":
            return uninstall(machine, Record(root))
        case "restart":
            return running.restart(machine, typed.app)
        case "stop":
            return running.stop(machine, typed.app)
        case _:
            return upgrade(machine)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
