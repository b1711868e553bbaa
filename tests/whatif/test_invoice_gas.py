"""A gas invoice compared with the m3 of the same days."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import whatif
from base.time import QUARTER
from rates.amounts import Register
from rates.bill import Bill, bill, by_register, cents
from rates.calendar import day_start
from rates.contract import Contract
from rates.invoice import GAS_GROUPS, Group, Invoice, group_of
from rates.invoice_check import Check, check
from screen.whatif.asked import asked
from tests.rates.contract.factories import GAS, made, text

START, END = date(2026, 4, 1), date(2026, 7, 1)
TERMS = {**GAS, "fixed_fee": "40 EUR/year incl VAT"}
HOME: dict[str, Any] = {"gas_kwh_year": 17000, "gas_kwh_per_m3": 10.5}
USES = [
    (day_start(START) + count * QUARTER, Register.GAS, Decimal(count % 7) / 100)
    for count in range((day_start(END) - day_start(START)) // QUARTER)
]


def ours(**home: object) -> Contract:
    return made(TERMS, **{**HOME, **home})


def draw(contract: Contract) -> Bill:
    return bill(by_register(USES), contract, start=START, end=END)


def printed(drawn: Bill) -> Invoice:
    """The invoice of a supplier that uses these terms, ex VAT."""
    lines: dict[Group, Decimal] = {}
    for line in drawn.lines:
        group = group_of(line.name, line.ex)
        if group is not None:
            lines[group] = lines.get(group, Decimal(0)) + line.ex
    rounded = {group: cents(eur) for group, eur in lines.items()}
    vat, total = cents(drawn.vat_eur), drawn.total_eur
    return Invoice(start=START, end=END, lines=rounded, vat=vat, total=total)


def against(theirs: Contract) -> Check:
    return check(printed(draw(theirs)), ours(), draw)


def test_the_invoice_of_the_same_contract_agrees() -> None:
    """Energy, distribution, levies and fee agree; a gas invoice has no capacity line."""
    told = against(ours())
    assert not any(row.differs for row in told.rows)
    names = [row.name for row in told.rows]
    assert names == ["energy", "distribution", "levies", "fee", "VAT", "total"]


@pytest.mark.parametrize(
    ("theirs", "line", "cause"),
    [
        ({"gas_kwh_per_m3": 11.25}, "energy", "kWh, 11.25 kWh a m3; here 2752 kWh, 10.50 kWh a m3"),
        ({"grid_area": "Limburg"}, "distribution", "as in the grid area Limburg; here Antwerpen"),
        ({"gas_kwh_year": 4000}, "distribution", "as for up to 5000 kWh a year; here 17000"),
    ],
)
def test_a_cause_that_can_be_known_is_named(
    theirs: dict[str, object], line: str, cause: str
) -> None:
    """The causes are another calorific value, another area, and another tier of the yearly use."""
    (row,) = (row for row in against(ours(**theirs)).rows if row.name == line)
    assert row.cause.endswith(cause)


def test_a_discount_has_its_line() -> None:
    """The invoice and the calculation have the same reduction per kWh."""
    less = {"name": "welcome", "per_kwh": "1 cent/kWh incl VAT"}
    contract = made({**TERMS, "discounts": [less]}, **HOME)
    invoice = printed(draw(contract))
    assert invoice.lines[Group.DISCOUNT] < 0
    told = check(invoice, contract, draw)
    assert not any(row.differs for row in told.rows)
    dearer = replace(invoice, lines={**invoice.lines, Group.DISCOUNT: Decimal(-1)})
    rows = {row.name: row for row in check(dearer, contract, draw).rows}
    assert rows["discount"].differs


def test_only_what_gas_has_is_asked() -> None:
    """Capacity, certificates and injection are not asked for."""
    questions: list[str] = []

    def typed(question: str) -> str:
        questions.append(question)
        return {"p": "2026-04-01 2026-06-30", "e": "20", "t": "21.20"}.get(question[0], "")

    asked(typed, print, GAS_GROUPS)
    assert [each.split(" (")[0].rstrip(": ") for each in questions] == [
        "period", "energy", "distribution", "levies", "fee", "discount", "VAT", "total",
    ]  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Path:
    rows = [f"{quarter:%Y-%m-%dT%H:%M:%SZ},0.1,{m3}" for quarter, _, m3 in USES]
    (tmp_path / "gas.csv").write_text("\n".join(["start_utc,offtake_kwh,gas_m3", *rows]))
    (tmp_path / "own.json").write_text(text(TERMS, **HOME))
    (tmp_path / "invoice.txt").write_text(
        "period 01/04/2026 30/06/2026\nenergy 110,00\nfee 9,41\nVAT 14,25\ntotal 251,72\n"
    )
    return tmp_path


def test_the_command_holds_gas_against_its_own_quarters(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page has the m3, without offtake or month peak."""
    words = [str(house / "gas.csv"), "--invoice", str(house / "invoice.txt"), "--gas"]
    words += ["--contract", str(house / "own.json")]
    assert whatif.main(words) == 0
    shown = capsys.readouterr().out
    assert "gas 262.0" in shown
    assert "offtake" not in shown
    assert "The mean month peak" not in shown
    assert whatif.main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    energy, *_ = told["lines"]
    assert (energy["name"], energy["invoice_eur"], energy["ours_eur"]) == ("energy", 110.0, 110.07)
    assert told["missing_quarters"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ELECTRIC", "--invoice", "INVOICE", "--gas", "--contract", "OWN"], "there is no gas in"),
        (["GAS", "--invoice", "INVOICE", "--gas", "--contract", "fixed"], "has no contract of gas"),
        (["GAS", "--gas"], "--gas goes with --invoice"),
    ],
)
def test_an_error_is_explained_in_one_line(
    house: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """The exit code is 2."""
    (house / "electric.csv").write_text(
        "start_utc,offtake_kwh,injection_kwh\n2026-04-01T00:00:00Z,1,0\n"
    )
    files = {"ELECTRIC": "electric.csv", "GAS": "gas.csv", "INVOICE": "invoice.txt"}
    files["OWN"] = "own.json"
    typed = [str(house / files[word]) if word in files else word for word in words]
    try:
        code: object = whatif.main(typed)
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert said in capsys.readouterr().err
