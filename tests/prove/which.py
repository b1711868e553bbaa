"""Random stays of two cars whose clouds are 15 minutes late: the car that ev identifies.

One minute after the plug-in ev has chosen a car or asked. Of the choices 95 % must be right, no car
may be charged above its own target because of a wrong one, and no choice may change without a
question.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.ev.which_car import stay

HELP = "which of two cars is plugged in there, with clouds 15 minutes late"
LEAST_RIGHT = 0.95
SHOWN = 10


def main(argv: Sequence[str]) -> int:
    """Return 0 when all three hold."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove which", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, metavar="N", help="stays (10,000)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first")
    options = parser.parse_args(argv)
    then: Counter[str] = Counter()
    later: Counter[str] = Counter()
    bad = 0
    for number in range(options.first, options.first + options.count):
        outcome = stay(Random(number))
        then[outcome.at_a_minute] += 1
        later[outcome.at_the_end] += 1
        wrong = bool(outcome.over_pct or outcome.flips or outcome.at_a_minute == "silent")
        bad += wrong
        if wrong and bad <= SHOWN:
            print(f"which {number}: {outcome}", flush=True)
    chosen = then["right"] + then["wrong"]
    share = then["right"] / max(1, chosen)
    print(f"which: {options.count:,} stays; after a minute {_shares(then)}; {share:.1%} of the")
    print(f"choices are right; at the end {_shares(later)}; {bad} broken")
    return 1 if bad or share < LEAST_RIGHT else 0


def _shares(found: Counter[str]) -> str:
    total = sum(found.values())
    return ", ".join(f"{name} {count / total:.1%}" for name, count in found.most_common())
