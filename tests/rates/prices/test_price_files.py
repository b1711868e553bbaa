"""Real answers of the price services are read or refused correctly."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from base.http_client import AbsentError, NonsenseError, WebError
from base.time import local_day
from rates.calendar import quarters_of_day
from rates.prices import elia, energy_charts, entsoe
from rates.prices.series import DayPrices, PriceSeries
from tests.rates.prices.factories import at, shared

API = "facts/price_api"
NOW = at("13:00")
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def read(name: str) -> bytes:
    return (shared(API) / name).read_bytes()


def whole(found: PriceSeries, day: date) -> DayPrices:
    prices = found.day(day, NOW)
    assert prices is not None, day
    return prices


@pytest.mark.parametrize(
    ("name", "day", "count", "step", "lowest"),
    [
        ("2025-03-30_dst_23h", date(2025, 3, 30), 92, HOUR, "-38.27"),
        ("2025-05-11_negative", date(2025, 5, 11), 96, HOUR, "-462.33"),
        ("2025-09-29_hourly", date(2025, 9, 29), 96, HOUR, "59.16"),
        ("2025-10-01_first_15min", date(2025, 10, 1), 96, QUARTER, None),
        ("2025-10-26_dst_100", date(2025, 10, 26), 100, QUARTER, None),
        ("2026-01-15", date(2026, 1, 15), 96, QUARTER, None),
    ],
)
def test_energy_charts_days(
    name: str, day: date, count: int, step: timedelta, lowest: str | None
) -> None:
    """Every real day of Energy-Charts is complete, with its own step."""
    prices = whole(energy_charts.parse(read(f"energy_charts_BE_{name}.json")), day)
    assert (len(prices.eur_mwh), prices.step) == (count, step)
    assert lowest is None or min(prices.eur_mwh) == Decimal(lowest)


def test_the_lost_day_of_energy_charts() -> None:
    """2025-09-30 is all null at the source: the day is unknown, without an error."""
    found = energy_charts.parse(read("energy_charts_BE_2025-09-30_all_null.json"))
    assert found.day(date(2025, 9, 30), NOW) is None


def test_the_answer_without_a_unit() -> None:
    with pytest.raises(NonsenseError, match="No Unit"):
        energy_charts.parse(read("energy_charts_DE-LU_2024-12-08.json"))


def test_entsoe_hours() -> None:
    prices = whole(entsoe.parse(read("entsoe_A44_BE_60M.xml")), date(2024, 10, 8))
    assert prices.step == HOUR
    assert prices.eur_mwh[::4][:4] == tuple(map(Decimal, ("64.98", "57.86", "53.73", "47.52")))


def test_entsoe_quarters_left_out_then_hours() -> None:
    """Two A03 days of quarters with 23 and 24 points, then a day of hours: three whole days."""
    found = entsoe.parse(read("entsoe_A44_BE_60M_15M_mix.xml"))
    days = [whole(found, date(2024, 10, day)) for day in (6, 7, 8)]
    assert [day.step for day in days] == [QUARTER, QUARTER, HOUR]
    assert [len(day.eur_mwh) for day in days] == [96, 96, 96]


def test_entsoe_part_of_a_day() -> None:
    """One hour of quarters is read exactly, but is not a day."""
    found = entsoe.parse(read("entsoe_A44_BE_15M_exact4.xml"))
    assert [str(quote.eur_mwh) for quote in found.quotes.values()] == [
        "55.35", "44.22", "40.32", "31.86",
    ]  # fmt: skip
    assert found.day(date(2024, 10, 6), NOW) is None


def test_entsoe_with_positions_out_of_order() -> None:
    """A document that was edited by hand is refused."""
    with pytest.raises(NonsenseError, match="position 2 after 5"):
        entsoe.parse(read("entsoe_A44_BE_15M_avg.xml"))


def test_entsoe_two_auctions_are_not_blended() -> None:
    """Germany's hours are those of the common auction; the quarters were of another auction."""
    found = entsoe.parse(read("entsoe_A44_DE_60M_15M_overlap.xml"), zone="10Y1001A1001A82H")
    for day in (6, 7):
        prices = whole(found, date(2024, 10, day))
        assert prices.step == HOUR
    assert str(whole(found, date(2024, 10, 7)).eur_mwh[0]) == "34.58"


