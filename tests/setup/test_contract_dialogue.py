"""`./do_py.sh contract` as a new user sees it: a terminal of 80 columns, answers one by one."""

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rates.amounts import Register
from rates.catalogue.files import read_cards
from rates.contract import Contract
from rates.curve import Spots
from rates.files import load
from rates.terms import Electricity, Home
from setup.contract import main
from tests.rates.contract.factories import at

ROOT = Path(__file__).resolve().parents[2]
RUN = "import sys, setup.contract as c; from pathlib import Path; sys.exit(c.main([], Path('{}')))"
NEW = (ROOT / "rates.json").read_text(encoding="utf-8")
WAIT_S = 30
COLUMNS = 80


class Terminal:
    """A dialogue on a terminal: its output, and the typed input."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.shown = ""
        self._seen = 0

    def until(self, text: str) -> None:
        """Wait until the text is shown, after the text of the previous wait."""
        while text not in self.shown[self._seen :]:
            ready, _, _ = select.select([self._fd], [], [], WAIT_S)
            assert ready, f"{text!r} is not shown, but {self.shown!r}"
            try:
                self.shown += os.read(self._fd, 65536).decode().replace("\r\n", "\n")
            except OSError:  # the dialogue has ended
                raise AssertionError(f"{text!r} is not shown, but {self.shown!r}") from None
        self._seen = self.shown.index(text, self._seen) + len(text)

    def type(self, text: str) -> None:
        os.write(self._fd, f"{text}\n".encode())


@contextmanager
def dialogue(folder: Path, code: int = 0) -> Iterator[Terminal]:
    """Run the command on this folder, at first that of a new house; `code` is its expected exit."""
    if not (folder / "rates.json").exists():
        (folder / "rates.json").write_text(NEW)
    outer, inner = pty.openpty()
    termios.tcsetwinsize(inner, (24, COLUMNS))
    command = [sys.executable, "-c", RUN.format(folder)]
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, cwd=ROOT) as process:
        os.close(inner)
        try:
            yield Terminal(outer)
            assert process.wait(WAIT_S) == code
        finally:
            process.kill()
            os.close(outer)


def made_by(folder: Path, *answers: tuple[str, str | None]) -> tuple[Contract, str]:
    """The contract made by pairs of shown text and typed answer, and the whole output."""
    with dialogue(folder) as terminal:
        for words, answer in answers:
            terminal.until(words)
            if answer is not None:
                terminal.type(answer)
        terminal.until("rates.json is written")
    told = load((folder / "rates.json").read_text())
    assert isinstance(told, Contract)
    assert max(len(line) for line in terminal.shown.splitlines()) <= COLUMNS
    return told, terminal.shown


def cent_kwh(contract: Contract, hour: int, eur_mwh: str) -> Decimal:
    """The price of a kWh of energy on a Monday at an hour (UTC), incl VAT."""
    spots = Spots.of(lambda _: Decimal(eur_mwh))
    priced = contract.known_cost(Register.OFFTAKE_DAY, Decimal(100), at(2026, 6, 15, hour), spots)
    return priced["energy"]


def typed_index(contract: Contract, eur_mwh: str) -> Contract:
    """The same at this index in each month."""
    terms = contract.contracts[0]
    assert isinstance(terms, Electricity)
    months = {f"2026-{month:02}": Decimal(eur_mwh) for month in range(1, 13)}
    offtake = terms.offtake.model_copy(update={"s": months, "named": None})
    return Contract(
        home=contract.home,
        contracts=(terms.model_copy(update={"offtake": offtake}),),
        tables=contract.tables,
    )


def test_luminus_comfyflex(tmp_path: Path) -> None:
    """A home in Gent with panels and a date in Belgian notation is accepted at the first
    attempt.
    """
    told, shown = made_by(
        tmp_path,
        ("Postcode", "9000"),
        ("Supplier", "luminus"),
        ("Product", "comfyflex"),
        ("Start date", "1/5/2026"),
        ("Day and night prices", "n"),
        ("Solar panels", "y"),
        ("Injection sold under", ""),
        ('"direct debit"', "y"),
        ('"new customer"', ""),
        ("Write rates.json? [Y/n]", ""),
    )
    assert "offtake at S = 95.75: the card prints 15.58 c, yours gives 15.587" in shown
    assert "injection at S = 95.75: the card prints 3.96 c, yours gives 3.966" in shown
    assert "Not included: welcome discount (needs: new customer)." in shown
    terms = told.terms("electricity", date(2026, 6, 1))
    assert isinstance(terms, Electricity)
    assert (terms.first_day, told.home.grid_area) == (date(2026, 5, 1), "Imewo")
    assert round(cent_kwh(typed_index(told, "95.75"), 10, "0"), 2) == Decimal("15.59")
    assert [each.name for each in terms.held(date(2027, 6, 1))] == ["direct debit 5 %"]


def test_engie_flextime(tmp_path: Path) -> None:
    """Choosing by list numbers gives each of its hours the card's price."""
    told, shown = made_by(
        tmp_path,
        ("Postcode", "2000"),
        ("Supplier", "9"),
        ("Product", "5"),
        ("Start date", ""),
        ("Solar panels", "j"),
        ("Injection sold under", "n"),
        ("Write rates.json? [Y/n]", "y"),
    )
    assert "Engie Empower Flextime, card of 2026-04, in Antwerpen" in shown
    for printed in ("19.413 c, yours gives 19.413", "1.65 c, yours gives 1.65"):
        assert printed in shown
    at_hours = [cent_kwh(typed_index(told, "110.75"), hour, "0") for hour in (6, 10, 23)]
    assert [round(each, 3) for each in at_hours] == [
        Decimal("19.413"), Decimal("15.161"), Decimal("11.445"),
    ]  # fmt: skip


