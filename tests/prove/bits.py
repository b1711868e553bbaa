"""One flipped bit in a file never stops a start, and never changes money without a report."""

from collections.abc import Iterator
from random import Random

from tests.prove.proof import Proof
from tests.store.flips import FILES, wrong


def check(random: Random) -> Iterator[str]:
    """The errors after one flipped bit in each file, and in quarters.db without its cache."""
    for name in FILES:
        yield from wrong(random, name)
    yield from wrong(random, "history/quarters.db", state=False)


PROOF = Proof("one wrong bit in a file stops no start, changes no money in silence", check, 2_000)
