"""Reverts the changes of install, and nothing else. Later changes by the householder stay."""

import shutil
from pathlib import Path

from base.language import phrase
from setup import sessions, texts
from setup.config_text import value_of, with_value
from setup.machine import Machine, write
from setup.record import Done, Kind, Record

KEPT = phrase(
    "config.py, rates.json, history/, log/ and data.pickle stay; delete the folder to remove"
    " them too. tmux and cron stay: other programs may use them."
)


def uninstall(machine: Machine, record: Record) -> int:
    """The exit code: 0 when all was taken back, 1 when something is left to type."""
    if stopped := sessions.stop(machine):
        machine.say(phrase("no longer running: {apps}", apps=", ".join(stopped)))
    for one in reversed(record.done):
        if taken_back(machine, one):
            record.drop(one)
    venv = machine.folder / ".venv"
    if venv.is_dir() and not venv.is_symlink():
        shutil.rmtree(venv)
        machine.say(phrase(".venv is deleted; ./do_py.sh creates it again when needed."))
    machine.say(KEPT)
    if machine.left:
        print()
        machine.say(phrase("These need root; run:"))
        machine.say("  " + "\n  ".join(machine.left))
    return 1 if machine.left else 0


def taken_back(machine: Machine, one: Done) -> bool:
    """True if it is as if it had never been done, or was changed since and so stays."""
    path = Path(one.name)
    match one.kind:
        case Kind.CONFIG:
            return _config(machine, one)
        case Kind.FILE:
            if _is(path, one.now) and one.was is not None:
                write(path, one.was)
                machine.say(phrase("{path} is as it was.", path=path.name))
        case Kind.MADE:
            if _is(path, one.now):
                path.unlink()
                machine.say(phrase("{path} was deleted.", path=path))
            elif path.exists():
                machine.say(phrase("{path} stays: you have changed it.", path=path))
        case Kind.LOGIN:
            write(path, texts.without_block(_text(path)))
            machine.say(phrase("{path}: our lines were removed.", path=path))
        case Kind.CRONTAB:
            return machine.set_crontab(texts.without_line(machine.crontab() or "", one.name))
        case Kind.GROUP:
            return machine.as_root("gpasswd", "--delete", machine.user, one.name)
        case Kind.ROOT_FILE:
            return not _is(path, one.now) or machine.as_root("rm", str(path))
        case Kind.UNIT:
            machine.run("systemctl", "--user", "disable", "--now", path.name)
            path.unlink(missing_ok=True)
            machine.run("systemctl", "--user", "daemon-reload")
        case Kind.LINGER:
            return machine.as_root("loginctl", "disable-linger", one.name)
    return True


def _config(machine: Machine, one: Done) -> bool:
    """Restore the value, unless it was changed since."""
    path = machine.folder / "config.py"
    text = _text(path)
    if value_of(text, one.name) == one.now and one.was is not None:
        write(path, with_value(text, one.name, one.was))
        machine.say(f"config.py: {one.name} = {one.was}")
    return True


def _is(path: Path, text: str) -> bool:
    return path.exists() and _text(path) == text


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