def test_mega_impact(tmp_path: Path) -> None:
    """A Walloon product with the grid's Impact tariff; a wrong answer repeats the question."""
    told, shown = made_by(
        tmp_path,
        ("Postcode", "99999"),
        ("the postcode '99999' is unknown", None),
        ("Postcode", "4000"),
        ("Supplier", "mega"),
        ("Product", "impact"),
        ("Start date", ""),
        ("Solar panels", "no"),
        ("Do you pay the fee for energy sharing, 15 EUR/year incl 21 % VAT", ""),
        ("Write rates.json? [Y/n]", ""),
    )
    assert "offtake pic at S = 84.69: the card prints 15.78 c, yours gives 15.78" in shown
    assert (told.home.grid_area, told.home.grid_tariff) == ("RESA", "impact")
    at_hours = [cent_kwh(typed_index(told, "84.69"), hour, "0") for hour in (16, 6, 10)]
    assert [round(each, 2) for each in at_hours] == [
        Decimal("15.78"), Decimal("12.95"), Decimal("8.66"),
    ]  # fmt: skip


def test_a_product_of_another_region_says_where_it_is_sold(tmp_path: Path) -> None:
    """The dialogue lists products of the region; nothing is written if the owner declines."""
    with dialogue(tmp_path, code=1) as terminal:
        for words, answer in (("Postcode", "9000"), ("Supplier", "mega"), ("Product", "impact")):
            terminal.until(words)
            terminal.type(answer)
        terminal.until(
            "Off-peak Impact Flex is sold in Wallonia only, not in Flanders; the choices"
        )
        terminal.until("Product")
        terminal.type("dynamic")
        for words in ("Start date", "Solar panels", '"direct debit"', "energy sharing"):
            terminal.until(words)
            terminal.type("")
        terminal.until("Write rates.json? [Y/n]")
        terminal.type("n")
        terminal.until("Nothing was written.")
    assert (tmp_path / "rates.json").read_text() == NEW


def test_a_home_that_moves_leaves_its_grid_tariff_behind(tmp_path: Path) -> None:
    """From Impact and a meter that runs backwards to a home in Flanders: both are removed."""
    walloon, _ = made_by(
        tmp_path,
        ("Postcode", "4000"),
        ("Supplier", "luminus"),
        ("Product", "comfyflex"),
        ("Start date", ""),
        ("Day and night prices", "y"),
        ("Solar panels", "y"),
        ("Panels from before 2024", "perhaps"),
        ("Type y or n.", None),
        ("Panels from before 2024", "y"),
        ("kVA of the inverter", "46"),
        ("'46' is not a number from 0.1 to 10", None),
        ("kVA of the inverter", "4,6"),
        ("The prosumer tariff of RESA is not known here", None),
        ('"direct debit"', ""),
        ('"new customer"', ""),
        ("Write rates.json? [Y/n]", ""),
    )
    assert (walloon.home.compensation, walloon.home.prosumer_kva) == (True, Decimal("4.6"))
    assert walloon.home.grid_tariff == "day_night"
    flemish, _ = made_by(
        tmp_path,
        ("Postcode", "9000"),
        ("Supplier", "engie"),
        ("Product", "flextime"),
        ("Start date", "2026-09-01"),
        ("Solar panels", "y"),
        ("Injection sold under", ""),
        ("Write rates.json? [Y/n]", ""),
    )
    assert flemish.home == Home(grid_area="Imewo", gas_kwh_per_m3=Decimal("11.51"))
    first, second = (t for t in flemish.contracts if t.energy == "electricity")
    assert (first.last_day, second.first_day) == (date(2026, 8, 31), date(2026, 9, 1))


