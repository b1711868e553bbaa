"""A house in a box: real wires on loopback, no hardware."""
