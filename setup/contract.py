"""./do_py.sh contract: your contract by postcode, supplier and product, written to rates.json.

The prices on the card are shown beside those of rates.json before anything is written.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from apps.shared.reader import reader_of
from base.number_option import number
from rates.errors import RatesError
from setup.asking import Read
from setup.contract_questions import Chosen
from setup.contract_wizard import Wizard
from setup.machine import write

ROOT = Path(__file__).resolve().parent.parent
KVA = number(Decimal, 0.1, 10, "kVA")


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Command-line arguments of `contract`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh contract", description=__doc__)
    add = parser.add_argument
    add("--postcode", help="of the home, for its grid area")
    add("--area", help="the grid area, where a postcode has two")
    energy = parser.add_mutually_exclusive_group()
    for name in ("gas", "injection"):
        what = "that of injection sold apart" if name == "injection" else "the contract of gas"
        energy.add_argument(f"--{name}", dest="energy", action="store_const", const=name,
            default="electricity", help=f"{what}; else that of electricity")  # fmt: skip
    add("--supplier", help="or a part of the name")
    add("--product", help="or a part of the name")
    add("--month", help="of the card: that in which you signed, such as 2026-04")
    add("--since", help="the first day of the contract, such as 2026-04-01")
    for name, what in (("day-night", "day and night prices"), ("panels", "injection too")):
        add(f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=what)
    add("--compensation", dest="compensation_kva", type=KVA, metavar="KVA",
        help="Wallonia: panels of before 2024 whose injection is taken off the offtake, and the kVA"
        " of their inverter")  # fmt: skip
    add(
        "--kva",
        dest="inverter_kva",
        type=KVA,
        help="of the inverter, for a supplier's fee for solar panels",
    )
    add("--pays", action="append", metavar="FEE",
        help='a fee beside the fixed one that you pay, such as "energy sharing"')  # fmt: skip
    add(
        "--brought",
        type=number(int, 0, 1000),
        metavar="N",
        help="customers you brought, for a discount for each",
    )
    add("--met", action="append", metavar="CONDITION",
        help='that a discount needs and that you meet, such as "direct debit"')  # fmt: skip
    add("--yes", action="store_true", help="ask nothing, and write")
    return parser.parse_args(argv)


def main(argv: Sequence[str], folder: Path = ROOT, read: Read | None = input) -> int:
    """The exit code: 0, 1 when nothing was written, 2 when something typed is wrong."""
    typed = arguments(argv)
    if typed.yes or (read is input and not sys.stdin.isatty()):
        read = None
    language = reader_of(folder / "config.py", os.environ)
    nothing = language.say("Nothing was written.")
    try:
        if read is not None:
            begins = language.say(
                "Your contract, for rates.json. Nothing is written before you agree at the end."
            )
            print(begins)
        text = Wizard(
            folder,
            Chosen(**{each.name: getattr(typed, each.name) for each in fields(Chosen)}),
            read,
            language=language,
        ).text()
    except (ValueError, RatesError) as error:
        print(language.read(str(error)), file=sys.stderr)
        return 2
    except (EOFError, KeyboardInterrupt):
        print(f"\n{nothing}")
        return 1
    if read is None and not typed.yes:
        print(text, end="")
        return 0
    if read is not None:
        question = language.say("Write rates.json? [Y/n]:")
        if read(f"{question} ").strip().lower().startswith("n"):
            print(nothing)
            return 1
    write(folder / "rates.json", text)
    print(language.say("rates.json is written: it is used from the next quarter hour."))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
