"""Feed random bytes to one input of the project and report unhandled exceptions.

With atheris (x86-64) the input is guided by coverage, otherwise it is random. A failing input is
saved and its file named: turn it into a regression test before you fix the code.
"""

import argparse
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from random import Random

from tests.fuzz.mutate import inputs
from tests.fuzz.targets import TARGETS, Target

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / ".fuzz"
_DONE = re.compile(r"number_of_executed_units:\s*(\d+)")


def main() -> int:
    """Exit code: 0 if no input raised an exception."""
    parser = argparse.ArgumentParser(prog="./do_py.sh fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--for", type=int, default=60, metavar="SECONDS", dest="for_s")
    parser.add_argument("--inputs", type=int, help="stop after so many", default=0)
    options = parser.parse_args()
    target, guided = TARGETS[options.target], find_spec("atheris") is not None
    began = time.monotonic()
    count, escaped = (_guided if guided else _by_chance)(target, options.for_s, options.inputs)
    took_s = time.monotonic() - began
    how = "guided by coverage" if guided else "by chance"
    print(f"{target.name}: {count} inputs in {took_s:.0f} s, {how}; {escaped or 'nothing'} escaped")
    return 1 if escaped else 0


def _guided(target: Target, for_s: int, most: int) -> tuple[int, str]:
    """Run libFuzzer in its own process, because it exits the process itself."""
    corpus = CORPUS / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzz.guided", target.name, str(corpus)]
    command += [f"-max_total_time={for_s}", f"-runs={most or -1}", "-print_final_stats=1"]
    command += ["-max_len=4096", "-timeout=60", "-verbosity=0", f"-artifact_prefix={corpus}-"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    found = _DONE.search(said)
    if ran.returncode:
        print(said)
    return int(found[1]) if found else 0, "" if ran.returncode == 0 else "an input (see above)"


def _by_chance(target: Target, for_s: int, most: int) -> tuple[int, str]:
    end, count = time.monotonic() + for_s, 0
    for data in inputs(list(target.seeds()), Random(time.time_ns())):
        try:
            target.check(data)
        except Exception as error:  # noqa: BLE001  the fuzzer looks for any exception
            kept = CORPUS / f"{target.name}-escaped"
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(data)
            return count, f"{error!r} of {kept}"
        count += 1
        if count == most or time.monotonic() > end:
            break
    return count, ""


if __name__ == "__main__":
    sys.exit(main())
