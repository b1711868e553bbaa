"""Past use priced under several contracts: sums to the cent, on every irregular day of the year."""

import argparse
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import whatif
from apps.whatif.comparison import compared
from base.time import DAY
from rates.amounts import Register
from rates.bill import Bill
from rates.compare import Comparison
from rates.errors import RatesError
from rates.report import report
from screen.whatif.shown import Work
from tests.rates.contract.factories import ENGIE, FIXED, GAS, text
from tests.whatif.factories import noon, plain_csv, prices_csv, shared, summed

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
DYNAMIC = {**ENGIE, "name": "dynamic"}


def ask(folder: Path, *words: str, now: date = YEAR[1]) -> Comparison:
    """The result of whatif at noon of a day."""
    options = whatif.arguments([str(folder / "own.csv"), *words])
    return compared(options, Work(), noon(now))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated year 2026 with its prices, and two contracts valid all year."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "own.csv").write_text(plain_csv(*YEAR))
    (folder / "prices.csv").write_text(prices_csv(*YEAR))
    (folder / "fixed.json").write_text(text(FIXED))
    (folder / "dynamic.json").write_text(text(DYNAMIC))
    return folder


@pytest.fixture(scope="module")
def year(house: Path) -> Comparison:
    return ask(house, "--contract", str(house / "fixed.json"), str(house / "dynamic.json"),
               "--prices", str(house / "prices.csv"))  # fmt: skip


def adds_up(bill: Bill) -> None:
    """Check that lines add up to the total, and months to each line and to the year."""
    assert sum(line.eur_incl for line in bill.lines) == bill.total_eur
    assert sum(bill.months().values()) == bill.total_eur
    for line in bill.lines:
        assert sum(line.months.values()) == line.eur_incl, line.name


def test_a_year_over_the_excise_and_both_clock_changes_adds_up(year: Comparison) -> None:
    """Every quarter of 2026 is billed once: kWh to the registers, cents to the total."""
    assert (year.as_of, year.facts.missing) == (None, ())
    assert (year.facts.end - year.facts.start).days == 365
    for column in year.columns:
        adds_up(column.bill)
        distribution = column.bill.line("distribution")
        assert distribution
        assert distribution.quantity == summed(*YEAR, 0)
    injection = year.facts.used[Register.INJECTION_DAY] + year.facts.used[Register.INJECTION_NIGHT]
    assert injection == summed(*YEAR, 1)


def test_the_excise_changes_with_the_month_of_use(year: Comparison) -> None:
    """The day of use decides: 4.748 cent and a contribution of 0.1926 until July, 4.6 from
    August.
    """
    bill = year.columns[0].bill
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    excise, contribution = bill.line("excise"), bill.line("energy contribution")
    assert excise
    assert contribution
    for month, ex in ((july, "0.04748"), (august, "0.0460")):
        kwh = summed(month, date(2026, month.month + 1, 1), 0)
        assert abs(excise.months[month] - kwh * Decimal(ex) * Decimal("1.06")) < Decimal("0.011")
    assert contribution.months[july] > 0
    assert not any(eur for month, eur in contribution.months.items() if month >= august)


def test_the_first_contract_is_what_the_others_are_compared_with(year: Comparison) -> None:
    """Differences are relative to the first; the lowest is named if it is unique."""
    first, second = year.columns
    assert year.difference(first) == 0
    assert year.difference(second) == second.bill.total_eur - first.bill.total_eur
    assert year.lowest is min(year.columns, key=lambda column: column.bill.total_eur)


def test_the_report_tells_every_line_month_and_total(year: Comparison) -> None:
    """The numbers of --json add up to those of the page."""
    told = json.loads(json.dumps(report(year)), parse_float=Decimal)
    assert (told["first_day"], told["last_day"]) == ("2026-01-01", "2026-12-31")
    for contract in told["contracts"]:
        total = contract["total_eur"]
        assert sum(line["eur_incl_vat"] for line in contract["lines"]) == total
        assert sum(contract["months_eur"].values()) == total
        assert len(contract["months_eur"]) == 12
        for line in contract["lines"]:
            assert sum(line["months_eur"].values()) == line["eur_incl_vat"]


def test_29_february_is_a_day_of_the_year(house: Path, tmp_path: Path) -> None:
    """A leap year has 35,136 quarters, and a yearly fee is charged once."""
    (tmp_path / "own.csv").write_text(plain_csv(date(2024, 1, 1), date(2025, 1, 1)))
    told = ask(tmp_path, "--contract", "fixed", "--as-of", "2026-09-01")
    assert (told.facts.end - told.facts.start).days == 366
    assert told.facts.missing == ()
    fee = told.columns[0].bill.line("fixed fee")
    assert fee
    assert (fee.quantity, fee.eur_incl) == (366, 60)
    adds_up(told.columns[0].bill)


