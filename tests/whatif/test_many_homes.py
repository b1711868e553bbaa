"""Many homes: one per file of a folder, as small jobs; finished ones are not repeated."""

import pickle
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from backtest import many
from backtest.cluster import NoClusterError, workers
from backtest.many import HomeYear, Result, Terms, files, lived, run
from backtest.many_table import drawing, table
from tests.whatif.factories import plain_csv
from tests.whatif.test_whatif_command import run as typed

TODAY = date(2026, 1, 1)
TERMS = Terms(contract="fixed", days=1, every=16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two homes, one that is too short, and an invalid file."""
    for name, day in (("north", 17), ("south", 18), ("short", 4)):
        (tmp_path / f"{name}.csv").write_text(plain_csv(date(2025, 6, 1), date(2025, 6, day)))
    (tmp_path / "notes.txt").write_text("no home")
    return tmp_path


def years(folder: Path, terms: Terms = TERMS) -> list[HomeYear]:
    return [HomeYear(path=str(path), terms=terms, today=TODAY) for path in files(folder)]


def result(name: str, ours_eur: float) -> Result:
    costs = {"none": 100.0, "evcc-like": 80.0, "seed": 70.0, "ours": ours_eur, "clairvoyant": 50.0}
    return Result(name=name, key="k", days=30.4375, costs=costs, peak_kw=2.5)


def test_a_job_is_its_file_and_its_terms(folder: Path) -> None:
    """Its size does not depend on the home."""
    assert [each.name for each in years(folder)] == ["north", "short", "south"]
    assert all(len(pickle.dumps(each)) < 1500 for each in years(folder))


def test_a_finished_home_is_not_done_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable home is tried again; with other terms all are."""
    pytest.importorskip("highspy")
    asked: list[str] = []

    def counted(year: HomeYear) -> Result:
        asked.append(year.name)
        return lived(year)

    monkeypatch.setattr(many, "lived", counted)
    heard: list[tuple[int, int]] = []

    def done(terms: Terms = TERMS) -> list[Result]:
        kept = folder / "results"
        with ThreadPoolExecutor(1) as pool:
            found = list(
                run(years(folder, terms), kept, pool, lambda n, of, _: heard.append((n, of)))
            )
        return sorted(found, key=lambda each: each.name)

    first = done()
    assert [each.name for each in first if each.trouble] == ["short"]
    assert "has 3 whole days" in first[1].trouble
    assert heard == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert all(each.costs["clairvoyant"] <= min(each.costs.values()) + 1e-6
               for each in first if each.costs)  # fmt: skip
    asked.clear()
    assert done() == first
    assert asked == ["short"]
    asked.clear()
    done(replace(TERMS, cars=0))
    assert len(asked) == 3


def test_the_table_has_the_worst_first_and_the_picture_all() -> None:
    """A home without a result has a sentence in the table."""
    results = [result("good", 51.0), result("bad", 75.0), Result(name="odd", key="", trouble="no")]
    lines = list(table(results))
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[:3]] == ["home", "bad", "good"]
    assert lines[1].split()[5:7] == ["50.0", "25.00"]
    assert any(line.split()[:4] == ["share,", "%", "74.00", "50.00"] for line in lines)
    assert any(line.startswith("kW above the bound") for line in lines)
    assert lines[-1] == "odd: no"
    picture = ElementTree.fromstring(drawing(results))
    assert len(picture.findall("{*}rect[@class='bar']")) == 2


def test_without_dask_or_a_scheduler_it_says_what_helps(folder: Path) -> None:
    done = typed(
        "--strategy", "--homes", str(folder), "--contract", "fixed", "--on", "tcp://[::1]:1"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "backtest/requirements.lock" in done.stderr or "no scheduler at" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_folder_is_reported(tmp_path: Path) -> None:
    done = typed("--strategy", "--homes", str(tmp_path), "--contract", "fixed")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no homes" in done.stderr


@pytest.fixture
def local() -> Iterator[Executor]:
    """Two workers of Dask on this machine."""
    pytest.importorskip("distributed")
    try:
        with workers(None, 2) as executor:
            yield executor
    except NoClusterError as error:
        pytest.skip(str(error))


@pytest.mark.filterwarnings("default")
def test_dask_gives_the_same_results(folder: Path, local: Executor) -> None:
    """They equal the results in one thread of this process."""
    pytest.importorskip("highspy")
    by_dask = run(years(folder), folder / "dask", local, lambda *_: None)
    with ThreadPoolExecutor(1) as pool:
        by_thread = list(run(years(folder), folder / "thread", pool, lambda *_: None))
    assert sorted(by_dask, key=lambda each: each.name) == by_thread
