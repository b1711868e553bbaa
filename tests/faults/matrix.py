"""All faults, ordered by their numbers."""

from tests.faults import brokers, disks, doors, kills, line, load, promises, stops, transport

PARTS = (line, transport, kills, disks, promises, load, stops, doors, brokers)
MATRIX = tuple(fault for part in PARTS for fault in part.FAULTS)
