"""./do_py.sh tariffs: the known tariff tables and their last year; with FILE, its changes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rates.errors import RatesError
from rates.files import TARIFFS, entries_in, read_tables, tables_with
from rates.tariff_list import changes, listed, wrong_sums

ROOT = Path(__file__).resolve().parent.parent


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of `tariffs`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh tariffs", description=__doc__)
    parser.add_argument("file", nargs="*", type=Path, help="entries to check (docs/rates.md)")
    return parser.parse_args(argv)


def main(argv: Sequence[str], root: Path = ROOT) -> int:
    """The exit code: 0, or 2 when an entry is wrong."""
    typed, folder = arguments(argv), root / TARIFFS
    try:
        if not typed.file:
            own = [entry for path in sorted(folder.glob("*.json")) for entry in entries_in(path)]
            print("\n".join(listed(tables_with(folder), own)))
            return 0
        tables = read_tables()
        for path in typed.file:
            entries = entries_in(path)
            wrong = list(wrong_sums(tables, entries))
            if wrong:
                print("\n".join(f"{path.name}: {sentence}" for sentence in wrong), file=sys.stderr)
                return 2
            print("\n".join(changes(tables, entries)))
            print(f"{path.name} is right. Put it in {TARIFFS}/ to use it.")
    except RatesError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