def test_a_past_without_tariffs_is_priced_as_of_today(tmp_path: Path) -> None:
    """2023 has no tables: all contracts get those of the requested day, and the reason is
    reported.
    """
    (tmp_path / "own.csv").write_text(plain_csv(date(2023, 3, 1), date(2023, 4, 1)))
    words = ("--contract", "fixed", "day_night")
    told = ask(tmp_path, *words, now=date(2026, 9, 1))
    assert told.as_of == date(2026, 9, 1)
    assert any("has no electricity contract on 2023-03-01" in note for note in told.notes)
    later = ask(tmp_path, *words, now=date(2027, 2, 1))
    assert later.as_of == date(2027, 2, 1)  # 2027 is not in the tables: 2026 is used
    assert all("those of 2026 stand in" in column.bill.notes[0] for column in later.columns)
    with pytest.raises(RatesError, match="has no electricity contract on 2025-01-01"):
        ask(tmp_path, *words, "--as-of", "2025-01-01")


def test_the_four_line_form_is_compared_too(house: Path) -> None:
    """Its prices are complete: kWh times EUR, without a VAT line."""
    (house / "rates.json").write_text('{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}}}')
    told = ask(house, "--contract", str(house / "rates.json"), "fixed", now=date(2027, 1, 1))
    seed = told.columns[0]
    adds_up(seed.bill)
    used = told.facts.used
    by_hand = used[Register.OFFTAKE_DAY] * Decimal("0.4")
    by_hand += used[Register.OFFTAKE_NIGHT] * Decimal("0.3")
    assert abs(seed.bill.total_eur - by_hand) < Decimal("0.01")
    assert seed.all_in


def test_only_what_all_have_is_compared(house: Path) -> None:
    """A contract with gas is compared for electricity only if the file has no gas."""
    (house / "both.json").write_text(text(DYNAMIC, GAS, gas_kwh_year=17000, gas_kwh_per_m3=11.5))
    told = ask(house, "--contract", str(house / "both.json"), "--prices", str(house / "prices.csv"))
    assert {line.energy for line in told.columns[0].bill.lines} <= {"electricity", None}


def test_another_area_has_another_grid(house: Path) -> None:
    """--area applies to every contract; the error for a wrong one lists the valid ones."""
    here = ask(house, "--contract", "fixed").columns[0].bill.line("distribution")
    there = ask(house, "--contract", "fixed", "--area", "West").columns[0].bill.line("distribution")
    assert here
    assert there
    assert there.eur_incl > here.eur_incl
    with pytest.raises(RatesError, match="'Gent' is unknown; allowed: Antwerpen"):
        ask(house, "--contract", "fixed", "--area", "Gent")


def test_a_contract_as_an_editor_on_windows_saves_it_is_read(house: Path) -> None:
    """It has a BOM and CRLF, as dm accepts in rates.json."""
    saved = house / "windows.json"
    saved.write_bytes(b"\xef\xbb\xbf" + text(FIXED).replace("\n", "\r\n").encode())
    assert len(ask(house, "--contract", str(saved)).columns) == 1


def test_without_prices_a_named_dynamic_contract_is_an_error(house: Path) -> None:
    """The error has the number of quarters and the option that helps; with it the run works,
    with a note.
    """
    words = ("--contract", "engie_dynamic")
    with pytest.raises(RatesError, match=r"35040 of the 35040 quarters.*--prices FILE or --fallb"):
        ask(house, *words)
    told = ask(house, *words, "--fallback", "90")
    assert "priced at the contract's fallback" in told.columns[0].bill.notes[0]


def test_without_prices_the_usual_comparison_leaves_it_out(house: Path) -> None:
    """The dynamic example was not requested: the others are compared, with a note."""
    told = ask(house)
    assert len(told.columns) == 3
    assert any("Engie Dynamic, card of April 2026 is left out" in note for note in told.notes)


def test_all_is_every_example_after_ones_own(house: Path) -> None:
    """`all` has rates.json first, and each example once."""
    told = ask(house, "--contract", "all", "--prices", str(house / "prices.csv"))
    assert told.columns[0].name == "rates.json"
    names = [column.name for column in told.columns]
    assert len(names) == len(set(names)) == 10


def test_a_whole_real_household(tmp_path: Path) -> None:
    """Three real months of a home with panels add up under every contract, with a clock change."""
    path = shared("data", "household", "be_fluvius_export_home_with_pv_15min_2023-10_2023-12.csv")
    options: argparse.Namespace = whatif.arguments(
        [str(path), "--contract", "all", "--as-of", "2026-09-01", "--prices",
         str(shared("data", "prices", "be_day_ahead_2021-02_2026-02.csv.gz"))]
    )  # fmt: skip
    told = compared(options, Work(), datetime(2026, 9, 1, tzinfo=UTC))
    assert told.facts.missing_quarters == 1
    assert round(sum(told.facts.used.values()), 2) == Decimal("1587.25")
    for column in told.columns:
        adds_up(column.bill)
    assert told.facts.end - told.facts.start == timedelta(days=71) == 71 * DAY
