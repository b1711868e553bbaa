"""Every fault there is, in the order of its numbers."""

from tests.faults import kills, line, transport

MATRIX = (*line.FAULTS, *transport.FAULTS, *kills.FAULTS)
