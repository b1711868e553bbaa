"""The newest version, tried before it is taken; the one before is back when it does not run here.

Anyone who can push to the remote runs code in this house. Where the householder
named trusted signers (git's gpg.ssh.allowedSignersFile), a release without their signature is
refused.
"""

import re
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from apps.shared.secrets import load_secrets
from apps.shared.settings import load_settings
from base.language import phrase
from setup import copies, health, running, texts, trial
from setup.config_text import value_of
from setup.machine import Machine, say, write

OWN = ("config.py", "rates.json")  # in git as a start, and his from then on
ASIDE = ".upgrade"
SIGNERS = "gpg.ssh.allowedSignersFile"
NET_S = 300.0
PACKAGES_S = 900.0
STEADY_S = 20.0
HEALTHY_S = 120.0
_PASSWORD = re.compile(r"(?<=://)[^/@]*@")


class UpgradeError(Exception):
    """The reason why the version before stays, and what to do."""


def upgrade(machine: Machine) -> int:
    """The exit code: 0 when the newest version is here, 1 when the old one stays."""
    try:
        return _upgrade(machine)
    except UpgradeError as error:
        machine.say(str(error))
        return 1


def _upgrade(machine: Machine) -> int:
    _own_back(machine.folder)  # an upgrade that was cut off
    before = _git(machine, "rev-parse", "HEAD").strip()
    _only_own_changes(machine)
    machine.say(phrase("Asking for the newest version ..."))
    if machine.run(*_in(machine), "fetch", "--quiet", limit_s=NET_S) is None:
        why = phrase("The newest version cannot be fetched: is this machine on the internet?")
        raise UpgradeError(why)
    after = _git(machine, "rev-parse", "@{upstream}").strip()
    if before == after:
        machine.say(phrase("This is the newest version."))
        return 0
    if machine.run(*_in(machine), "merge-base", "--is-ancestor", before, after) is None:
        why = phrase("The newest version is not based on this one: nothing was changed.")
        raise UpgradeError(why)
    _vouched_for(machine, after)
    machine.say(
        phrase(
            "Trying it on a simulated house; this takes some minutes if it needs other packages ..."
        )
    )
    if why := trial.failure(machine, after, OWN):
        said = phrase(
            "The new version does not run ({reason}): the previous one is back.", reason=why
        )
        raise UpgradeError(said)
    _go(machine, "merge", "--ff-only", "--quiet", after)
    save, restore = (partial(do, machine.folder) for do in (copies.save, copies.restore))
    starts = _works(machine)
    if why := _restarted(machine, save, STEADY_S) if starts else "it does not start":
        _go(machine, "reset", "--keep", "--quiet", before)
        _works(machine)
        if starts:
            _restarted(machine, restore, 0.0)
        copies.drop(machine.folder)
        said = phrase(
            "The new version fails its check here ({reason}): the previous one is back.", reason=why
        )
        raise UpgradeError(said)
    copies.drop(machine.folder)
    for line in news(_git(machine, "diff", "-U0", before, after, "--", "CHANGELOG.md")):
        say(line)
    for key in new_settings(_shipped(machine, after), machine.folder / "config.py"):
        also = phrase("config.py can now also have {key}: see git show HEAD:config.py.", key=key)
        machine.say(also)
    return 0


def _vouched_for(machine: Machine, commit: str) -> None:
    """The release is signed by a named signer; without a named signer, its origin is printed."""
    branch = _git(machine, "rev-parse", "--abbrev-ref", "HEAD").strip()
    remote = (machine.run(*_in(machine), "config", f"branch.{branch}.remote") or "origin").strip()
    url = _PASSWORD.sub("", _git(machine, "remote", "get-url", remote).strip())
    signers = (machine.run(*_in(machine), "config", "--type=path", SIGNERS) or "").strip()
    if not signers:
        unsigned = phrase(
            "It comes from {url}. It is not signed by anyone you trust (docs/security.md).", url=url
        )
        machine.say(unsigned)
        return
    if shutil.which("ssh-keygen") is None:
        raise UpgradeError("Signatures cannot be checked here: sudo apt-get install openssh-client")
    verdict = _git(machine, "-c", "gpg.format=ssh", "log", "-1", "--format=%G?%n%GS", commit)
    good, _, signer = verdict.partition("\n")
    if good != "G":
        raise UpgradeError(
            f"The newest version at {url} is not signed by anyone in {signers}: "
            "it is refused, and nothing was changed."
        )
    machine.say(phrase("It is signed by {name}.", name=signer.strip()))


