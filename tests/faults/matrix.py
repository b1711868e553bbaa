"""Every fault there is, in the order of its numbers."""

from tests.faults import kills, line, load, promises, transport

MATRIX = (*line.FAULTS, *transport.FAULTS, *kills.FAULTS, *promises.FAULTS, *load.FAULTS)
