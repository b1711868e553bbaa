"""Tests a property on very many random cases, and reports those that break it.

Without a name it lists the proofs. A case is repeated by its number: --first N --count 1.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random

from tests.prove import (
    bits,
    chargers,
    contracts,
    day,
    grants,
    liars,
    mqtt,
    ocpp,
    page,
    peers,
    stops,
    which,
)
from tests.prove.proof import Proof

PROOFS: Mapping[str, Proof] = {"bits": bits.PROOF, "grants": grants.PROOF, "liars": liars.PROOF}
OWN: Mapping[str, tuple[str, Callable[[Sequence[str]], int]]] = {
    "chargers": (chargers.HELP, chargers.main),
    "contracts": (contracts.HELP, contracts.main),
    "day": (day.HELP, day.main),
    "mqtt": (mqtt.HELP, mqtt.main),
    "ocpp": (ocpp.HELP, ocpp.main),
    "page": (page.HELP, page.main),
    "peers": (peers.HELP, peers.main),
    "stops": (stops.HELP, stops.main),
    "which": (which.HELP, which.main),
}
"""Proofs with options of their own: a line of help, and what gives the exit code."""
SHOWN = 10
SAY_S = 30.0


def main() -> int:
    """Return 0 when no case breaks the property."""
    if (own := OWN.get("".join(sys.argv[1:2]))) is not None:
        return own[1](sys.argv[2:])
    parser = argparse.ArgumentParser(prog="./do_py.sh prove", description=__doc__)
    parser.add_argument(
        "name", nargs="?", metavar="NAME", choices=[*PROOFS, *OWN], help="the proof; none: a list"
    )
    parser.add_argument("--count", type=int, metavar="N", help="cases; else as many as it likes")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first")
    options = parser.parse_args()
    if options.name is None:
        helps = {name: proof.help for name, proof in PROOFS.items()}
        helps |= {name: line for name, (line, _) in OWN.items()}
        print("\n".join(f"{name:<12}{line}" for name, line in helps.items()))
        return 0
    proof: Proof = PROOFS[options.name]
    return _run(options.name, proof, options.first, options.count or proof.count)


def _run(name: str, proof: Proof, first: int, count: int) -> int:
    began = said = time.monotonic()
    bad = 0
    for number in range(first, first + count):
        wrong = [*proof.check(Random(number))]
        bad += bool(wrong)
        if wrong and bad <= SHOWN:
            print(f"{name} {number}: {'; '.join(wrong)}")
        if (now := time.monotonic()) - said >= SAY_S:
            said = now
            print(f"{number + 1 - first:,} of {count:,}, {bad} broken", file=sys.stderr)
    took_s = time.monotonic() - began
    print(f"{name}: {count:,} cases in {took_s:.0f} s, {bad} broken")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
