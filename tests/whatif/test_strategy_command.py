"""The command whatif.py --strategy: missing input gives a sentence and exit code 2; an export is
replayed, and a second run prints the stored result.
"""

from datetime import date, datetime
from math import pi, sin
from pathlib import Path

import pytest

from backtest import data, jobs
from tests.whatif.factories import plain_csv, quarters
from tests.whatif.test_whatif_command import run, run_apart

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--home", "be2022"), "there is no data in /nowhere: set DM_SHARED"),
        (("SHORT", "--contract", "fixed"), "short.csv has 3 whole days; a replay needs"),
        (("SHORT", "--contract", "nope"), "there is no contract 'nope'"),
        (("SHORT", "--battery", "-5", "2"), "--battery: -5 is not a number from 0 to 1000"),
        (("SHORT", "--battery", "5", "nan"), "--battery: nan is not a number from 0 to 1000"),
        (("SHORT", "--least", "-1"), "--least: -1 is not a number from 0 to 11"),
        (("SHORT", "--least", "nan"), "--least: nan is not a number from 0 to 11"),
        (("SHORT", "--charger", "5", "nan"), "--charger: nan is not a number from 0 to 60"),
        (("SHORT", "--from", "2025-13-01"), "--from: 2025-13-01 is not a day such as 2022-01-20"),
        (("SHORT", "--kwp", "nan"), "--kwp: nan is not a number from 0 to 1000"),
        (("SHORT", "--every", "0"), "--every: 0 is not a whole number from 1 to 96"),
        (("SHORT", "--cores", "0"), "--cores: 0 is not a whole number from 1 to 1024"),
        (("SHORT", "--from", "foo"), "--from: foo is not a day such as 2022-01-20"),
        (("--homes", "/nowhere"), "/nowhere is not a folder"),
        (("SHORT", "--cars", "51"), "--cars: 51 is not a whole number from 0 to 50"),
        (("SHORT", "--cars", "-1"), "--cars: -1 is not a whole number from 0 to 50"),
        (("nowhere.csv", "--contract", "fixed"), "nowhere.csv: No such file"),
    ],
)
def test_a_missing_part_exits_with_code_2(
    tmp_path: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is printed on stdout, and no traceback."""
    monkeypatch.setattr(data, "SHARED", Path("/nowhere"))
    short = tmp_path / "short.csv"
    short.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 4)))
    typed = (str(short) if word == "SHORT" else word for word in words)
    done = run(*typed, "--strategy")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_ones_own_past_is_lived_again_and_kept(tmp_path: Path) -> None:
    """Every strategy has its version and its line; the clairvoyant is at 100 %."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    words += ["--charger", "5.2", "1", "--strategy", "none", "seed"]
    first, again = run_apart(*words), run_apart(*words)
    assert first.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    assert len(kept.read_text().splitlines()) == 3
    rows = first.stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert "kW, 5.2 s after a command, in steps of 1 A." in " ".join(first.stdout.split())
    assert any("clairvoyant" in row and row.endswith("100.0") for row in rows)
    assert any(row.startswith("held out: 1") for row in rows)
    assert any(row.startswith("seed ") for row in rows)
    costs = [float(row.split()[-8]) for row in rows if " 2025-06 " in row or row[:21] == " " * 21]
    assert costs[-1] == min(costs)


def test_nothing_to_steer_saves_nothing_and_says_so(tmp_path: Path) -> None:
    """Without a car and a battery the share is undefined, shown as a dash."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    done = run_apart(*words, "--cars", "0", "--battery", "0", "0", "--strategy", "none")
    assert done.returncode == 0, done.stderr
    assert "nan" not in done.stdout
    assert [row[-1] for row in done.stdout.splitlines() if "clairvoyant  " in row] == ["-", "-"]


def test_the_page_describes_three_phase_chargers_and_each_car(tmp_path: Path) -> None:
    """The page gives the minimum power at which the cars charge; each has its line."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    words += ["--cars", "3", "--least", "4.14", "--car", "40", "3.7", "1.4"]
    words += ["--habit", "two", "mon-fri", "8:30-16:00", "8", "--capacity", "60"]
    done = run_apart(*words, "--efficiency", "0.9", "--standby", "15", "--strategy", "none")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Cars charge from 4.14 kW to 11 kW" in said
    assert "Car one has 40 kWh, 1.4 to 3.7 kW." in said
    assert "Car two has 52 trips of its own." in said
    assert "the month peak 60.00 EUR/kW/year" in said
    assert "Battery efficiency 0.9 one way." in said
    assert any(row.startswith("own ") and " 3 2025-06" in row for row in done.stdout.splitlines())


def test_every_file_of_the_plan_is_in_its_version() -> None:
    """A stored result belongs to the current code."""
    found = {path for name in jobs.PARTS[jobs.OURS] for path in jobs.ROOT.glob(name)}
    assert set((jobs.ROOT / "plan").rglob("*.py")) <= found


def test_a_result_keeps_its_key_while_files_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An upgrade during a run of hours does not lose its result."""
    before = jobs.versions()
    monkeypatch.setattr(jobs, "ROOT", tmp_path)
    assert jobs.versions() == before


SUN = "start_utc,kw_per_kwp,told_kw_per_kwp\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,kw\n", "has no columns start_utc and kw_per_kwp"),
        (SUN + "2025-06-01T10:00Z,bright,\n", "line 2: not a time (UTC) and kW of 1 kWp"),
        (None, "No such file"),
    ],
)
def test_unreadable_sunlight_is_reported(tmp_path: Path, text: str | None, said: str) -> None:
    past, sun = tmp_path / "own.csv", tmp_path / "sun.csv"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    if text is not None:
        sun.write_text(text)
    done = run(str(past), "--contract", "fixed", "--strategy", "none", "--sun", str(sun))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def bright(quarter: datetime) -> float:
    """The power of 1 kWp at noon, with the clouds of its day, kW."""
    hour = quarter.hour + quarter.minute / 60
    clouds = 0.05 + 0.7 * ((quarter.toordinal() * 7919) % 13) / 13
    return clouds * max(0.0, sin((hour - 5) / 14 * pi))


def sunny(quarter: datetime) -> tuple[str, str]:
    """A house of 0.4 kW under 4 kWp."""
    kwh = (0.4 - 4.0 * bright(quarter)) / 4
    return f"{max(0.0, kwh):.4f}", f"{max(0.0, -kwh):.4f}"


def test_panels_that_show_in_an_export_are_taken_out_of_its_load(tmp_path: Path) -> None:
    """The page shows their estimated size."""
    pytest.importorskip("highspy")
    first, last = date(2025, 6, 1), date(2025, 6, 29)
    past, sun = tmp_path / "own.csv", tmp_path / "sun.csv"
    past.write_text(plain_csv(first, last, sunny))
    rows = (f"{at:%Y-%m-%dT%H:%MZ},{bright(at):.4f}," for at in quarters(first, last))
    sun.write_text(SUN + "\n".join(rows))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(tmp_path / "kept")]
    done = run_apart(*words, "--sun", str(sun), "--strategy", "none")
    assert done.returncode == 0, done.stderr
    assert "panels of 4.0 kWp (fitted, give or take 0.0)" in " ".join(done.stdout.split())


def test_of_a_month_its_first_days_only(tmp_path: Path) -> None:
    """The result for these days is separate from that of the month; the page lists the days."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    drawn = tmp_path / "drawn"
    traced = ("--trace", str(drawn))
    done = run_apart(*words, "--days", "2", "--every", "8", *traced, "--strategy", "ours")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in drawn.iterdir()) == [
        f"own_an_inv_1_2025-06_2025-06-{day}.svg" for day in ("01", "02")
    ]
    text = " ".join(done.stdout.split())
    assert "of which the first 2 days. Ours plans each 120 minutes." in text
    assert " ours 2 days every 8 " in kept.read_text()
    over = run_apart(*words, "--days", "4", "--from", "2025-06-10", "--strategy", "none")
    assert over.returncode == 0, over.stderr
    assert "the days since 2025-06-10, of which the first 4 days" in " ".join(over.stdout.split())
    assert "own an inv 1 06-10+" in over.stdout
    outside = run(*words, "--from", "2025-07-10", "--strategy", "none")
    assert outside.returncode == 2
    assert "own is known from 2025-06-01 to 2025-06-16" in outside.stderr
    wrong = run(*words, "--days", "0", "--strategy", "none")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--days: 0 is not a whole number from 1 to 10000" in wrong.stderr
