"""Run one target under atheris, guided by the coverage of the project's modules."""

import sys

import atheris

OURS = ("p1", "rates", "words", "messages", "ev", "bs", "json")

if __name__ == "__main__":
    with atheris.instrument_imports(include=list(OURS)):
        from tests.fuzz.targets import TARGETS
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name].check)
    atheris.Fuzz()
