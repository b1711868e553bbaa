"""The command line: exit codes, width, colours, and read-only access."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

import whatif
from rates.amounts import Booking, Register
from rates.calendar import day_start
from store.quarters import Quarters
from tests.whatif.factories import ROOT, export, plain_csv, prices_csv, shared

SUMMER = (date(2025, 6, 1), date(2025, 9, 1))
AS_OF = ("--as-of", "2026-09-01")


Done = subprocess.CompletedProcess[str]


def run(*words: str, **env: str) -> Done:
    """The output of the command without a terminal, in this process."""
    out, errors = (TextIOWrapper(BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        patch.dict(os.environ, {"COLUMNS": "80", **env}),
        redirect_stdout(out),
        redirect_stderr(errors),
    ):
        try:
            code = whatif.main(words)
        except SystemExit as end:  # argparse's
            code = int(end.code or 0)
    told = []
    for each in (out, errors):
        each.seek(0)
        told.append(each.read())
    return Done(words, code, *told)


def run_apart(*words: str) -> Done:
    """The same in a separate process."""
    return subprocess.run(
        [sys.executable, "whatif.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"},
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.csv").write_text(plain_csv(*SUMMER))
    (folder / "prices.csv").write_text(prices_csv(*SUMMER))
    return folder / "own.csv"


def test_it_prints_the_bills_side_by_side_in_80_columns(own: Path) -> None:
    """Contracts, lines, total, difference and months fit in 80 columns; stderr is empty."""
    typed = (str(own), *AS_OF, "--prices", str(own.with_name("prices.csv")))
    done = run_apart(*typed)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run(*typed).stdout
    lines = done.stdout.splitlines()
    assert lines[0].startswith("What the use of 1 Jun to 31 Aug 2025 costs")
    assert max(map(len, lines)) <= 80
    for words in ("capacity", "excise", "total", "difference with A", "Jul 2025", "lowest"):
        assert any(words in line for line in lines), words
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("columns", ["40", "80", "100", "140", "200", "400"])
def test_it_uses_the_room_there_is(own: Path, columns: str) -> None:
    """From 80 columns the output fits the terminal; a wider one shows more contracts side by
    side.
    """
    done = run(str(own), *AS_OF, "--contract", "all", "--fallback", "80", COLUMNS=columns)
    rows = done.stdout.splitlines()
    assert max(map(len, rows)) <= max(80, int(columns))
    blocks = sum(row.startswith("by month") or "  by month" in row for row in rows)
    assert blocks == {"40": 3, "80": 3, "100": 2, "140": 2, "200": 1, "400": 1}[columns]


def test_an_export_with_a_hole_tells_count_and_span(tmp_path: Path) -> None:
    """The missing day is shown beside the result; the bill has the known quarters."""
    days = [date(2025, 6, day) for day in (1, 2, 4)]
    path = tmp_path / "export.csv"
    path.write_bytes(export(days).encode("utf-8-sig"))
    done = run(str(path), *AS_OF, "--contract", "fixed", "day_night")
    assert done.returncode == 0
    assert "96 quarters are missing and not billed: 3 Jun 2025 00:00 to 4 Jun" in done.stdout


def test_json_is_the_whole_answer(own: Path) -> None:
    """It is one object on stdout, without other output."""
    told = json.loads(run(str(own), *AS_OF, "--contract", "fixed", "--json").stdout)
    assert told["as_of"] == "2026-09-01"
    assert told["contracts"][0]["lines"][0]["name"] == "energy"


def test_svg_is_drawn_beside_the_page(own: Path, tmp_path: Path) -> None:
    """The drawing is well-formed and has every contract's name and total."""
    path = tmp_path / "bills.svg"
    done = run(str(own), *AS_OF, "--contract", "fixed", "day_night", "--svg", str(path))
    words = [
        each.text or "" for each in ElementTree.parse(path).iter() if each.tag.endswith("text")
    ]
    assert "an invented fixed price" in words
    totals = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("total ")]
    assert totals[0] in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.csv",), "nowhere.csv: No such file"),
        (
            ("OWN", "--contract", "nope"),
            "there is no contract 'nope': choose a file, all, SUPPLIER/PRODUCT, or bands",
        ),
        (("OWN", "--as-of", "tomorrow"), "'tomorrow' is not a day such as 2026-08-01"),
        (("OWN", "--fallback", "9000"), "9000 is not a number from -500 to 4000 EUR/MWh"),
        (("OWN", "--prices", "OWN"), "own.csv, line 1: prices need the columns"),
        (("OWN", "--contract", "CENTS"), "is it in cent/kWh?"),
        (("HTML",), "page.csv, line 1: is a web page, not a table"),
        (("OWN", *AS_OF, "--contract", "fixed", "--svg", "/nowhere/a.svg"), "/nowhere/a.svg: No"),
    ],
)
def test_what_is_wrong_is_named_with_exit_code_2(
    own: Path, words: tuple[str, ...], said: str
) -> None:
    """A sentence is printed on stderr, nothing on stdout, and no traceback."""
    cents, html = own.with_name("cents.json"), own.with_name("page.csv")
    example = (ROOT / "rates" / "examples" / "fixed.json").read_text(encoding="utf-8")
    cents.write_text(example.replace("13.50 cent/kWh", "13.50 EUR/kWh"), encoding="utf-8")
    html.write_text("<!DOCTYPE html><title>Fluvius</title>", encoding="utf-8")
    files = {"OWN": str(own), "CENTS": str(cents), "HTML": str(html)}
    done = run(*(files.get(word, word) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_helps() -> None:
    """It has examples, and the contracts by name."""
    said = run("--help").stdout
    for words in ("--contract mine.json", "luminus_dynamic", "mijn.fluvius.be", "--as-of DAY"):
        assert words in said


def on_a_terminal(*words: str, **env: str) -> str:
    """Everything printed on a terminal, stdout and stderr together."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "whatif.py", *words],
        cwd=ROOT,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **env},
    ):
        os.close(theirs)
        seen = b"".join(_chunks(ours))
        os.close(ours)
    return seen.decode()


def _chunks(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return


def test_a_terminal_sees_progress_and_colour(own: Path) -> None:
    """The current step is shown while it lasts; NO_COLOR keeps the text."""
    words = (str(own), *AS_OF, "--contract", "fixed", "day_night")
    seen = on_a_terminal(*words)
    assert "reading own.csv" in seen
    assert "pricing 2 of 2: an invented day and night price" in seen
    assert "\x1b[32m" in seen
    plain = on_a_terminal(*words, NO_COLOR="1")
    assert "\x1b[32m" not in plain
    assert "lowest" in plain


def test_the_house_database_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    """Quarters booked by dm are billed while it has the file open; no byte changes."""
    path = tmp_path / "history" / "quarters.db"
    start = day_start(date(2025, 6, 4))
    amounts = {
        Register.OFFTAKE_DAY: "0.1", Register.OFFTAKE_NIGHT: "0",
        Register.INJECTION_DAY: "0.02", Register.INJECTION_NIGHT: "0", Register.GAS: "0.01",
    }  # fmt: skip
    bookings = [
        Booking(
            quarter=start + count * timedelta(minutes=15),
            register=register,
            amount=Decimal(amount),
            eur={},
            spread=count < 4,
        )
        for count in range(192)
        for register, amount in amounts.items()
    ]
    with closing(Quarters(path)) as quarters:
        quarters.commit(bookings, {}, {start: Decimal("3.5")})
        before = {
            file: file.read_bytes() for file in path.parent.iterdir() if "shm" not in file.name
        }
        done = run(str(path), *AS_OF, "--contract", "fixed")
        after = {
            file: file.read_bytes() for file in path.parent.iterdir() if "shm" not in file.name
        }
    assert done.returncode == 0, done.stderr
    assert before == after
    assert "offtake 19.20 kWh (19.20 by day), injection 3.84 kWh" in done.stdout
    assert "4 quarters without telegrams" in " ".join(done.stdout.split())
    capacity = next(line for line in done.stdout.splitlines() if line.startswith("capacity"))
    assert "0.02 kW year" in capacity  # 3.50 kW, as the meter said, for 2 of 30 days


def test_a_database_without_quarters_is_named(tmp_path: Path) -> None:
    """An empty, newer or missing database gives a sentence."""
    path = tmp_path / "quarters.db"
    Quarters(path).close()
    assert "has no quarters yet" in run(str(path)).stderr
    path.write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    done = run_apart(str(path))
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


@pytest.mark.parametrize(
    "parts",
    [
        ("household", "be_fluvius_export_home_with_pv_15min_2023-10_2023-12.csv"),
        ("fluvius_format", "sample_nl_2021_layout.csv"),
        ("fluvius_format", "sample_en_2025_layout.csv"),
    ],
)
def test_real_exports_run_without_a_word_more(parts: tuple[str, str]) -> None:
    """With only a real file as argument, lines add up to totals, and months to the year."""
    done = run(str(shared("data", *parts)), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout, parse_float=Decimal)
    assert len(told["contracts"]) >= 3
    for contract in told["contracts"]:
        assert sum(line["eur_incl_vat"] for line in contract["lines"]) == contract["total_eur"]
        assert sum(contract["months_eur"].values()) == contract["total_eur"]