def test_another_zone_is_refused() -> None:
    with pytest.raises(NonsenseError, match="10Y1001A1001A82H"):
        entsoe.parse(read("entsoe_A44_DE_60M_15M_overlap.xml"))


@pytest.fixture(scope="module")
def history() -> dict[datetime, Decimal]:
    """Five years of Energy-Charts by timestamp, as received."""
    path = shared("data/prices") / "be_day_ahead_2021-02_2026-02.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {
            datetime.fromisoformat(row["start_utc"]): Decimal(row["price_eur_per_mwh"])
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize("name", ["60M", "60M_15M_mix"])
def test_both_services_agree(name: str, history: dict[datetime, Decimal]) -> None:
    """Prices of ENTSO-E and Energy-Charts agree to the cent on all common days.

    Not one quarter differs, whether it came as hours or as quarters with repeats left out; read
    back through the Energy-Charts parser.
    """
    found = entsoe.parse(read(f"entsoe_A44_BE_{name}.xml"))
    for day in sorted({local_day(quarter) for quarter in found.quotes}):
        stamps = [quarter for quarter in quarters_of_day(day) if quarter in history]
        answer = (
            f'{{"unix_seconds": {[int(stamp.timestamp()) for stamp in stamps]},'
            f' "price": [{", ".join(str(history[stamp]) for stamp in stamps)}],'
            ' "unit": "EUR / MWh"}'
        )
        charts = whole(energy_charts.parse(answer.encode()), day)
        assert charts.eur_mwh == whole(found, day).eur_mwh


def test_five_years_are_whole_days(history: dict[datetime, Decimal]) -> None:
    """Every day since 2021, with ten clock changes and the change to quarters, in one answer."""
    answer = (
        f'{{"unix_seconds": {[int(stamp.timestamp()) for stamp in history]},'
        f' "price": [{", ".join(map(str, history.values()))}], "unit": "EUR / MWh"}}'
    )
    found = energy_charts.parse(answer.encode())
    first, last = local_day(min(history)), local_day(max(history))
    days = [whole(found, first + timedelta(days=place)) for place in range((last - first).days + 1)]
    assert {len(day.eur_mwh) for day in days} == {92, 96, 100}
    assert {day.step for day in days if day.day >= date(2025, 10, 1)} == {QUARTER}
    assert (
        sum(len(day.eur_mwh) for day in days) * 900
        == (max(history) - min(history)).total_seconds() + 900
    )


@pytest.mark.parametrize("parse", [energy_charts.parse, entsoe.parse, elia.parse])
def test_nobody_elses_answer_is_read(parse: Callable[[bytes], PriceSeries]) -> None:
    """A parser accepts the real answers of its own service only."""
    own = parse.__module__.rpartition(".")[2]
    for path in sorted(shared(API).iterdir()):
        if path.suffix in (".json", ".xml") and not path.name.startswith(own):
            with pytest.raises(NonsenseError):
                parse(path.read_bytes())


@pytest.mark.parametrize("parse", [energy_charts.parse, entsoe.parse, elia.parse])
def test_real_answers_cut_anywhere(parse: Callable[[bytes], PriceSeries]) -> None:
    """Each answer is cut at a hundred places: a named error, never a price."""
    own = parse.__module__.rpartition(".")[2]
    for path in sorted(shared(API).glob(f"{own}*")):
        said = path.read_bytes().rstrip()
        for cut in range(0, len(said), max(1, len(said) // 100)):
            with pytest.raises(WebError) as caught:
                parse(said[:cut])
            assert not isinstance(caught.value, AbsentError)


def test_utc_is_what_is_kept() -> None:
    found = energy_charts.parse(read("energy_charts_BE_2026-01-15.json"))
    assert all(quarter.tzinfo is UTC for quarter in found.quotes)