def test_injection_sold_apart(tmp_path: Path) -> None:
    """It has a contract of its own after the offtake contract; later one of injection replaces
    it.
    """
    told, shown = made_by(
        tmp_path,
        ("Postcode", "9000"),
        ("Supplier", "ecofix"),
        ("Product", "flexy"),
        ("Start date", "2026-05-01"),
        ("Day and night prices", "n"),
        ("Solar panels", "y"),
        ("Injection sold under", "y"),
        ("Customers you brought, 5 EUR/month incl VAT for each [0]", "2,5"),
        ("'2,5' is not a whole number from 0 to 50", None),
        ("Customers you brought", "2"),
        ("The contract of your injection:", None),
        ("Product", "easy"),
        ("Start date", "2026-06-01"),
        ("Write rates.json? [Y/n]", ""),
    )
    assert "injection at S = 100.86: the card prints 4.446 c, yours gives 4.446" in shown
    terms, sold = told.terms("electricity", date(2026, 7, 1)), told.sold_apart(date(2026, 7, 1))
    assert isinstance(terms, Electricity)
    assert sold is not None
    assert (terms.injection, sold.name) == (None, "Engie Easy Indexed (Variable), injection only")
    month = told.month("electricity", date(2026, 7, 1))
    assert month is not None
    fees = {(fee.line, fee.per, round(fee.eur * (1 + fee.vat), 2)) for fee in month.fees}
    assert {("customers brought", "month", -10), ("fixed fee", "year", Decimal("74.20"))} <= fees


def test_an_injection_contract_later(tmp_path: Path) -> None:
    """`--injection` is refused without an electricity contract, else added to it."""
    chosen = ["--injection", "--area", "Imewo", "--product", "dynamic", "--yes"]
    (tmp_path / "rates.json").write_text(NEW)
    assert main(chosen, tmp_path) == 2
    bought = ["--area", "Imewo", "--supplier", "engie", "--product", "flextime", "--yes"]
    assert main(bought, tmp_path) == 0
    assert main(chosen, tmp_path) == 0
    told = load((tmp_path / "rates.json").read_text())
    assert isinstance(told, Contract)
    assert {"electricity", "injection"} <= {terms.energy for terms in told.contracts}


def test_fees_beside_the_fixed_one(tmp_path: Path) -> None:
    """Energy sharing has 21 % VAT; the supplier's fee for solar panels depends on the inverter."""
    told, _ = made_by(
        tmp_path,
        ("Postcode", "5000"),
        ("Supplier", "mega"),
        ("Product", "dynamic"),
        ("Start date", ""),
        ("Day and night prices", ""),
        ("Solar panels", "y"),
        ("Panels from before 2024", "n"),
        ("Injection sold under", "n"),
        ('"direct debit"', "y"),
        ("Do you pay the fee for energy sharing, 90.75 EUR/year incl 21 % VAT [y/N]", "y"),
        ("The card is not clear about this fee", None),
        ("Do you pay the fee for solar panels, 7.63 EUR/month incl VAT a kVA", "y"),
        ("kVA of the inverter", "5"),
        ("Write rates.json? [Y/n]", ""),
    )
    month = told.month("electricity", date(2026, 7, 1))
    assert month is not None
    fees = {fee.line: (fee.per, round(fee.eur * (1 + fee.vat), 2), fee.vat) for fee in month.fees}
    assert fees["energy sharing"] == ("year", Decimal("90.75"), Decimal("0.21"))
    assert fees["solar panels"] == ("month", Decimal("38.15"), Decimal("0.06"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--pays", "solar"], "fee 'solar' is not on the card; allowed: energy sharing"),
        (["--met", "direct debit"], "condition 'direct debit' is not on the card; allowed: none"),
        (["--month", "1999-01"], "the choices are 2026-04"),
        (["--brought", "2"], "Engie Dynamic has no discount for customers that you brought"),
    ],
)
def test_a_value_missing_on_the_card_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: list[str], said: str
) -> None:
    """The dialogue writes nothing."""
    (tmp_path / "rates.json").write_text(NEW)
    chosen = ["--area", "Imewo", "--supplier", "engie", "--product", "dynamic", "--yes"]
    assert main([*chosen, *typed], tmp_path) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "rates.json").read_text() == NEW


def test_every_condition_of_a_card_is_asked_in_a_line() -> None:
    """Each question is one line that fits a terminal."""
    for card in read_cards():
        for fee in card.fees:
            assert len(f"Do you pay the fee for {fee.name}, {fee} [y/N]: ") <= COLUMNS
        for condition in card.conditions:
            assert len(f'Discount condition "{condition}": is it met [y/N]: ') < COLUMNS