def _restarted(machine: Machine, between: Callable[[], None], steady_s: float) -> str:
    """Restart the running programs; the reason why one is not well, "" when all are."""
    settings, secrets = load_settings(machine.folder / "config.py"), load_secrets()
    ask = partial(health.all_vitals, settings, secrets)
    was, began_s = ask(), time.monotonic()
    ours = running.restarted(machine, between=between)
    apps = {app: vitals.healthy for app, vitals in was.items() if _runs(app, ours)}
    why = health.trouble(ask, apps, began_s, steady_s, HEALTHY_S)
    if ours and not why:
        machine.say(phrase("restarted: {apps}", apps=", ".join(ours)))
    for app in sorted(was.keys() - apps.keys()) if not why else ():
        elsewhere = phrase("{app} was not started from here: restart it where it runs.", app=app)
        machine.say(elsewhere)
    return why


def _runs(app: str, ours: list[str]) -> bool:
    """True if it is among our tmux sessions or units."""
    return app in ours or texts.unit_name(app) in ours


def news(diff: str) -> list[str]:
    """The lines that are new in the changelog."""
    return [line[1:] for line in diff.splitlines() if line[:1] == "+" and line[:3] != "+++"]


def new_settings(shipped: str, path: Path) -> list[str]:
    """The keys of the config.py that came with the program which the householder's has not."""
    mine = path.read_text(encoding="utf-8-sig")
    names = [line.split("=")[0].split(":")[0].strip() for line in shipped.splitlines()]
    keys = [name for name in names if name.isidentifier() and value_of(shipped, name)]
    return [key for key in keys if value_of(mine, key) is None]


def _go(machine: Machine, *how: str) -> None:
    """Check out another commit; the householder's files stay byte for byte the same."""
    aside = machine.folder / ASIDE
    aside.mkdir(exist_ok=True)
    for name in OWN:
        write(aside / name, (machine.folder / name).read_bytes())
    try:
        _git(machine, "checkout", "--quiet", "--", *OWN)
        _git(machine, *how)
    finally:
        _own_back(machine.folder)


def _own_back(folder: Path) -> None:
    """Restore the files that were put aside."""
    aside = folder / ASIDE
    if not aside.is_dir():
        return
    for name in OWN:
        if (aside / name).exists():
            write(folder / name, (aside / name).read_bytes())
            (aside / name).unlink()
    aside.rmdir()


def _only_own_changes(machine: Machine) -> None:
    changed = _git(machine, "status", "--porcelain", "--untracked-files=no").splitlines()
    others = [line[3:] for line in changed if line[3:] not in OWN]
    if others:
        raise UpgradeError(
            f"You have changed {', '.join(others)}. Keep it with git stash, upgrade, git stash pop."
        )


def _works(machine: Machine) -> bool:
    """True if the packages are installed and config.py is valid."""
    door = str(machine.folder / "do_py.sh")
    return machine.run(door, "settings.py", limit_s=PACKAGES_S) is not None


def _shipped(machine: Machine, commit: str) -> str:
    return _git(machine, "show", f"{commit}:config.py")


def _in(machine: Machine) -> tuple[str, str, str]:
    return ("git", "-C", str(machine.folder))


def _git(machine: Machine, *words: str) -> str:
    """Output of git. UpgradeError when it refuses."""
    said = machine.run(*_in(machine), *words)
    if said is None:
        raise UpgradeError(f"git {words[0]} fails here: is this folder a git clone?")
    return said
