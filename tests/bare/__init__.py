"""The proof on a bare machine: a command of its own, not a part of the test suite."""
