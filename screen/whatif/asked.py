"""Asks for an invoice line by line on the terminal. Edge."""

from collections.abc import Callable, Sequence

from rates.invoice import PERIOD, TOTAL, VAT, Group, Invoice, InvoiceError, invoice_of, item

HINTS = {PERIOD: "first and last day, e.g. 2026-01-01 2026-03-31", "green": "certificates"}


def asked(
    ask: Callable[[str], str], show: Callable[[str], None], groups: Sequence[Group] = tuple(Group)
) -> Invoice:
    """The typed invoice; a wrong answer is explained and asked again. EOFError when it ends.

    An empty answer skips a line. `groups` are the possible ones.
    """
    show("Type what the invoice says, in EUR; Enter where it has no such line.")
    told: list[tuple[str, str]] = []
    while True:
        for name in (PERIOD, *groups, VAT, TOTAL):
            told += _answer(name, ask, show)
        try:
            return invoice_of(told)
        except InvoiceError as error:
            show(f"{error}. Once more:")
            told = []


def _answer(
    name: str, ask: Callable[[str], str], show: Callable[[str], None]
) -> list[tuple[str, str]]:
    hint = f" ({HINTS[name]})" if name in HINTS else ""
    while True:
        text = ask(f"{name}{hint}: ").strip()
        if not text:
            return []
        try:
            return [item(name, text)]
        except InvoiceError as error:
            show(str(error))
