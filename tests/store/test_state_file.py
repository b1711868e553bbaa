"""data.pickle: plain values, complete or set aside; and its restoration from the quarters."""

import os
import pickle
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.time import QUARTER
from peak.forecast import Learned
from rates.amounts import Booking, Register
from rates.ledger import Key, Ledger, Stand, advance
from rates.usage import Days, add
from store.quarters import Quarters
from store.restore import restore
from store.state import Outcome, State, load, save
from tests.rates.factories import NOON, RATES, gas, reading

DAY = Register.OFFTAKE_DAY
KEEP = timedelta(days=400)


def some_days() -> Days:
    kwh = Decimal("1.234")
    days = [NOON - n * timedelta(days=1) for n in range(5)]
    return add(
        {},
        [
            Booking(quarter=at, register=each, amount=kwh, eur=RATES.cost(each, kwh, at))
            for at in days
            for each in Register
        ],
    )


STATE = State(some_days(), {("1SAG", DAY): Stand(1_000_123, NOON)})


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    """Days, peaks, money and baselines are equal in every digit."""
    save(tmp_path / "data.pickle", STATE)
    assert load(tmp_path / "data.pickle") == (Outcome.OK, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["data.pickle"]


def test_no_file_is_a_fresh_start(tmp_path: Path) -> None:
    """A missing file is not an error."""
    assert load(tmp_path / "data.pickle") == (Outcome.ABSENT, None)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("pwned",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps(Evil()),
        pickle.dumps({"version": 1, "baselines": [], "days": {"2026-01-15": Evil()}}),
        pickle.dumps(date(2026, 1, 15)),
        pickle.dumps({"version": 2}),
        pickle.dumps({"version": 1, "baselines": [["1SAG", "sunshine", 1, 1]], "days": {}}),
        pickle.dumps([1, 2, 3]),
        pickle.dumps(None),
    ],
)
def test_a_corrupt_or_hostile_file_is_set_aside_and_logged_once(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing in it is executed; it is kept beside for inspection."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data.pickle"
    path.write_bytes(content)
    assert load(path) == (Outcome.CORRUPT, None)
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("data.pickle.bad-")
    assert aside.read_bytes() == content
    assert len(caplog.records) == 1
    assert load(path) == (Outcome.ABSENT, None)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any changed or missing bytes give one of the defined outcomes."""
    path = tmp_path_factory.mktemp("state") / "data.pickle"
    save(path, State({}, STATE.baselines))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    outcome, state = load(path)
    assert (state is None) == (outcome is Outcome.CORRUPT)


class House:
    """A ledger with its quarters on disk."""

    def __init__(self, folder: Path) -> None:
        self.pickle = folder / "data.pickle"
        self.quarters = Quarters(folder / "quarters.db")
        self.ledger, self.days = Ledger(), dict[date, Any]()

    def live(self, start: datetime, end: datetime, meter: str = "1SAG") -> None:
        at = start
        while at <= end:
            wh = int((at - NOON).total_seconds()) + 10_000_000
            taken = at - timedelta(minutes=7)
            told = reading(
                at, f"{wh / 1000:.3f}", meter_id=meter, submeters=[gas(taken, f"{wh / 9000:.3f}")]
            )
            self.ledger, bookings = advance(self.ledger, told, at, RATES)
            self.days = dict(add(self.days, bookings))
            self.quarters.commit(bookings, self.ledger.baselines)
            at += QUARTER / 3

    def save(self) -> None:
        save(self.pickle, State(self.days, self.ledger.baselines))


def test_a_start_knows_what_the_stop_knew(tmp_path: Path) -> None:
    """This holds after a clean stop, a kill a day later, a corrupt pickle, and a missing one."""
    house = House(tmp_path)
    house.live(NOON, NOON + timedelta(days=3))
    house.save()
    for days, meter in ((3, "1SAG"), (4, "1SAG"), (5, "1SAG-NEW")):
        house.live(NOON + timedelta(days=days), NOON + timedelta(days=days + 1), meter)
        restored = restore(house.pickle, house.quarters, KEEP)
        assert restored.days == house.days
        assert restored.baselines == house.ledger.baselines
        assert restored.outcome is Outcome.OK
    house.pickle.write_bytes(b"garbage")
    again = restore(house.pickle, house.quarters, KEEP)
    assert (again.days, again.outcome) == (house.days, Outcome.CORRUPT)
    assert restore(house.pickle, house.quarters, KEEP).outcome is Outcome.ABSENT
    house.quarters.close()


def test_a_pickle_ahead_of_the_quarters_does_not_double(tmp_path: Path) -> None:
    """A power cut lost the last commits: the usage table shows the contents of the quarters."""
    house = House(tmp_path)
    house.live(NOON, NOON + timedelta(days=2))
    kept = house.days
    ahead: dict[Key, Stand] = {
        key: Stand(stand.milli + 500, stand.at + QUARTER)
        for key, stand in house.ledger.baselines.items()
    }
    later = Booking(quarter=NOON + timedelta(days=2), register=DAY, amount=Decimal("0.5"), eur={})
    save(house.pickle, State(add(kept, [later]), ahead))
    assert restore(house.pickle, house.quarters, KEEP).days == kept
    house.quarters.close()


def test_lost_quarters_leave_the_days_of_the_pickle(tmp_path: Path) -> None:
    """With an empty quarters.db and a good data.pickle, the table is complete and counting
    continues.
    """
    save(tmp_path / "data.pickle", STATE)
    quarters = Quarters(tmp_path / "quarters.db")
    restored = restore(tmp_path / "data.pickle", quarters, KEEP)
    quarters.close()
    assert (restored.days, restored.baselines) == (STATE.days, STATE.baselines)


def test_what_the_forecast_learned_survives(tmp_path: Path) -> None:
    """It is kept across a restart; damage of it counts as a damaged file."""
    learned = Learned(scores_kw=(0.1, 0.2, 0.3), ratios=(0.5,) * 15)
    path = tmp_path / "data.pickle"
    save(path, State({}, {}, learned))
    assert load(path) == (Outcome.OK, State({}, {}, learned))
