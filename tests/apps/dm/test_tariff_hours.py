"""Day and night tariff hours of the grid area, or those set by the householder."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from apps.dm.facts import outlook, rates
from apps.dm.house import House, Rules, begun
from base.time import BRUSSELS, QUARTER
from p1.reading import Tariff
from peak.months import Months
from peak.state import Peaks
from rates.amounts import OFFTAKE
from rates.calendar import Hours, next_change
from rates.contract import Contract, Priced
from rates.in_force import Prices
from tests.rates.contract.factories import FIXED, made

DAY_NIGHT = {**FIXED, "offtake": {"price": "12 cent/kWh ex VAT"}}


def walloon() -> Contract:
    """A day and night tariff at RESA with day hours 07-11 and 17-22 on all days."""
    return made(DAY_NIGHT, grid_area="RESA", grid_tariff="day_night")


def home(contract: Contract, own: Hours | None = None) -> House:
    """A house before its first telegram."""
    prices = Prices(Priced(contract), None, contract)
    return begun(
        Rules(2.5, hours=own), prices, {}, {}, Peaks(months=Months(floor_kw=Decimal("2.5")))
    )


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=BRUSSELS).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "hour", "tariff", "change"),
    [
        (3, 9, "day", (3, 11)),
        (3, 12, "night", (3, 17)),  # a Tuesday afternoon, day tariff in Flanders
        (7, 9, "day", (7, 11)),  # a Saturday, night tariff in Flanders
        (7, 23, "night", (8, 7)),
    ],
)
def test_the_rate_panel_of_a_walloon_house(
    day: int, hour: int, tariff: str, change: tuple[int, int]
) -> None:
    """The active rate and its next change follow the area's hours, at weekends too."""
    shown = rates(home(walloon()), local(day, hour))
    assert (shown.tariff, shown.next_change, shown.note) == (tariff, local(*change), "")
    active = {rate.name for rate in shown.rates if rate.active}
    assert active == {f"offtake_{tariff}", f"injection_{tariff}"}


def test_the_outlook_of_a_walloon_house_has_its_own_nights() -> None:
    """Each quarter has the price of the register that is active then."""
    contract = walloon()
    told = outlook(home(contract), local(6, 0), None, {})
    price = {
        tariff: contract.price(OFFTAKE[tariff is Tariff.NIGHT], told.start) for tariff in Tariff
    }
    quarters = [told.start + count * QUARTER for count in range(len(told.buy_eur_kwh))]
    wanted = [price[contract.tariff_at(quarter)] for quarter in quarters]
    assert list(told.buy_eur_kwh) == [float(each) for each in wanted if each is not None]
    noon, evening = 4 * 13, 4 * 18
    assert wanted[noon] == price[Tariff.NIGHT] != wanted[evening]


def test_hours_of_the_householders_own_go_before_those_of_his_area() -> None:
    """The householder's day tariff is from 06:00 to 21:00."""
    contract = made(FIXED, grid_area="Antwerpen")
    own = Hours(time(6), time(21))
    assert rates(home(contract), local(3, 6)).tariff == "night"
    assert rates(home(contract, own), local(3, 6)).tariff == "day"


def test_without_a_table_for_the_year_the_usual_hours_hold() -> None:
    """A year without a table uses the default hours."""
    contract = walloon()
    at = datetime(2024, 3, 5, 11, tzinfo=UTC)
    assert contract.tariff_at(at) is Tariff.DAY
    assert next_change(at, contract) == datetime(2024, 3, 5, 21, tzinfo=UTC)
