"""A bare Debian 12, an ordinary user: clone, install, demo, start, reboot, doctor, uninstall.

Needs root, debootstrap and a package mirror, and some minutes: ./do_py.sh bare. All of it
happens in a folder under a mount and process namespace of its own, which end with it.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = ("dm", "ev", "bs", "log")
HOME = "/home/pi/digital_meter"
SHOWN = {  # what is there as soon as the house is known
    "dm": r"headroom +\d",
    "ev": r"car charging.*\n(.*\n)*.*offtake +\d",
    "bs": r"home battery.*\n(.*\n)*.*offtake +\d",
    "log": r" INFO ",
}
PATIENCE_S = 120.0
NAMESPACE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts")
INSTALLED = "python3-venv python3.11-venv tmux sudo cron"
BASE_PACKAGES = "git,python3,ca-certificates,procps"


class Bare:
    """The root folder, and the commands run inside it."""

    def __init__(self, root: Path, keeper: int) -> None:
        self._root, self._keeper = root, keeper

    def run(self, command: str, user: str = "pi", limit_s: float = 900.0) -> tuple[int, str]:
        """Exit code and everything that was printed, as from a login of this user."""
        inside = ["nsenter", "-t", str(self._keeper), "-m", "-p", "chroot", str(self._root)]
        done = subprocess.run(
            [*inside, "su", "-", user, "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=limit_s,
            check=False,
        )
        return done.returncode, done.stdout

    def must(self, command: str, user: str = "pi", limit_s: float = 900.0) -> str:
        """The output of the command. SystemExit with that if it fails."""
        code, said = self.run(command, user, limit_s)
        if code:
            sys.exit(f"FAILED ({code}): {command}\n{said}")
        return said

    def shown(self, session: str) -> str:
        return self.run(f"tmux capture-pane -p -t ={session}:")[1]


def made(root: Path, mirror: str, copies: Sequence[Path]) -> None:
    """The root folder holds a bare Debian 12 with git, python3, and this machine's mirrors."""
    if not (root / "etc/debian_version").exists():
        command = ["debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}"]
        subprocess.run([*command, "bookworm", str(root), mirror], check=True)
    for path in copies:
        target = root / path.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            shutil.copy(path, target)


