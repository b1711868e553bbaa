"""The replay follows a house described by options: panels, battery, cars, trips, heat pump."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from backtest import house
from backtest.fleet import Fleet, name_of
from backtest.jobs import BOUND, NONE, Home, Job, done
from backtest.tariffs import day_night
from backtest.world import Series
from base.time import QUARTER

START = datetime(2025, 11, 2, 23, tzinfo=UTC)
"""The start of a Monday in Belgium."""
DAYS = 21


def home() -> Home:
    """Three weeks with a constant load of 0.5 kW."""
    count = 96 * DAYS
    none = np.zeros(count)
    series = Series(
        name="made",
        provenance="made",
        start=START,
        steps=1,
        load_kw=none + 0.5,
        solar_kw=none,
        solar_told_kw=none,
        spot=none,
    )
    return Home(series=series, tariff=day_night(series))


def typed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    house.add_options(parser)
    return parser.parse_args(words)


def described(*words: str) -> Home:
    return house.described(home(), typed(*words))


def csv(folder: Path, name: str, values: Sequence[float]) -> str:
    """A file with a value for each quarter."""
    rows = (f"{START + n * QUARTER:%Y-%m-%dT%H:%MZ},{value}" for n, value in enumerate(values))
    path = folder / f"{name}.csv"
    path.write_text(f"start_utc,{name}\n" + "\n".join(rows))
    return str(path)


def test_what_is_not_typed_is_as_before() -> None:
    """Without options the house has one invented car and the default battery."""
    it = described()
    assert (it.battery, it.least_kw, it.told) == (home().battery, 1.4, ())
    assert house.counts(typed()) == [1]
    assert [car.capacity_kwh for car in Fleet(3, 1.4, it.models).cars(START, 960)] == [
        60.0, 77.0, 60.0
    ]  # fmt: skip


def test_any_number_of_cars_has_names() -> None:
    assert house.counts(typed("--cars", "0", "12")) == [0, 12]
    assert len({name_of(number) for number in range(50)}) == 50


def test_each_plane_of_panels_adds_its_sun(tmp_path: Path) -> None:
    """Each plane adds its kWp times the sunlight in its file; the load is unchanged."""
    south = csv(tmp_path, "kw_per_kwp", [0.4] * 96 * DAYS)
    it = described("--pv", "5", south, "--pv", "2.5", south)
    assert it.series.solar_kw == pytest.approx(3.0)
    assert it.series.solar_told_kw == pytest.approx(3.0)
    assert it.series.load_kw == pytest.approx(0.5)
    assert it.told == ("5 kWp more under kw_per_kwp.csv", "2.5 kWp more under kw_per_kwp.csv")


def test_a_heat_pump_takes_by_the_cold(tmp_path: Path) -> None:
    """The heat pump draws full power at -10 C and none from 15.5 C on."""
    degrees = np.linspace(-15.0, 20.0, 96 * DAYS)
    it = described("--heat-pump", "2.6", csv(tmp_path, "temperature_c", list(degrees)))
    more = it.series.load_kw - 0.5
    assert more[degrees <= -10] == pytest.approx(2.6)
    assert more[degrees >= 15.5] == pytest.approx(0.0)
    assert np.all(np.diff(more) <= 0)
    assert list(it.series.air.values()) == sorted(it.series.air.values())


def test_the_battery_has_its_losses_and_the_peak_its_price() -> None:
    it = described("--efficiency", "0.9", "--standby", "20", "--capacity", "60")
    assert it.battery.efficiency == 0.9
    assert it.series.load_kw == pytest.approx(0.52)
    assert it.tariff.eur_kw == pytest.approx(5.0)
    assert described("--standby", "20", "--battery", "0", "0").series.load_kw == pytest.approx(0.5)


def test_a_car_has_its_size_and_powers() -> None:
    """There are as many cars as are described, unless more are requested."""
    words = ("--car", "40", "3.7", "1.4", "--car", "52", "22", "6.9")
    one, two = Fleet(2, 1.4, described(*words).models).cars(START, 96 * DAYS)
    assert house.counts(typed(*words)) == [2]
    assert (one.capacity_kwh, one.most_kw, one.least_kw) == (40.0, 3.7, 1.4)
    assert (two.capacity_kwh, two.most_kw, two.least_kw) == (52.0, 22.0, 6.9)
    assert max(trip.need_kwh for trip in one.trips) <= 40.0
    assert described(*words).pulses
    assert not described().pulses


def test_a_habit_is_each_weeks_trips() -> None:
    """A habit replaces the invented trips, also in the weeks before."""
    it = described("--habit", "one", "mon-thu", "7:30-17:30", "12")
    (car,) = Fleet(1, 1.4, it.models).cars(START, 96 * DAYS)
    assert [trip.leave for trip in car.trips[:5]] == [30, 126, 222, 318, 702]
    assert {(trip.back - trip.leave, trip.use_kwh, trip.need_kwh) for trip in car.trips} == {
        (40, 12.0, 22.0)
    }
    assert len(car.past) == 4 * 8
    night = described("--habit", "one", "sat,sun", "22:00-6:00", "5")
    (late,) = Fleet(1, 1.4, night.models).cars(START, 96 * DAYS)
    assert {trip.back - trip.leave for trip in late.trips} == {32}


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:made
BEGIN:VEVENT
UID:1
DTSTART:20251104T063000Z
DTEND:20251104T163000Z
SUMMARY:Antwerp @two@ 90%
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_names_the_trips_of_a_car(tmp_path: Path) -> None:
    """The other car keeps its invented trips."""
    path = tmp_path / "family.ics"
    path.write_text(ICS)
    it = described("--cars", "2", "--trips", str(path))
    one, two = Fleet(2, 1.4, it.models).cars(START, 96 * DAYS)
    (trip,) = two.trips
    assert (trip.leave, trip.back) == (96 + 30, 96 + 70)
    assert trip.need_kwh == pytest.approx(0.9 * 77)
    assert len(one.trips) > 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--efficiency", "0.2"), "--efficiency is a share from 0.5 to 1"),
        (("--car", "40", "3.7", "0"), "--car 40 3.7 0: the capacity must be"),
        (("--car", "40", "3.7", "7"), "--car 40 3.7 7: the capacity must be"),
        (("--habit", "one", "someday", "7:30-17:30", "12"), "'someday' is not days such as"),
        (("--habit", "one", "mon", "early", "12"), "'early' is not hours such as"),
        (("--habit", "one", "mon", "7:30-17:30", "nan"), "nan is not a number from 0 to 200"),
        (("--habit", "nine", "mon", "7:30-17:30", "12"), "there is no car nine"),
        (("--pv", "-1", "x.csv"), "--pv: -1 is not a number from 0 to 100"),
    ],
)
def test_impossible_values_are_explained(words: Sequence[str], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        described(*words)


def test_empty_files_are_explained(tmp_path: Path) -> None:
    """A calendar, sunlight or temperatures of another year give an error that names the file."""
    path = tmp_path / "old.ics"
    path.write_text(ICS.replace("2025", "2019"))
    with pytest.raises(ValueError, match=r"old\.ics has no trip of one"):
        described("--trips", str(path))
    cold = tmp_path / "cold.csv"
    cold.write_text("start_utc,temperature_c\n2019-01-01T00:00:00Z,3.0\n")
    sun = tmp_path / "sun.csv"
    sun.write_text("start_utc,kw_per_kwp\n2019-06-01T10:00:00Z,0.5\n")
    with pytest.raises(ValueError, match=r"sun\.csv has no sunlight of these days"):
        described("--pv", "5", str(sun))
    with pytest.raises(ValueError, match=r"cold\.csv has no temperature of these days"):
        described("--heat-pump", "2", str(cold))


def test_a_described_house_is_another_result_and_is_replayed() -> None:
    """The clairvoyant strategy pays less than the one without control, and no trip is missed."""
    pytest.importorskip("highspy")
    it = described("--car", "40", "3.7", "1.4", "--habit", "one", "mon-fri", "7:30-17:30", "12")
    assert it.digest != home().digest
    job = Job(home=it, cars=1, month=None, strategy=NONE, days=7)
    none, best = done(job), done(job.under(BOUND))
    assert none.missed_kwh == best.missed_kwh == 0
    assert best.cost_eur < none.cost_eur
