"""Grants of random homes with any mix of assets respect fuse, phases, limiter and quarter."""

from collections.abc import Iterator
from random import Random

from tests.plan.any_second import any_second, broken
from tests.prove.proof import Proof


def check(random: Random) -> Iterator[str]:
    """Each limit that the grants of one random second exceed."""
    second = any_second(random)
    yield from broken(second, second.granted())


PROOF = Proof("grants of any mix of assets hold fuse, phases, limiter and quarter", check)
