"""Texts that are written on the machine: crontab, login file, udev rule, autologin, units."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from base.text import plain

LINK = "p1"
RULE_FILE = Path("/etc/udev/rules.d/99-digital-meter.rules")
AUTOLOGIN_FILE = Path("/etc/systemd/system/getty@tty1.service.d/autologin.conf")
BEGIN, END = "# digital_meter: begin", "# digital_meter: end"
PROGRAMS = {"dm": "dm.py", "ev": "ev_app.py", "bs": "bs_app.py", "mqtt": "mqtt_app.py"}


def with_line(text: str, line: str) -> str:
    """The text with this line in it once, added at the end if missing."""
    if line in text.splitlines():
        return text
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"


def without_line(text: str, line: str) -> str:
    """The text without this line."""
    return "".join(kept for kept in text.splitlines(keepends=True) if kept.rstrip("\n") != line)


def with_block(text: str, body: str) -> str:
    """The text with our block at its end, instead of an earlier one."""
    rest = without_block(text)
    gap = "" if not rest or rest.endswith("\n") else "\n"
    return f"{rest}{gap}{BEGIN}\n{body.rstrip()}\n{END}\n"


def without_block(text: str) -> str:
    """The text without our block. One that was cut short by hand is left alone."""
    lines = text.splitlines(keepends=True)
    marks = [line.rstrip("\n") for line in lines]
    if BEGIN not in marks or END not in marks[marks.index(BEGIN) :]:
        return text
    start = marks.index(BEGIN)
    return "".join(lines[:start] + lines[marks.index(END, start) + 1 :])


def reboot_line(folder: Path) -> str:
    """The crontab line that starts everything at boot. cron reads % as the end of a line."""
    return "@reboot " + shlex.quote(str(folder / "startup_cron.sh")).replace("%", r"\%")


def login_block(folder: Path) -> str:
    """Block of the login file that shows the meter on the display of the machine itself only."""
    return (
        'if [ "$(tty)" = /dev/tty1 ] && [ -z "${TMUX:-}" ]; then\n'
        f"    {shlex.quote(str(folder / 'startup_cron.sh'))}\n"
        "    tmux attach -t =dm\n"
        "fi"
    )


def autologin(user: str) -> str:
    """Text that raspi-config writes for "Command Autologin"."""
    return f"[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin {user} --noclear %I $TERM\n"


@dataclass(frozen=True, slots=True)
class Cable:
    """A USB cable as udev identifies it. serial is "" for those that have none."""

    vendor: str
    product: str
    serial: str = ""


def udev_rule(cable: Cable) -> str:
    """The rule that names the cable /dev/p1, in any socket and any order of devices. The cable's
    own identity becomes a rule for root, so only letters, digits, dot, dash and underscore are
    used.
    """
    said = {"idVendor": cable.vendor, "idProduct": cable.product, "serial": cable.serial}
    tells = {name: value for name, value in said.items() if value == plain(value)}
    asked = ", ".join(f'ATTRS{{{name}}}=="{value}"' for name, value in tells.items() if value)
    return f'SUBSYSTEM=="tty", {asked}, SYMLINK+="{LINK}"\n'


HARDENING = """\
NoNewPrivileges=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
MemoryMax=512M
TasksMax=128
"""
"""Restrictions that a user unit can set on any system. The folders it does not need (ProtectSystem
and the like) take a user namespace, which not every kernel gives a user: the unit would not
start."""


def working_directory(folder: Path) -> str:
    """The line of a unit with its owner. systemd reads % as the start of a name."""
    return f"WorkingDirectory={str(folder).replace('%', '%%')}"


def unit(app: str, folder: Path) -> str:
    """A systemd user unit for one daemon: restarted when it fails or falls silent.

    Not after exit code 2: a wrong setting is mended by no restart. Python itself is the unit's main
    process, so NotifyAccess stays `main`.
    """
    program, where = PROGRAMS[app], working_directory(folder)
    python = f"{where.partition('=')[2]}/.venv/bin/python"
    return f"""[Unit]
Description=digital meter: {app}
StartLimitIntervalSec=0

[Service]
Type=notify
{where}
ExecStart="{python}" {program} --headless
Restart=on-failure
RestartPreventExitStatus=2
RestartSec=15
WatchdogSec=60
TimeoutStartSec=120
{HARDENING}
[Install]
WantedBy=default.target
"""


def unit_name(app: str) -> str:
    return f"digital_meter_{app}.service"
