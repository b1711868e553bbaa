"""The newest version, with the householder's own files as they were; back again if it fails."""

from pathlib import Path

from upkeep import sessions, units
from upkeep.config_text import value_of
from upkeep.machine import Machine, say, write

OWN = ("config.py", "rates.json")  # in git as a start, and his from then on
ASIDE = ".upgrade"
NET_S = 300.0
PACKAGES_S = 900.0


class UpgradeError(Exception):
    """Why nothing was changed, and what to do."""


def upgrade(machine: Machine) -> int:
    """The exit code: 0 when the newest version is here, 1 when the old one stays."""
    try:
        return _upgrade(machine)
    except UpgradeError as error:
        say(str(error))
        return 1


def _upgrade(machine: Machine) -> int:
    _own_back(machine.folder)  # an upgrade that was cut off
    before = _git(machine, "rev-parse", "HEAD").strip()
    _only_own_changes(machine)
    say("Asking for the newest version ...")
    if machine.run(*_in(machine), "fetch", "--quiet", limit_s=NET_S) is None:
        raise UpgradeError("The newest version cannot be fetched: is this machine on the internet?")
    after = _git(machine, "rev-parse", "@{upstream}").strip()
    if before == after:
        say("This is the newest version.")
        return 0
    _go(machine, "merge", "--ff-only", "--quiet", after)
    ran = sessions.own(machine)
    if not _works(machine):
        _go(machine, "reset", "--keep", "--quiet", before)
        _works(machine)
        raise UpgradeError("The new version does not start here; the one before is back.")
    for line in news(_git(machine, "diff", "-U0", before, after, "--", "CHANGELOG.md")):
        say(line)
    for key in new_settings(_shipped(machine, after), machine.folder / "config.py"):
        say(f"config.py may also say {key} now: git show HEAD:config.py tells how.")
    if ran:
        sessions.stop(machine)
        sessions.start(machine)
    if ran := ran + units.restarted(machine):
        say(f"started again: {', '.join(ran)}")
    return 0


def news(diff: str) -> list[str]:
    """The lines that are new in the changelog."""
    return [line[1:] for line in diff.splitlines() if line[:1] == "+" and line[:3] != "+++"]


def new_settings(shipped: str, path: Path) -> list[str]:
    """The keys of the config.py that came with the program which the householder's has not."""
    mine = path.read_text(encoding="utf-8")
    names = [line.split("=")[0].split(":")[0].strip() for line in shipped.splitlines()]
    keys = [name for name in names if name.isidentifier() and value_of(shipped, name)]
    return [key for key in keys if value_of(mine, key) is None]


def _go(machine: Machine, *how: str) -> None:
    """The tree is at another commit; the householder's files are byte for byte what they were."""
    aside = machine.folder / ASIDE
    aside.mkdir(exist_ok=True)
    for name in OWN:
        write(aside / name, (machine.folder / name).read_text(encoding="utf-8"))
    try:
        _git(machine, "checkout", "--quiet", "--", *OWN)
        _git(machine, *how)
    finally:
        _own_back(machine.folder)


def _own_back(folder: Path) -> None:
    """What was put aside is in its place again."""
    aside = folder / ASIDE
    if not aside.is_dir():
        return
    for name in OWN:
        if (aside / name).exists():
            write(folder / name, (aside / name).read_text(encoding="utf-8"))
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
    """Whether the packages are there and config.py is understood."""
    door = str(machine.folder / "do_py.sh")
    return machine.run(door, "settings.py", limit_s=PACKAGES_S) is not None


def _shipped(machine: Machine, commit: str) -> str:
    return _git(machine, "show", f"{commit}:config.py")


def _in(machine: Machine) -> tuple[str, str, str]:
    return ("git", "-C", str(machine.folder))


def _git(machine: Machine, *words: str) -> str:
    """What git says. UpgradeError when it refuses."""
    said = machine.run(*_in(machine), *words)
    if said is None:
        raise UpgradeError(f"git {words[0]} fails here: is this folder a git clone?")
    return said
