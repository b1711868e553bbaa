"""whatif.py --strategy as it is typed: what is missing is a sentence and exit code 2; an export is
lived again, and asked a second time it only prints."""

from datetime import date
from pathlib import Path

import pytest

from backtest import jobs
from tests.whatif.factories import plain_csv
from tests.whatif.test_whatif_command import run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--home", "be2022"), "there is no data in /nowhere: set DM_SHARED"),
        (("SHORT", "--contract", "fixed"), "short.csv holds 3 whole days; to live them again"),
        (("SHORT", "--contract", "nope"), "there is no contract 'nope'"),
        (("SHORT", "--battery", "-5", "2"), "--battery: -5 is not a number from 0 to 1000"),
        (("SHORT", "--battery", "5", "nan"), "--battery: nan is not a number from 0 to 1000"),
        (("SHORT", "--least", "-1"), "--least: -1 is not a number from 0 to 11"),
        (("SHORT", "--least", "nan"), "--least: nan is not a number from 0 to 11"),
        (("SHORT", "--cars", "9"), "--cars: invalid choice: 9"),
        (("nowhere.csv", "--contract", "fixed"), "nowhere.csv: No such file"),
    ],
)
def test_what_is_missing_is_said_with_exit_code_2(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Nothing on stdout, no traceback."""
    short = tmp_path / "short.csv"
    short.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 4)))
    typed = (str(short) if word == "SHORT" else word for word in words)
    done = run(*typed, "--strategy", DM_SHARED="/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_ones_own_past_is_lived_again_and_kept(tmp_path: Path) -> None:
    """Every strategy has its version and its line; the clairvoyant is at 100 %."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    words += ["--strategy", "none", "seed"]
    first, again = run(*words), run(*words)
    assert first.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    assert len(kept.read_text().splitlines()) == 3
    rows = first.stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert any("clairvoyant" in row and row.endswith("100.0") for row in rows)
    assert any(row.startswith("least") and "seed" in row for row in rows)


def test_nothing_to_steer_saves_nothing_and_says_so(tmp_path: Path) -> None:
    """Without a car and a battery there is no share of anything: a dash."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    done = run(*words, "--cars", "0", "--battery", "0", "0", "--strategy", "none")
    assert done.returncode == 0, done.stderr
    assert "nan" not in done.stdout
    assert [row[-1] for row in done.stdout.splitlines() if "clairvoyant  " in row] == ["-", "-"]


def test_chargers_fixed_on_three_phases_and_a_third_car_are_told(tmp_path: Path) -> None:
    """The page says from which power the cars charge; each has its line."""
    pytest.importorskip("highspy")
    past, kept = tmp_path / "own.csv", tmp_path / "kept.jsonl"
    past.write_text(plain_csv(date(2025, 6, 1), date(2025, 6, 17)))
    words = [str(past), "--contract", "fixed", "--cores", "1", "--kept", str(kept)]
    done = run(*words, "--cars", "3", "--least", "4.14", "--strategy", "none")
    assert done.returncode == 0, done.stderr
    assert "Cars charge from 4.14 kW to 11 kW" in " ".join(done.stdout.split())
    assert any(row.startswith("own ") and " 3 2025-06" in row for row in done.stdout.splitlines())


def test_every_file_of_the_plan_is_in_its_version() -> None:
    """A result that is kept is of the code as it stands."""
    found = {path for name in jobs.PARTS[jobs.OURS] for path in jobs.ROOT.glob(name)}
    assert set((jobs.ROOT / "plan").rglob("*.py")) <= found


def test_a_result_keeps_its_key_while_files_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An upgrade under a run of hours does not lose what it found."""
    before = jobs.versions()
    monkeypatch.setattr(jobs, "ROOT", tmp_path)
    assert jobs.versions() == before
