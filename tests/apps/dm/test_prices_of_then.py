"""A simulation of another year uses the prices of that year."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from apps.demo.past import HISTORY, write_prices
from apps.dm.meter_source import starts_at
from base.time import DAY
from dm import PRICES, known_at
from store.prices import Prices


def test_the_prices_kept_are_those_around_its_start(tmp_path: Path) -> None:
    began = starts_at("sim://?start=2024-01-13T11:45")
    assert began == datetime(2024, 1, 13, 10, 45, tzinfo=UTC)
    write_prices(tmp_path, began - DAY, began + DAY)
    assert tmp_path / PRICES == tmp_path / HISTORY / "prices.db"
    with closing(Prices(tmp_path / PRICES)) as store:
        known = known_at(began, store)
    assert len(known.days) == 3
    assert known.spot(began) is not None
