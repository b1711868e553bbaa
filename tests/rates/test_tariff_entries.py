"""Tariff entries: shipped ones are correct, invalid ones of an owner are refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from base.checked import ConfigError
from rates.contract import Contract
from rates.errors import RatesError
from rates.files import EXAMPLES, load_file, read_tables, tables_with
from rates.prices.known import Known
from rates.table_form import GasEntry, GridEntry
from rates.tariff_list import wrong_sums
from setup.tariffs import main
from store.rates_file import RatesFile
from tests.rates.contract.factories import at

ENTRY: dict[str, Any] = {
    "kind": "grid", "region": "Flanders", "area": "Antwerpen", "year": 2027, "vat": "incl",
    "source": "tariff card", "read": "2026-12-18", "capacity_eur_kw_year": 53.10,
    "eur_kwh": {"mono": 0.0551}, "data_management_eur_year": 19.10,
    "day_hours": [{"days": "weekdays", "hours": ["07:00-22:00"]}],
    "peak_floor_kw": 2.5, "max_eur_kwh": 0.3473, "checks": [{"kw": 2.5, "eur_incl": 132.75}],
}  # fmt: skip


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in ENTRY.items() if name != key}


WRONG = {
    "a missing region": (
        [without("region")],
        r'entries\[0\]\.region: is missing; allowed: "Flanders", "Wallonia" or "Brussels"'),
    "a missing source": ([without("source")], "source: is missing"),
    "a region that does not exist": (
        [{**ENTRY, "region": "Zeeland"}],
        'region: must be "Flanders", "Wallonia" or "Brussels" .it says .Zeeland'),
    "a doubled year": (
        [ENTRY, {**ENTRY, "capacity_eur_kw_year": 54}],
        "grid tariffs of Antwerpen for 2027 are in own.json already"),
    "negative VAT": (
        [{"kind": "vat", "from": "2027-01-01", "percent": -6, "source": "law", "read": "2026-12-18"}],  # noqa: E501
        r"percent: must be a number from 0 to 25 \(it says -6\)"),
    "euro for cents": (
        [{**ENTRY, "eur_kwh": {"mono": 5.51}}], "mono: must be a number from 0 to 1 .it says 5.51"),
    "two digits swapped": (
        [{**ENTRY, "capacity_eur_kw_year": 51.30}],
        "0 kWh, 2.5 kW make 128.25 EUR incl VAT, and the check says 132.75"),
    "a key that is unknown": ([{**ENTRY, "capacity": 3}], "capacity: is not a known key"),
    "no check": ([{**ENTRY, "checks": []}], "checks: "),
    "an index of NaN": (
        [{"kind": "index", "index": "ztp101", "months": {"2026-10": float("nan")},
          "source": "letter", "read": "2026-12-18"}],
        r"months\.2026-10: must be a number from -500 to 4000 \(it says nan\)"),
    "no capacity in Flanders": ([without("capacity_eur_kw_year")], "Flanders needs it"),
}  # fmt: skip


def test_every_sum_that_a_card_prints_comes_out() -> None:
    """Each shipped grid entry has at least one printed sum, and it agrees."""
    tables = read_tables()
    grids = [each for each in tables.entries if isinstance(each, GridEntry | GasEntry)]
    assert len(grids) > 30
    assert all(each.checks for each in grids)
    assert list(wrong_sums(tables, tables.entries)) == []


@pytest.mark.parametrize(("entries", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_wrong_entries_are_refused_whole(
    tmp_path: Path, entries: list[dict[str, Any]], sentence: str
) -> None:
    """Key, value and what is allowed are reported, and the whole folder is ignored."""
    folder = tmp_path / "tariffs"
    folder.mkdir()
    (folder / "good.json").write_text(json.dumps({**ENTRY, "area": "West"}))
    (folder / "own.json").write_text(json.dumps({"entries": entries}))
    with pytest.raises(RatesError, match=sentence):
        tables_with(folder)


def house(folder: Path) -> Path:
    rates = folder / "rates.json"
    rates.write_bytes((EXAMPLES / "fixed.json").read_bytes())
    return rates


def test_an_owners_entry_goes_first(tmp_path: Path) -> None:
    """The new year is known without a fallback; an owner's figure replaces a known one."""
    rates = house(tmp_path)
    (tmp_path / "tariffs").mkdir()
    (tmp_path / "tariffs" / "2027.json").write_text(json.dumps(ENTRY))
    dearer = {**ENTRY, "year": 2026, "data_management_eur_year": 99}
    (tmp_path / "tariffs" / "2026.json").write_text(json.dumps(dearer))
    contract = load_file(rates)
    assert isinstance(contract, Contract)
    new = contract.month("electricity", at(2027, 2, 1).date())
    assert new is not None
    assert new.stand_ins() == ()
    now = contract.month("electricity", at(2026, 2, 1).date())
    assert now is not None
    (data,) = (fee.eur for fee in now.fees if fee.line == "data management")
    assert round(data * (1 + now.fees[-1].vat), 9) == 99


def test_the_last_good_prices_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A half-saved tariff file is reported once; the corrected file is used."""
    rates = house(tmp_path)
    file = RatesFile(rates, Known())
    file.read()
    folder = tmp_path / "tariffs"
    folder.mkdir()
    own = folder / "2027.json"
    own.write_text(json.dumps(without("region")))
    assert file.changed() is None
    assert "The prices stay as they were, as a file has a mistake: " in caplog.text
    assert '"Wallonia" or "Brussels"\n' in caplog.text
    assert file.changed() is None
    assert caplog.text.count("is missing") == 1
    own.write_text(json.dumps(ENTRY))
    os.utime(own, (1, 1))
    assert file.changed() is not None
    own.write_text("{")
    with pytest.raises(ConfigError, match=r"2027\.json: line 1"):
        RatesFile(rates, Known()).read()


def test_the_command_lists_checks_and_says_what_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints end dates and sources, compares a file with last year's; an invalid
    file exits with 2.
    """
    assert main([], tmp_path) == 0
    assert "grid tariffs of West " in capsys.readouterr().out
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(ENTRY))
    assert main([str(path)], tmp_path) == 0
    told = capsys.readouterr().out
    assert "grid tariffs of Antwerpen 2027: new; against 2026: " in told
    assert "vat ex -> incl" in told
    assert "mine.json is right" in told
    path.write_text(json.dumps({**ENTRY, "capacity_eur_kw_year": 35.1}))
    assert main([str(path)], tmp_path) == 2
    assert "one of the figures is mistyped" in capsys.readouterr().err
