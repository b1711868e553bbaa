"""Puts the program on this machine: settings, rights, and its start at boot. Twice does no harm."""

import asyncio
import os
import shlex
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from apps.dm.meter_source import check_source
from apps.shared.secrets import load_secrets
from apps.shared.settings import Settings, load_settings
from base import catalogue
from base.checked import ConfigError
from base.language import phrase
from setup import answers, dialogue, running, sessions, texts, units
from setup.answers import Given
from setup.config_text import value_of, with_value
from setup.device_checks import devices
from setup.findings import line
from setup.listen import port_in
from setup.machine import Machine, say, write
from setup.record import Kind, Record
from setup.uninstall import taken_back

GROUP = "dialout"
LOGIN_FILES = (".bash_profile", ".bash_login", ".profile")
LISTEN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Command-line options of install."""

    given: Given
    yes: bool = False
    systemd: bool = False
    display: bool = False
    autostart: bool = True


def _broker_here() -> str:
    """This machine, when a broker listens here."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", 1883), timeout=1.0):
        return "127.0.0.1"
    return "none"


class Install:
    """One run. Each step does nothing where its work is done already."""

    def __init__(self, machine: Machine, record: Record, wish: Wish) -> None:
        self._machine, self._record, self._wish = machine, record, wish
        self._folder = machine.folder
        self._changed: list[str] = []

    def run(self) -> int:
        """The exit code: 0, or 2 when an answer or config.py is wrong."""
        try:
            settings = load_settings(self._folder / "config.py")
            self._may_read_the_port()
            given = self._answered(settings)
            self._configure(given)
            settings = load_settings(self._folder / "config.py")
        except (ConfigError, ValueError) as error:
            self._machine.say(str(error))
            return 2
        self._secrets()
        self._probe(settings)
        if self._wish.systemd:
            self._instead_of(Kind.CRONTAB)
            self._units(settings)
        elif self._wish.autostart:
            self._instead_of(Kind.UNIT, Kind.LINGER)
            self._crontab()
        if self._wish.display:
            self._display()
        self._conclude(settings)
        return 0

    def _may_read_the_port(self) -> None:
        machine = self._machine
        if machine.member(GROUP):
            return
        if machine.as_root("adduser", "--quiet", machine.user, GROUP):
            self._record.add(Kind.GROUP, GROUP)
            machine.say(
                phrase(
                    "{user} is in the group {group} and may read serial ports.",
                    user=machine.user,
                    group=GROUP,
                )
            )

    def _answered(self, settings: Settings) -> Given:
        """The given answers; the others are found, asked or unchanged."""
        given = self._wish.given
        found = given.port or self._found(settings)
        if self._wish.yes:
            return replace(given, port=found)
        if given.language is None:
            said = dialogue.language_asked(settings, os.environ, input)
            given = replace(given, language=said)
            if said is not None:
                self._machine.language = catalogue.language(
                    catalogue.chosen(said, os.environ), setup=True
                )
        return dialogue.dialogue(
            given,
            found,
            settings,
            input,
            self._folder,
            _broker_here(),
            self._machine.language,
        )

    def _found(self, settings: Settings) -> str | None:
        """The port on which telegrams arrive, by a name that lasts; None without one."""
        if not settings.serial_port.startswith("/dev/"):
            return None  # a network reader, or whatever he chose
        self._machine.say(phrase("Listening on the serial ports ..."))
        listen = [f"{self._folder}/.venv/bin/python", "-m", "setup.listen"]
        if not self._machine.in_group(GROUP) and self._machine.member(GROUP):
            listen = ["sg", GROUP, "-c", shlex.join(listen)]  # this login has not the right yet
        heard = (self._machine.run(*listen, limit_s=LISTEN_S) or "").strip()
        port = port_in(heard)
        self._machine.say(f"{heard}." if port else heard or phrase("No port could be read."))
        return self._named(port) if port else None

    def _named(self, port: Path) -> str:
        """/dev/p1 for this cable, where root is allowed; else the port's own name."""
        cable, path = self._machine.cable(port), self._machine.path(texts.RULE_FILE)
        link = Path("/dev") / texts.LINK
        if cable is None:
            return str(port)
        rule = texts.udev_rule(cable)
        if not (path.exists() and path.read_text(encoding="utf-8") == rule):
            if not self._machine.write_as_root(path, rule):
                return str(port)
            self._record.add(Kind.ROOT_FILE, str(path), now=rule)
            self._machine.as_root("udevadm", "control", "--reload")
            self._machine.as_root("udevadm", "trigger", "--subsystem-match=tty", "--settle")
        return str(link) if link.exists() else str(port)

    def _configure(self, given: Given) -> None:
        """Write the answers to config.py and rates.json; wrong answers change neither."""
        path = self._folder / "config.py"
        before = text = path.read_text(encoding="utf-8-sig")
        for key, value in answers.values(given).items():
            text = with_value(text, key, value)
        if self._wish.display:
            text = with_value(text, "glyphs", '"console"')
        prices = given.rates
        if given.contract:
            prices = answers.rates_text(self._folder, given)
        self._checked(text)
        for key in Settings.model_fields:
            was, now = value_of(before, key), value_of(text, key)
            if now is not None and was != now:
                self._record.add(Kind.CONFIG, key, was, now)
                self._machine.say(f"config.py: {key} = {now}")
                self._changed.append(key)
        if text != before:
            write(path, text)
        if "notify" in self._changed:
            self._machine.say(
                phrase("Subscribe to that topic in the app, then type  ./do_py.sh notify --test")
            )
        rates = self._folder / "rates.json"
        if prices is not None and prices != rates.read_text(encoding="utf-8"):
            self._record.add(Kind.FILE, str(rates), rates.read_text(encoding="utf-8"), prices)
            write(rates, prices)
            self._machine.say(
                phrase("rates.json has your contract; check it against your own tariff card")
            )

    def _checked(self, text: str) -> None:
        """ConfigError when this config.py would be refused."""
        with TemporaryDirectory(prefix=".install-", dir=self._folder) as folder:
            trial = Path(folder) / "config.py"  # its mistakes are told under this name
            trial.write_text(text, encoding="utf-8")
            source = load_settings(trial).serial_port
        if source:
            check_source(source)

    def _secrets(self) -> None:
        path, template = self._machine.home / "secrets.json", self._folder / "_secrets.json"
        if path.exists():
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
                self._machine.say(phrase("{path} is now readable by you alone.", path=path))
            return
        text = template.read_text(encoding="utf-8")
        write(path, text, mode=0o600)
        self._record.add(Kind.MADE, str(path), now=text)
        made = phrase(
            "{path} was created from _secrets.json: put passwords and keys there.", path=path
        )
        self._machine.say(made)

    def _probe(self, settings: Settings) -> None:
        """Ask the devices whose address was given, and print the answers."""
        given, asked = self._wish.given, self._changed
        for finding in asyncio.run(
            devices(
                settings,
                load_secrets(),
                chargers=given.charger is not None or "cable_info" in asked,
                cars=given.car is not None or "cars" in asked,
                batteries=given.battery is not None or "battery_info" in asked,
            )
        ):
            say(line(finding, self._machine.language))

    def _instead_of(self, *kinds: Kind) -> None:
        """Remove the other start at boot, if chosen earlier: never both at once."""
        earlier = [one for one in self._record.done if one.kind in kinds]
        if earlier and Kind.CRONTAB in kinds and (stopped := sessions.stop(self._machine)):
            self._machine.say(phrase("no longer running: {apps}", apps=", ".join(stopped)))
        for one in earlier:
            if taken_back(self._machine, one):
                self._record.drop(one)

    def _crontab(self) -> None:
        machine, line = self._machine, texts.reboot_line(self._folder)
        if not machine.package("crontab", "cron") or (now := machine.crontab()) is None:
            machine.left.append(
                machine.language.say(
                    "then ./do_py.sh install again, for the crontab line: {line}", line=line
                )
            )
        elif (new := texts.with_line(now, line)) != now and machine.set_crontab(new):
            self._record.add(Kind.CRONTAB, line)
            machine.say(f"crontab: {line}")

    def _units(self, settings: Settings) -> None:
        """The daemons are systemd user units that start at boot, without a login."""
        machine, folder = self._machine, self._machine.home / units.FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for app in settings.apps:
            path, text = folder / texts.unit_name(app), texts.unit(app, self._folder)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                write(path, text)
                self._record.add(Kind.UNIT, str(path), now=text)
                machine.say(f"systemd: {path.name}")
        names = [texts.unit_name(app) for app in settings.apps]
        for command in (("daemon-reload",), ("enable", *names)):
            if machine.run("systemctl", "--user", *command) is None:
                machine.left.append("systemctl --user " + " ".join(command))
        lingers = Path("/var/lib/systemd/linger") / machine.user
        if not lingers.exists() and machine.as_root("loginctl", "enable-linger", machine.user):
            self._record.add(Kind.LINGER, machine.user)

    def _display(self) -> None:
        """The machine's own display shows the meter at boot, without a password."""
        machine = self._machine
        names = (machine.home / name for name in LOGIN_FILES)
        path = next((one for one in names if one.exists()), machine.home / LOGIN_FILES[-1])
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        new = texts.with_block(now, texts.login_block(self._folder))
        if new != now:
            write(path, new)
            self._record.add(Kind.LOGIN, str(path))
            machine.say(phrase("{path}: shows the meter on the machine's own display", path=path))
        drop_in, text = machine.path(texts.AUTOLOGIN_FILE), texts.autologin(machine.user)
        if not drop_in.exists() and machine.write_as_root(drop_in, text):
            self._record.add(Kind.ROOT_FILE, str(drop_in), now=text)
            machine.say(phrase("{user} is logged in on the display at boot.", user=machine.user))

    def _conclude(self, settings: Settings) -> None:
        machine = self._machine
        if machine.left:
            print()
            machine.say(phrase("These need root or your own login; run:"))
            machine.say("  " + "\n  ".join(machine.left))
        print()
        if self._changed and (again := running.restarted(machine)):
            said = phrase("restarted with the changes: {apps}", apps=", ".join(again))
            machine.say(said)
            return
        if self._wish.systemd:
            names = " ".join(map(texts.unit_name, settings.apps))
            if machine.in_group(GROUP):
                start = f"systemctl --user start {names}"
                machine.say(phrase("Start it now:  {text}", text=start))
            else:  # the manager of the units lives on at a logout, without the new right
                machine.say(
                    phrase(
                        "Restart the machine: then the program runs and can read the serial port."
                    )
                )
            return
        start = "./startup_cron.sh"
        if not machine.in_group(GROUP) and machine.member(GROUP):
            start = f"sg {GROUP} {start}"  # this login does not have its new right yet
        see = f"tmux attach -t {settings.apps[0]}"
        machine.say(phrase("Start it now:  {text}", text=start))
        machine.say(phrase("See it:        {text}   (Ctrl+b d leaves it)", text=see))
        machine.say(phrase("Check it:      ./do_py.sh doctor"))
