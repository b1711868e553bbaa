"""Random mutation of seed inputs, for machines without atheris."""

from collections.abc import Iterator
from random import Random

MOST_BYTES = 8192


def inputs(seeds: list[bytes], chance: Random) -> Iterator[bytes]:
    """All seeds, then an endless stream of randomly changed ones."""
    yield from seeds
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 8)):
            _change(data, seeds, chance)
        yield bytes(data[:MOST_BYTES])


def _change(data: bytearray, seeds: list[bytes], chance: Random) -> None:
    """Apply one random mutation: replace, delete, duplicate, splice or flip a bit."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 2, 8, 100)))
    match chance.randrange(5):
        case 0:
            data[at:end] = chance.randbytes(end - at)
        case 1:
            del data[at:end]
        case 2:
            data[at:at] = data[at:end]
        case 3:
            other = chance.choice(seeds)
            start = chance.randrange(len(other) + 1)
            data[at:end] = other[start : start + chance.choice((1, 20, 500))]
        case 4 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
