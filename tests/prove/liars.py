"""Three neighbours sending false data at their rate limit raise no exception, grant or month
peak.
"""

from collections.abc import Iterator
from random import Random

from tests.apps.dm.liars import broken
from tests.prove.proof import Proof

NEEDS_A_SECOND = 20


def check(random: Random) -> Iterator[str]:
    """The errors in 15 minutes with some 55,000 needs."""
    yield from broken(random, 900, NEEDS_A_SECOND)


PROOF = Proof("neighbours that lie raise no exception, grant or month peak", check, 20)
