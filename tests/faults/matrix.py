"""Every fault there is, in the order of its numbers."""

from tests.faults import line, transport

MATRIX = (*line.FAULTS, *transport.FAULTS)