@contextmanager
def entered(root: Path, binds: Sequence[Path]) -> Iterator[Bare]:
    """Inside the context, commands run in the root folder; processes started there end with it."""
    mounts = [
        "mount --make-rprivate /",
        f"mount -t proc proc {root}/proc",
        f"mount -t devtmpfs dev {root}/dev 2>/dev/null || mount --rbind /dev {root}/dev",
        f"mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts {root}/dev/pts",
        f"mount --bind {root}/dev/pts/ptmx {root}/dev/ptmx",
        *(f"mkdir -p {root}{path} && mount --bind {path} {root}{path}" for path in binds),
        "echo ready; exec sleep infinity",
    ]
    process = subprocess.Popen(
        [*NAMESPACE, "sh", "-ec", "\n".join(mounts)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            sys.exit("the root folder could not be entered: is this root, with namespaces?")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield Bare(root, int(children.read_text(encoding="ascii").split()[0]))
    finally:
        process.kill()
        process.wait()


def live(bare: Bare) -> None:
    """All four sessions show their whole contents, and these change."""
    until, seen = time.monotonic() + PATIENCE_S, dict.fromkeys(SESSIONS, "")
    while not all(re.search(SHOWN[name], seen[name]) for name in SESSIONS):
        if time.monotonic() > until:
            sys.exit("NOT SHOWN:\n" + "\n".join(f"--- {n}\n{text}" for n, text in seen.items()))
        time.sleep(1.0)
        seen = {name: bare.shown(name) for name in SESSIONS}
    for name in SESSIONS:
        print(f"--- tmux capture-pane -p -t {name}\n{seen[name].rstrip()}\n", flush=True)
    for name in ("dm", "ev", "bs"):
        changes = (bare.shown(name) != seen[name] for _ in iter(lambda: time.sleep(1.0), 0))
        if not any(changed for changed, _ in zip(changes, range(30), strict=False)):
            sys.exit(f"{name} stands still")
    print("all four sessions are whole and live\n", flush=True)


def without_sudo(bare: Bare, do: str, say: Callable[[str], None]) -> None:
    """Root types the lines that install names, and nothing else; then all of it is installed."""
    say("without sudo and without the system's packages: the one line to type")
    code, said = bare.run(f"{do} install --yes")
    print(said)
    if code != 1 or len(said.splitlines()) != 1 or "Type:  su - -c" not in said:
        sys.exit("it should have named the one line to type")
    bare.must(said.partition("Type:  ")[2], "root")

    say("typed by root; install again: what is left for root")
    said = bare.must(f"{do} install --yes")
    print(said)
    for line in re.findall(r"^  (?:then )?(su - -c .*)$", said, re.MULTILINE):
        bare.must(line, "root")
    said = bare.must(f"{do} install --yes")
    print(said)
    if "need root" in said or "startup_cron" not in bare.must("crontab -l"):
        sys.exit("the lines were typed, and something is still missing")
    bare.run(f"{do} uninstall")
    bare.must("git -C digital_meter status --porcelain | diff - /dev/null")
    bare.run("gpasswd --delete pi dialout", "root")
    bare.must(f"apt-get purge -y -qq --autoremove {INSTALLED}", "root")


def prove(bare: Bare, say: Callable[[str], None]) -> None:
    """The whole way of a newcomer."""
    do = f"cd {HOME} && ./do_py.sh"
    emptied(bare)
    bare.must("apt-get update -qq", "root")
    before_install(bare, do, say)
    without_sudo(bare, do, say)
    bare.must("apt-get install -y -qq sudo cron", "root")
    bare.must("echo 'pi ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/pi", "root")
    with_sudo(bare, do, say)

    say("the demo")
    print(bare.must(f"{do} demo --for 10"))

    say("startup_cron.sh")
    print(bare.must(f"{HOME}/startup_cron.sh"))
    live(bare)
    rebooted(bare, say)

    say("doctor, while it runs")
    told = bare.run(f"{do} doctor")[1]
    print(told)
    if "Engie Dynamic" not in told or "grid area West" not in told:
        sys.exit("doctor should have named the contract and the grid area")
    reconfigured(bare, do, say)
    uninstalled(bare, do, say)


def emptied(bare: Bare) -> None:
    """A root folder of an earlier run is bare again, with a new clone of the project."""
    if bare.run("id pi", "root")[0]:
        bare.must("useradd --create-home --shell /bin/bash pi", "root")
    bare.must("rm -rf /home/pi/digital_meter /home/pi/secrets.json", "root")
    bare.must("chown -R pi /tmp/project", "root")
    bare.run("crontab -r")
    bare.run(f"SUDO_FORCE_REMOVE=yes apt-get purge -y -qq --autoremove {INSTALLED}", "root")
    bare.must(f"git clone -q /tmp/project {HOME}")


def before_install(bare: Bare, do: str, say: Callable[[str], None]) -> None:
    say("before install: every command names the line to type, and asks for no right")
    for command in ("demo", "dm.py", "doctor"):
        code, said = bare.run(f"{do} {command}")
        print(said)
        if code != 1 or "Type:  su - -c" not in said:
            sys.exit(f"{command} should have named the line to type")


def with_sudo(bare: Bare, do: str, say: Callable[[str], None]) -> None:
    """Install twice: the second time changes nothing."""
    say("with sudo: install")
    began = time.monotonic()
    options = "--yes --port 'sim://?speed=1' --charger 127.0.0.1:8099 --battery 'sim 10'"
    options += " --contract engie_dynamic --postcode 8500"
    print(bare.must(f"{do} install {options}"))
    say(f"install took {time.monotonic() - began:.0f} s; again: it changes nothing")
    made_by_install = f"cat {HOME}/config.py; crontab -l; cat {HOME}/.installed.json"
    before = bare.must(made_by_install)
    print(bare.must(f"{do} install {options}"))
    if bare.must(made_by_install) != before:
        sys.exit("the second install changed something")


def rebooted(bare: Bare, say: Callable[[str], None]) -> None:
    say("a reboot: tmux is killed, and cron runs its line in its empty environment")
    bare.run("tmux kill-server; sleep 3")
    line = bare.must("crontab -l | grep '^@reboot'").strip().removeprefix("@reboot ")
    cron = "env -i HOME=/home/pi LOGNAME=pi SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c "
    print(f"{cron}{shlex.quote(line)}")
    print(bare.must(cron + shlex.quote(line)))
    live(bare)


def reconfigured(bare: Bare, do: str, say: Callable[[str], None]) -> None:
    say("a changed config.py: noticed, and taken up by restart")
    bare.must(f"echo 'month_peak_floor_kw = 3.0' >>{HOME}/config.py")
    until = time.monotonic() + PATIENCE_S
    while "changed since start" not in bare.run(f"{do} doctor")[1]:
        if time.monotonic() > until:
            sys.exit("nobody noticed")
        time.sleep(1.0)
    print(bare.must(f"{do} restart"))
    live(bare)


def uninstalled(bare: Bare, do: str, say: Callable[[str], None]) -> None:
    say("uninstall")
    print(bare.must(f"{do} uninstall --yes"))
    left = bare.must(f"cd {HOME} && git status --porcelain; crontab -l || true; ls -A ~ .")
    print(left)
    if "startup_cron" in left.split("no crontab")[0].split("_secrets")[0]:
        sys.exit("something was left")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./do_py.sh bare", description=__doc__)
    add = parser.add_argument
    add("--root", type=Path, default=Path("/var/tmp/digital_meter_bare"), help="where it is made")
    add("--mirror", default="http://deb.debian.org/debian", help="the Debian mirror")
    add("--copy", type=Path, nargs="*", default=[], help="this machine's own package settings")
    add("--bind", type=Path, nargs="*", default=[], help="folders that those settings name")
    add("--from", type=Path, dest="origin", default=ROOT, help="the repository that is cloned")
    given = parser.parse_args()
    made(given.root, given.mirror, given.copy)
    clone = given.root / "tmp/project"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(given.origin), str(clone)], check=True)
    with entered(given.root, given.bind) as bare:
        prove(bare, lambda sentence: print(f"\n=== {sentence}\n", flush=True))
    print("PROVED")


if __name__ == "__main__":
    main()
