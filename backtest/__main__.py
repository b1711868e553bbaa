"""Makes the tables of docs/backtest.md again, or of another document.

Each block of the document that begins with a line "$ ./do_py.sh ..." is run as written, and
contains its output. Results that are kept are not computed again: a table is of the code of the
commit it names.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from backtest.jobs import ROOT

PAGE = ROOT / "docs" / "backtest.md"
BLOCK = re.compile(
    r"^```\n\$ (?P<command>\./do_py\.sh (?:.*\\\n)*.*)\n(?P<said>(?s:.*?))^```$", re.M
)


def commands(page: str) -> Iterator[str]:
    """The commands of its blocks, as they are typed."""
    yield from (found["command"] for found in BLOCK.finditer(page))


def remade(page: str, says: Callable[[str], str], wanted: str = "") -> str:
    """The page with the current output of each command that contains `wanted`."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        said = says(command) if wanted in command else found["said"]
        return f"```\n$ {command}\n{said}```"

    return BLOCK.sub(block, page)


def _says(command: str) -> str:
    """The output of a command, run in the root; an error is shown and ends the run."""
    print(f"$ {command}", file=sys.stderr, flush=True)
    done = subprocess.run(
        command, shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode > 1:
        raise SystemExit(f"{command} ended with code {done.returncode}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()) + "\n"


def main(argv: Sequence[str]) -> int:
    """0 when every block is up to date."""
    parser = argparse.ArgumentParser(prog="./do_py.sh backtest", description=__doc__)
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only commands that contain this text"
    )
    parser.add_argument(
        "--list", action="store_true", help="print the commands without running them"
    )
    parser.add_argument("page", nargs="?", type=Path, default=PAGE, help="default: %(default)s")
    options = parser.parse_args(argv)
    page = options.page.read_text(encoding="utf-8")
    if options.list:
        print(*commands(page), sep="\n")
        return 0
    options.page.write_text(remade(page, _says, options.only), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
