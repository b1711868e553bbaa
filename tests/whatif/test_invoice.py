"""An invoice compared with the quarters: typed input is parsed, and differences are explained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import whatif
from rates.amounts import Register
from rates.bill import Bill, bill, by_register, cents
from rates.contract import Contract
from rates.files import load, market_spots
from rates.formula import parse
from rates.invoice import GROUP_OF, Group, Invoice, InvoiceError, eur_in, invoice_in
from rates.invoice_check import Check, check
from rates.terms import Electricity
from screen.whatif.asked import asked
from tests.rates.contract.factories import ENGIE, text
from tests.whatif.factories import plain_csv, price, prices_csv, quarters, volumes

FOLLOWS = "follows from the lines above"
START, END = date(2026, 4, 1), date(2026, 5, 1)


@cache
def uses() -> dict[Register, list[tuple[object, Decimal]]]:
    found = []
    for quarter in quarters(START, END):
        offtake, injection = volumes(quarter)
        found.append((quarter, Register.OFFTAKE_DAY, Decimal(offtake)))
        found.append((quarter, Register.INJECTION_DAY, Decimal(injection)))
    return by_register(found)  # type: ignore[return-value]


SPOTS = market_spots(
    lambda quarter: price(quarter.replace(minute=0)) + 200 * Decimal(volumes(quarter)[0])
).kept()
CONTRACT = load(text(ENGIE))
PEAKS = {START: Decimal("3.41")}


def draw(contract: Contract) -> Bill:
    return bill(uses(), contract, SPOTS, PEAKS, start=START, end=END)  # type: ignore[arg-type]


def printed(drawn: Bill, *, incl: bool = False) -> Invoice:
    """The invoice of a supplier that uses these terms."""
    lines: dict[Group, Decimal] = {}
    for line in drawn.lines:
        if line.name in GROUP_OF:
            group = GROUP_OF[line.name]
            lines[group] = lines.get(group, Decimal(0)) + (line.incl if incl else line.ex)
    rounded = {group: cents(eur) for group, eur in lines.items()}
    return Invoice(
        start=START, end=END, lines=rounded, vat=cents(drawn.vat_eur), total=drawn.total_eur
    )


def ours() -> Contract:
    assert isinstance(CONTRACT, Contract)
    return CONTRACT


def in_home(**other: object) -> Contract:
    return replace(ours(), home=ours().home.model_copy(update=other), _months={})


def with_terms(change: Callable[[Electricity], Mapping[str, object]]) -> Contract:
    (terms,) = ours().contracts
    assert isinstance(terms, Electricity)
    changed = terms.model_copy(update=dict(change(terms)))
    return replace(ours(), contracts=(changed,), _months={})


def of_index(name: str) -> Contract:
    return with_terms(lambda terms: {"offtake": terms.offtake.model_copy(update={"s": name})})


def causes(told: Check) -> dict[str, str]:
    """The cause of each line that differs; VAT and total follow from the lines."""
    apart = ("total",) if told.rows[-2].cause != FOLLOWS else ("total", "VAT")
    return {row.name: row.cause for row in told.rows if row.differs and row.name not in apart}


@pytest.mark.parametrize("incl", [False, True])
def test_the_invoice_of_the_same_contract_agrees(incl: bool) -> None:
    """With VAT included in its lines or separate, no line differs."""
    invoice = printed(draw(ours()), incl=incl)
    told = check(invoice, ours(), draw)
    assert invoice.incl_vat is incl
    assert not any(row.differs for row in told.rows)
    assert not invoice.untold


@pytest.mark.parametrize("incl", [False, True])
@pytest.mark.parametrize(
    ("theirs", "line", "cause"),
    [
        (of_index("hour"), "energy", "by the index hour; here quarter"),
        (of_index("epex_month"), "energy", "by the index epex_month; here quarter"),
        (in_home(grid_area="Limburg"), "distribution", "as in the grid area Limburg"),
        (in_home(grid_area="West"), "capacity", "as in the grid area West; here Antwerpen"),
        (
            with_terms(lambda terms: {"certificates": parse("2 cent/kWh ex VAT")}),
            "green", "2.00 cent/kWh; here 1.49",
        ),
    ],
)  # fmt: skip
def test_a_cause_that_can_be_known_is_named(
    theirs: Contract, line: str, cause: str, incl: bool
) -> None:
    """Another index, grid area or price is found by computing the invoice with it."""
    if incl and line == "green":
        cause = "2.12 cent/kWh; here 1.58"
    told = check(printed(draw(theirs), incl=incl), ours(), draw)
    assert cause in causes(told)[line]


def other(**lines: str) -> Check:
    """Our invoice with some amounts changed, and its VAT and total adjusted."""
    invoice = printed(draw(ours()))
    changed = {Group(name): Decimal(eur) for name, eur in lines.items()}
    more = sum((eur - invoice.lines[group] for group, eur in changed.items()), Decimal(0))
    assert invoice.vat
    vat = invoice.vat + cents(more * Decimal("0.06"))
    total = invoice.total + more + vat - invoice.vat
    new = replace(invoice, lines={**invoice.lines, **changed}, vat=vat, total=total)
    return check(new, ours(), draw)


def test_other_vat_is_named() -> None:
    """21 % on all but the injection: only the VAT line differs, and says so."""
    invoice = printed(draw(ours()))
    base = sum(eur for group, eur in invoice.lines.items() if group != Group.INJECTION)
    vat = cents(base * Decimal("0.21"))
    assert invoice.vat
    told = check(replace(invoice, vat=vat, total=invoice.total + vat - invoice.vat), ours(), draw)
    assert causes(told) == {"VAT": "that is 21 % VAT"}


def test_other_kwh_days_and_peak_are_named() -> None:
    """Equal differences per kWh mean other kWh; a fee shows the days, capacity the kW."""
    lines = printed(draw(ours())).lines
    more = {
        group.value: str(cents(lines[group] * Decimal("1.05")))
        for group in (Group.ENERGY, Group.CERTIFICATES, Group.LEVIES)
    }
    assert all(cause.startswith("as for ") for cause in causes(other(**more)).values())
    assert set(causes(other(**more))) == set(more)
    fee = str(cents(lines[Group.FEE] * 31 / 30))
    assert causes(other(fee=fee)) == {"fee": "a fee for 31 days; here 30"}
    capacity = str(cents(lines[Group.CAPACITY] * 4 / Decimal("3.41")))
    assert causes(other(capacity=capacity)) == {
        "capacity": "as for a mean month peak of 4.00 kW; here 3.41 kW"
    }


def test_two_lines_in_one_are_named() -> None:
    """The invoice has no capacity line; its amount is included in another line."""
    invoice = printed(draw(ours()))
    lines = dict(invoice.lines)
    lines[Group.DISTRIBUTION] += lines.pop(Group.CAPACITY)
    told = check(replace(invoice, lines=lines), ours(), draw)
    assert causes(told) == {"distribution": "the capacity is in it"}


def test_a_forgotten_invoice_line_is_reported() -> None:
    """The total is more than the sum of its lines: a line was forgotten."""
    invoice = printed(draw(ours()))
    assert replace(invoice, total=invoice.total + 7).untold == pytest.approx(7, abs=Decimal("0.02"))


@given(st.decimals("-99999.99", "99999.99", places=2), st.sampled_from("., "))
def test_an_amount_is_read_as_it_is_printed(eur: Decimal, group: str) -> None:
    """1.234,56 and 1,234.56 and 1 234,56 and a plain number are read, with € or without."""
    shown = f"{eur:,.2f}"
    if group != ",":
        shown = shown.replace(".", "|").replace(",", group).replace("|", ",")
    for written in (shown, f"€ {shown}", f"{eur:.2f}", f"{eur:.2f} EUR".replace(".", ",")):
        assert eur_in(written) == eur


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("energy 1.234", "line 2: '1.234' is not an amount in EUR, such as 128.40"),
        ("energy NaN", "line 2: 'NaN' is not an amount"),
        ("energy 9999999", "line 2: 9999999 EUR is too much; allowed: up to 100000"),
        ("enrgy 12", "line 2: 'enrgy' is unknown; allowed: period, energy, green"),
        ("period 2026-02-31 2026-03-01", "line 2: '2026-02-31' is not a day"),
        ("period 2026-03-31 2026-01-01", "line 2: the period from 2026-03-31 to 2026-01-01 must"),
        ("period 2026-01-01 2026-03-31", "there are two periods"),
        ("total 3", "total occurs twice"),
        ("", "there are no lines; give some of energy, green"),
    ],
)
def test_an_unreadable_line_is_reported_with_its_number(line: str, said: str) -> None:
    """One sentence has the line, the value and what is allowed."""
    text = f"period: 01/04/2026 30/04/2026\n{line}\ntotal 12  # of page 1\n"
    with pytest.raises(InvoiceError) as caught:
        invoice_in(text, "invoice.txt")
    assert str(caught.value).startswith("invoice.txt")
    assert said in str(caught.value)


def test_it_can_be_typed_and_a_slip_is_asked_again() -> None:
    """Each name is a question; an unreadable answer is an error, an empty one skips the line."""
    answers = iter(["1 April", "2026-04-01 2026-04-30", "12,x", "12,50", *[""] * 7, "", "13.25"])
    said: list[str] = []
    invoice = asked(lambda prompt: next(answers), said.append)
    assert (invoice.lines, invoice.total) == ({Group.ENERGY: Decimal("12.50")}, Decimal("13.25"))
    assert any("'12,x' is not an amount" in each for each in said)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("invoice")
    (folder / "own.csv").write_text(plain_csv(date(2026, 3, 1), END))
    (folder / "prices.csv").write_text(prices_csv(date(2026, 3, 1), END))
    (folder / "invoice.txt").write_text("period 2026-04-01 2026-04-30\nenergy 20\ntotal 21.20\n")
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--invoice", "nowhere.txt"), "nowhere.txt: No such file"),
        (("--invoice", "OWN"), "own.csv, line 1: 'start_utc,offtake_kwh,injection_kwh' is unknown"),
        (("--invoice", "INVOICE", "--contract", "FOUR"), "four.json has one price for all"),
        (("--invoice", "INVOICE", "--svg", "a.svg"), "not an --invoice"),
        (("--invoice", "INVOICE", "--contract", "fixed", "day_night"), "against one --contract"),
        (("--invoice", "INVOICE", "--contract", "engie_dynamic"), "give --prices FILE or --fallb"),
        (("--invoice", "EARLY", "--contract", "fixed"), "nothing of the invoice's period"),
        (("--invoice", "OLD", "--contract", "fixed"), "--as-of DAY uses the prices of another"),
    ],
)
def test_an_error_is_explained_in_one_line(
    house: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """The exit code is 2, with nothing on stdout and no traceback."""
    texts = {
        "FOUR": ("four.json", '{"Electricity": {"+": 0.35}}'),
        "EARLY": ("early.txt", "period 2026-01-01 2026-01-31\nenergy 20\ntotal 21.20\n"),
        "OLD": ("old.txt", "period 2025-01-01 2025-01-31\nenergy 20\ntotal 21.20\n"),
    }
    for name, content in texts.values():
        (house / name).write_text(content)
    files = {"OWN": "own.csv", "INVOICE": "invoice.txt"} | {k: v[0] for k, v in texts.items()}
    typed = [str(house / files[word]) if word in files else word for word in words]
    try:
        code: object = whatif.main([str(house / "own.csv"), *typed])
    except SystemExit as error:  # refused by argparse
        code = error.code
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert said in told.err


def test_json_tells_each_line(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the same figures, for programs."""
    words = "--invoice", str(house / "invoice.txt"), "--contract", "fixed", "--json"
    assert whatif.main([str(house / "own.csv"), *words]) == 0
    told = json.loads(capsys.readouterr().out)
    energy = told["lines"][0]
    assert (energy["name"], energy["invoice_eur"], energy["differs"]) == ("energy", 20.0, True)
    assert told["last_day"] == "2026-04-30"
