"""Exports in usual user forms: Excel, ZIP, other encodings, two files, two meters, two EANs, gas.

The files are found through DM_SHARED. Each is checked for the day of 4 March 2026, read completely.
"""

import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

import whatif
from base.time import local_day
from rates.amounts import Register
from rates.past.file import quarters_in
from rates.past.quarters import Past, joined
from rates.past.table import FileError
from tests.whatif.factories import shared

EANS = ("541448800000000001", "541448800000000099")


def data(name: str) -> bytes:
    return (shared("field/meter") / name).read_bytes()


def read(name: str, *eans: str) -> Past:
    return quarters_in(data(name), name, eans=eans)


def uses(past: Past) -> dict[tuple[object, object], Decimal]:
    return {(quarter, register): kwh for quarter, register, kwh in past.uses}


WHOLE = "10_fluvius_pv98_header.csv"


@pytest.mark.parametrize(
    "name",
    ["15_fluvius_saved_by_excel.csv", "18_fluvius.zip", "18_utf16.txt", "18_cp1252.csv"],
)
def test_another_wrapping_says_the_same(name: str) -> None:
    assert uses(read(name)) == uses(read(WHOLE))
    assert len(read(name).known) == 96


def test_an_invalid_workbook_is_explained() -> None:
    with pytest.raises(
        FileError, match="Excel workbook with an empty first sheet: open it and save"
    ):
        read("18_fluvius.xlsx")


NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(text: str) -> bytes:
    """A workbook in the form of Excel: shared strings, numbers for dates, times and volumes."""
    strings: list[str] = []
    rows = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        cells = []
        for place, cell in enumerate(line.split(";")):
            at = f"{chr(ord('A') + place)}{number}"
            value = cell.strip('="')
            if number > 1 and place in (0, 2):
                value = "46085"
            elif number > 1 and place in (1, 3):
                hours, minutes, _ = value.split(":")
                value = repr((int(hours) * 60 + int(minutes)) / 1440)
            elif number > 1 and place == 8:
                value = value.replace(",", ".")
            elif not value:
                continue
            else:
                if value not in strings:
                    strings.append(value)
                cells.append(f'<c r="{at}" t="s"><v>{strings.index(value)}</v></c>')
                continue
            cells.append(f'<c r="{at}"><v>{value}</v></c>')
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        shared_strings = "".join(f"<si><t>{text}</t></si>" for text in strings)
        file.writestr("xl/sharedStrings.xml", f"<sst {NAMES}>{shared_strings}</sst>")
        sheet = f"<worksheet {NAMES}><sheetData>{''.join(rows)}</sheetData></worksheet>"
        file.writestr("xl/worksheets/sheet1.xml", sheet)
    return packed.getvalue()


def test_a_workbook_says_the_same() -> None:
    packed = workbook(data(WHOLE).decode("utf-8-sig"))
    assert uses(quarters_in(packed, "export.xlsx")) == uses(read(WHOLE))


def test_a_damaged_workbook_is_explained() -> None:
    packed = bytearray(workbook(data(WHOLE).decode("utf-8-sig")))
    packed[-30] ^= 0xFF
    with pytest.raises(FileError, match=r"x\.xlsx, line 1: "):
        quarters_in(bytes(packed), "x.xlsx")


def test_two_meters_of_one_day_add_up() -> None:
    """The meter was exchanged on that day: one sentence, and the sum of both."""
    text = data("11_fluvius_meter_exchange.csv").decode("utf-8-sig")
    volumes = [line.split(";") for line in text.splitlines()[1:]]
    past = read("11_fluvius_meter_exchange.csv")
    expected = sum(Decimal(cells[8].replace(",", ".")) for cells in volumes if cells[8])
    assert sum(kwh for _, _, kwh in past.uses) == expected
    assert [note for note in past.notes if "two meters" in note]


def test_gas_is_spread_over_its_hours_in_m3() -> None:
    past = read("12_fluvius_gas.csv")
    assert {register for _, register, _ in past.uses} == {Register.GAS}
    assert len(past.uses) == 96
    both = joined([read(WHOLE), past])
    assert len(both.known) == 96
    assert sum(m3 for _, name, m3 in both.uses if name is Register.GAS) == Decimal("5.04")


def test_month_peaks_alone_are_named_as_what_they_are() -> None:
    with pytest.raises(FileError, match="export of month peaks: download the quarter-hour totals"):
        read("13_fluvius_piekvermogen.csv")


def test_files_joined_and_files_named_are_one_period() -> None:
    """Overlapping rows are reported, and counted once."""
    past = read("17_two_files_joined.csv")
    assert {local_day(quarter).day for quarter in past.known} >= {4}
    twice = joined([read(WHOLE), read("18_cp1252.csv")])
    assert uses(twice) == uses(read(WHOLE))
    assert "96 quarters occur more than once, alike: counted once" in twice.notes
    other = quarters_in(data(WHOLE).replace(b";0,101;", b";0,102;", 1), "other")
    with pytest.raises(ValueError, match=r"two files report 04-03-2026 00:15 of the offtake_night"):
        joined([read(WHOLE), other])


def test_two_eans_are_used_when_both_are_named() -> None:
    with pytest.raises(FileError, match=f"--ean {EANS[0]} {EANS[1]}"):
        read("33_fluvius_two_eans.csv")
    assert uses(read("33_fluvius_two_eans.csv", *EANS)) == uses(read(WHOLE))
    one = read("33_fluvius_two_eans.csv", EANS[0])
    assert {register.value.split("_")[0] for _, register, _ in one.uses} == {"offtake"}


def test_several_files_are_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """Electricity and gas are given as separate files; the answer starts with the day."""
    names = [WHOLE, "12_fluvius_gas.csv"]
    folder: Path = shared("field/meter")
    code = whatif.main([*(str(folder / name) for name in names), "--contract", "fixed"])
    told = capsys.readouterr()
    assert code == 0, told.err
    assert "4 Mar 2026" in told.out
    assert "more than once" not in told.out
