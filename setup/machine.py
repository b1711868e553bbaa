"""The machine as setup touches it: commands with a time limit, root's part, the user's files."""

import grp
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from base.language import ENGLISH, Language, phrase
from setup.texts import Cable

LIMIT_S = 60.0
LONG_S = 900.0
TTYS = Path("/sys/class/tty")
ROOTS_PART = phrase(
    "Some steps need root: the group that may read serial ports, the fixed name of the cable, a"
    " start\nwithout a login, packages that are missing. Each step is shown when it is done;"
    " without root it is\nprinted as a command for you to run."
)
Ask = Callable[[str], str]


class Machine:
    """This machine, for the user who typed the command. `left` are the steps that only that user
    can do, `language` the user's."""

    language: Language

    def __init__(
        self, folder: Path, *, yes: bool = False, ask: Ask | None = None, system: Path = Path("/")
    ) -> None:
        """`yes`: sudo may be used, without a password; `ask`: or when this is answered with yes.

        `system` is where /etc is.
        """
        self.folder = folder
        self.language = ENGLISH
        self._system = system
        self.left: list[str] = []
        self._yes, self._ask = yes, ask
        self._can_root: bool | None = None

    def say(self, sentence: str) -> None:
        """A sentence made by `phrase`, to the householder in his language."""
        say(self.language.read(sentence))

    @property
    def home(self) -> Path:
        return Path.home()

    @property
    def user(self) -> str:
        return pwd.getpwuid(os.getuid()).pw_name

    def path(self, path: Path) -> Path:
        """Path of this file of the system."""
        return self._system / path.relative_to("/")

    def run(self, *command: str, text: str | None = None, limit_s: float = LIMIT_S) -> str | None:
        """Output of the command; None when it is missing, failed or took too long."""
        try:
            done = subprocess.run(
                command, input=text, capture_output=True, text=True, timeout=limit_s, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None

    def as_root(self, *command: str, text: str | None = None) -> bool:
        """True if it was done as root; if not, it is in `left` as a line to type."""
        if self.root:
            sudo = () if os.getuid() == 0 else ("sudo",)
            self.say(phrase("as root: {text}", text=shlex.join(command)))
            if self.run(*sudo, *command, text=text, limit_s=LONG_S) is not None:
                return True
        self.left.append(typed(command, text, sudo=shutil.which("sudo") is not None))
        return False

    @property
    def root(self) -> bool:
        """True if root's part can be done: by root, or with sudo when that was granted; once."""
        if self._can_root is None:
            self._can_root = os.getuid() == 0 or self._sudo()
        return self._can_root

    def _sudo(self) -> bool:
        """True if sudo may be used and does its work. Not without the user's consent."""
        if shutil.which("sudo") is None or not (self._yes or self._ask):
            return False
        if not self._yes and self._ask is not None:
            self.say(ROOTS_PART)
            question = self.language.say("Use sudo for these steps? [Y/n]:")
            if self._ask(f"{question} ").strip().lower()[:1] == "n":
                return False
        word = ("-n", "true") if self._yes else ("-v",)
        done = subprocess.run(("sudo", *word), capture_output=self._yes, check=False)
        return done.returncode == 0

    def write_as_root(self, path: Path, text: str) -> bool:
        """True if root's file now holds this text."""
        made = self.as_root("mkdir", "-p", str(path.parent))
        return self.as_root("tee", str(path), text=text) and made

    def crontab(self) -> str | None:
        """The user's crontab, "" when there is none; None when there is no cron."""
        if shutil.which("crontab") is None:
            return None
        return self.run("crontab", "-l") or ""

    def set_crontab(self, text: str) -> bool:
        return self.run("crontab", "-", text=text) is not None

    def package(self, command: str, package: str) -> bool:
        """True if the command exists, if needed after apt-get."""
        if shutil.which(command) is None:
            self.say(phrase("the package {package} is not installed", package=package))
            self.as_root("apt-get", "install", "-y", "-qq", package)
        return shutil.which(command) is not None

    @staticmethod
    def in_group(name: str) -> bool:
        """True if this very process has the rights of the group."""
        try:
            return os.getuid() == 0 or grp.getgrnam(name).gr_gid in os.getgroups()
        except KeyError:
            return False

    def member(self, group: str) -> bool:
        """True if the user belongs to the group from the next login on."""
        try:
            return os.getuid() == 0 or self.user in grp.getgrnam(group).gr_mem
        except KeyError:
            return False

    @staticmethod
    def cable(port: Path) -> Cable | None:
        """The USB cable behind a serial port; None when it is no USB cable."""
        device = (TTYS / port.resolve().name / "device").resolve()
        for folder in device.parents:
            if (folder / "idVendor").exists():
                vendor, product = read(folder / "idVendor"), read(folder / "idProduct")
                return Cable(vendor, product, read(folder / "serial"))
        return None


def typed(command: Sequence[str], text: str | None, *, sudo: bool) -> str:
    """The command that does it as root, with `text` as its input; with su where sudo is missing."""
    given = f"printf %s {shlex.quote(text)} | " if text else ""
    if sudo:
        return f"{given}sudo {shlex.join(command)}"
    return f"su - -c {shlex.quote(given + shlex.join(command))}"


def read(path: Path) -> str:
    """The file's text without spaces around; "" when there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def write(path: Path, text: str | bytes, mode: int | None = None) -> None:
    """Write this text, or bytes; after a power cut the file is the old one or the new one,
    complete."""
    if mode is None and path.exists():
        mode = path.stat().st_mode & 0o777
    beside = path.with_name(f".{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_bytes(text.encode() if isinstance(text, str) else text)
    beside.chmod(0o644 if mode is None else mode)
    beside.replace(path)


def say(sentence: str) -> None:
    """Print a line to the householder at once, without control characters."""
    print("".join(c if c.isprintable() or c == "\n" else "?" for c in sentence), flush=True)


def interactive() -> bool:
    """True if somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()
