"""The coordinator: connected neighbours, their grants, and requests for new plans."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from apps.dm.coordinator import Coordinator
from apps.dm.house import Rules
from apps.dm.meter import Meter
from apps.dm.over_grant import LONG_S, Watch, news, watched
from base import messages
from base.limits import STALE_S
from base.time import QUARTER
from plan.answer import answer
from plan.asking import Question
from plan.state import Rules as ShareRules
from rates.contract import Priced
from rates.curve import NO_SPOTS
from rates.in_force import Prices
from rates.seed_form import SeedRates, seed_rates
from sim.stream import telegrams
from store.books import Books
from tests.rates.contract.factories import FIXED, made

NIGHT = "sim://?seed=7&start=2026-01-15T23:00"
SEED = '{"Electricity": {"+": {"Day": 0.4, "Night": 0.3}, "-": {"Day": 0.1, "Night": 0.1}}}'


class Home:
    """A meter fed by a simulation, with neighbours; plans are computed synchronously."""

    def __init__(self, books: Books, url: str = NIGHT, prices: Prices | None = None) -> None:
        rates: SeedRates = seed_rates(SEED)
        self.meter = Meter(Rules(2.5), prices or Prices(rates, None), books, live=False)
        self.asked: list[Question] = []
        self.coordinator = Coordinator(self.meter, books, self._ask, ShareRules(), sunny=False)
        self._stream = telegrams(url, extra_kw=lambda _: (self._taken_kw / 3,) * 3)
        self._taken_kw = self.now_s = 0.0

    def _ask(self, question: Question) -> None:
        self.asked.append(question)
        self.coordinator.settle(answer(question))

    def live(
        self, seconds: int, *needs: messages.Need, lies: tuple[messages.Need, ...] = ()
    ) -> messages.House:
        """Feed a telegram and these needs each second. The meter shows all powers but `lies`."""
        house: messages.House | None = None
        self._taken_kw = sum(need.power_kw or 0.0 for need in needs)
        for telegram in islice(self._stream, seconds):
            self.now_s += 1.0
            self.meter.feed(telegram, self.now_s)
            for need in (*needs, *lies):
                self.coordinator.neighbours.hear(need, self.now_s)
            self.coordinator.consider(self.now_s)
            house = self.coordinator.house(self.now_s)
        assert house is not None
        return house


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Books(tmp_path) as books:
        yield Home(books)


def ev(power_kw: float = 0.0, **more: object) -> messages.Need:
    """A car that needs 18 kWh by 07:30."""
    leaves = datetime(2026, 1, 16, 6, 30, tzinfo=UTC)
    car = messages.CarNeed(
        name="q4", plugged=True, power_kw=max(0.0, power_kw), energy_kwh=18.0, deadline=leaves,
        least_kw=1.4, most_kw=11.0, urgency="trip", value_eur_kwh=1.0, room_kwh=40.0,
        trips=(messages.Trip(leaves=leaves, returns=leaves + timedelta(hours=10), need_kwh=18.0),),
    )  # fmt: skip
    return messages.Need(name="ev", power_kw=power_kw, cars=(car.model_copy(update=more),))


def bs(power_kw: float = 0.0, soc_pct: float = 50.0) -> messages.Need:
    """A home battery of 10 kWh."""
    battery = messages.BatteryNeed(
        name="home", power_kw=power_kw, soc_pct=soc_pct, capacity_kwh=10.0, charge_kw=5.0,
        discharge_kw=5.0, wear_eur_kwh=0.02,
    )  # fmt: skip
    return messages.Need(name="bs", power_kw=power_kw, batteries=(battery,))


def test_alone_there_is_nothing_to_grant_or_plan(home: Home) -> None:
    house = home.live(5)
    assert (house.grants, home.asked) == ({}, [])


def test_each_neighbour_is_granted_its_share_with_a_reason(home: Home) -> None:
    """Grants keep the house below its target, expire after ten seconds and have a reason."""
    house = home.live(30, ev(), bs())
    assert house.grants.keys() == {"ev", "bs"}
    assert house.time is not None
    assert all(grant.until - house.time == timedelta(seconds=10) for grant in house.grants.values())
    assert all(grant.why for grant in house.grants.values())
    assert house.target_kw is not None
    net_kw = (house.offtake_kw or 0) + house.grants["ev"].kw + house.grants["bs"].kw
    assert net_kw <= house.target_kw + 0.05


def test_a_car_that_may_wait_gives_way_and_one_that_may_not_does_not(home: Home) -> None:
    """yields_kw is the power that the house could get at once beside its headroom."""
    assert home.live(5, ev(3.0), bs(1.5)).yields_kw == pytest.approx(4.5)
    assert home.live(5, ev(3.0, urgency="now", deadline=None), bs(-1.5)).yields_kw == 0.0


def test_where_peaks_are_not_billed_the_connection_is_the_target(tmp_path: Path) -> None:
    """In Wallonia a battery charges at 5 kW, above the 2.5 kW target of Flanders."""
    contract = made(FIXED, grid_area="ORES", grid_tariff="impact")
    prices = Prices(Priced(contract, NO_SPOTS), None, contract)
    with Books(tmp_path) as books:
        home = Home(books, "sim://?seed=7&start=2026-01-15T03:00", prices)
        house = home.live(20, bs())
        assert home.coordinator.outlook(home.now_s).peak_eur_kw == 0.0
    assert home.asked[-1].month.eur_kw == 0.0
    assert house.target_kw == pytest.approx(27.6)
    assert house.grants["bs"].kw == pytest.approx(5.0)


def test_a_peak_of_unknown_cost_is_not_free(home: Home) -> None:
    """Simple prices name no grid area, so the Flemish price per kW is used."""
    house = home.live(5, bs())
    assert home.coordinator.outlook(home.now_s).peak_eur_kw is None
    assert home.asked[-1].month.eur_kw == 4.5
    assert house.month_peak is not None
    assert house.target_kw == house.month_peak.kw


def test_a_neighbour_that_is_silent_drops_out_and_may_come_back(home: Home) -> None:
    """A silent neighbour loses its grant until its next need."""
    assert "ev" in home.live(5, ev(2.0), bs()).grants
    house = home.live(int(STALE_S) + 1, bs())
    assert house.grants.keys() == {"bs"}
    assert "ev" in home.live(2, ev(2.0), bs()).grants


def test_one_name_is_one_neighbour(home: Home) -> None:
    """A second connection with that name is refused until the first one has closed."""
    pump, other = (messages.Need(name="pump", power_kw=kw, most_kw=2.0) for kw in (0.5, 1.5))
    open_lines = {"first", "second"}
    home.coordinator.neighbours.connected = lambda line: line in open_lines
    assert not home.coordinator.neighbours.hear(pump, home.now_s, "first")
    assert "pump is in use" in home.coordinator.neighbours.hear(other, home.now_s, "second")
    assert home.coordinator.neighbours.present(home.now_s)["pump"].power_kw == 0.5
    open_lines.remove("first")
    assert not home.coordinator.neighbours.hear(other, home.now_s, "second")
    assert home.coordinator.neighbours.present(home.now_s)["pump"].power_kw == 1.5


def test_who_says_what_cannot_be_used_is_left_out_alone(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that decodes but cannot be used affects only its sender."""
    naive = ev().cars[0].model_copy(update={"deadline": datetime(2026, 1, 16, 7, 30)})  # noqa: DTZ001
    bad = messages.Need(name="bad", power_kw=0.0).model_copy(update={"cars": (naive,)})
    home.live(3, ev(), bs())
    home.live(1, ev(), bad, bs())
    assert home.live(2, ev(), bad, bs()).grants.keys() == {"ev", "bs"}
    assert "was invalid" in home.coordinator.neighbours.hear(bad, home.now_s)
    assert sum("Messages of bad are invalid" in said for said in caplog.messages) == 1
    assert home.meter.house.reading is not None


def pump(power_kw: float) -> messages.Need:
    return messages.Need(name="pump", power_kw=power_kw, most_kw=2.0)


@pytest.mark.parametrize("lie_kw", [2000.0, 1e6, 1.7e308, -1.7e308])
def test_a_power_that_cannot_be_moves_no_grant(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lie_kw: float
) -> None:
    """A heat pump that sends W for kW changes no grant and is named in the log and in its grant."""
    ever: list[list[float]] = []
    for said_kw in (2.0, lie_kw):
        with Books(tmp_path / str(said_kw)) as books:
            home = Home(books)
            home.live(60, ev(), pump(2.0))
            kw = []
            for _ in range(120):
                kw.append(home.live(1, ev(), pump(2.0), lies=(pump(said_kw),)).grants["ev"].kw)
            ever.append(kw)
            why = home.live(1, ev(), pump(2.0), lies=(pump(said_kw),)).grants["pump"].why
            assert ("more than its maximum" in why) is (said_kw != 2.0)
            home.live(1, ev(), pump(2.0))
            assert "cannot be" not in home.live(1, ev(), pump(2.0)).grants["pump"].why
    honest, lied = ever
    # An impossible power is limited to the highest or lowest possible one.
    least = [min(kw, 0.0) for kw in honest] if lie_kw < 0 else [kw - 0.05 for kw in honest]
    assert all(a <= b <= c + 0.05 for a, b, c in zip(least, lied, honest, strict=True))
    assert sum("more than its maximum" in said for said in caplog.messages) == 1


def test_a_battery_that_lies_frees_no_power_for_a_car(tmp_path: Path) -> None:
    """A battery that claims the house's load as its charging does not raise the car's grant."""
    ever = []
    for said_kw in (0.0, 5.0):
        with Books(tmp_path / str(said_kw)) as books:
            home, kw = Home(books), [0.0]
            home.live(60, ev(), bs())
            for _ in range(180):
                house = home.live(1, ev(kw[-1]), lies=(bs(said_kw),))
                kw.append(house.grants["ev"].kw)
            ever.append(kw[60:])
    assert max(lied - honest for honest, lied in zip(*ever, strict=True)) < 0.35


def test_assets_of_the_same_name_are_distinguished(home: Home) -> None:
    """Equal names get numbers, also when they have the maximum length."""
    twice = bs().model_copy(update={"batteries": bs().batteries * 2})
    home.live(3, twice)
    names = [each.name for each in home.coordinator.neighbours.present(home.now_s)["bs"].batteries]
    assert names == ["home", "home 2"]
    long = [bs().batteries[0].model_copy(update={"name": name}) for name in ("x" * 40, "x 2", "x")]
    home.live(3, bs().model_copy(update={"batteries": (*long, *long)}))
    names = [each.name for each in home.coordinator.neighbours.present(home.now_s)["bs"].batteries]
    assert len(set(names)) == 6
    assert max(map(len, names)) <= 40


def test_a_peer_that_receives_us_late_is_silent(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """A neighbour that answers an old house message is ignored and logged once."""
    caplog.set_level(logging.INFO)
    first = home.live(2, ev())
    for _ in range(25):
        house = home.live(1, ev().model_copy(update={"heard": first.time}))
    assert house.grants == {}
    assert sum("s late: treated as silent" in said for said in caplog.messages) == 1
    assert "ev" in home.live(2, ev().model_copy(update={"heard": house.time})).grants


def test_what_comes_in_the_wrong_order_does_not_count(home: Home) -> None:
    first = home.live(2, ev(1.0))
    second = home.live(1, ev(2.0).model_copy(update={"heard": first.time}))
    home.live(1, ev(3.0).model_copy(update={"heard": second.time}))
    home.live(1, ev(2.0).model_copy(update={"heard": first.time}))
    assert home.coordinator.neighbours.present(home.now_s)["ev"].power_kw == 3.0


def test_a_plan_is_asked_for_by_quarter_and_by_news(home: Home) -> None:
    """A plan is requested for a new quarter or changed needs, not for each telegram."""
    home.live(600, ev(), bs())
    assert len(home.asked) == 1
    home.live(10, ev(energy_kwh=30.0, value_eur_kwh=1.0), bs())
    assert len(home.asked) == 2
    home.live(600, ev(energy_kwh=30.0), bs())
    assert [question.outlook.start for question in home.asked[-2:]] == [
        datetime(2026, 1, 15, 22, 0, tzinfo=UTC), datetime(2026, 1, 15, 22, 15, tzinfo=UTC),
    ]  # fmt: skip


def test_the_outlook_carries_load_and_plan(home: Home) -> None:
    """The outlook has the plan of each asset, starting at the same quarter as the prices."""
    home.live(30, ev(), bs())
    told = home.coordinator.outlook(home.now_s)
    assert told.plan_kw.keys() == {"q4", "home"}
    assert len(told.load_kw) == len(told.plan_kw["q4"]) == len(told.buy_eur_kwh) == 192
    assert sum(told.plan_kw["q4"][:30]) / 4 == pytest.approx(18.0, abs=0.3)
    home.live(900, ev(), bs())
    later = home.coordinator.outlook(home.now_s)
    assert later.start == told.start + QUARTER


def test_what_the_neighbours_took_is_no_load_of_the_house(home: Home, tmp_path: Path) -> None:
    """The mean power of the neighbours is stored and subtracted from the use of the house."""
    home.live(1000, ev(3.0), bs())
    (note,) = home.coordinator._books.beside(datetime(2026, 1, 1, tzinfo=UTC)).values()
    assert note.taken_kw == pytest.approx(3.0, abs=0.01)
    load = home.asked[-1].past_kw
    flow = next(home.coordinator._books.flows(datetime(2026, 1, 1, tzinfo=UTC)))
    assert flow.offtake_kw is not None
    assert load[-1] == pytest.approx(float(flow.offtake_kw) - 3.0, abs=0.01)


def test_a_stale_meter_grants_nothing(home: Home) -> None:
    """Without telegrams the grid power is unknown, so there are no grants."""
    home.live(5, ev(), bs())
    home.now_s += 11.0
    home.coordinator.neighbours.hear(ev(), home.now_s)
    home.meter.forget()
    assert home.coordinator.house(home.now_s).grants == {}


def test_a_car_that_must_charge_at_once_is_granted_all_of_it(home: Home) -> None:
    """Urgent charging ignores price and peak and is not reported as overtaking."""
    power_kw = 0.0
    for _ in range(40):
        house = home.live(1, ev(power_kw, urgency="now", deadline=None))
        power_kw = house.grants["ev"].kw
    assert house.grants["ev"].kw > 9.5  # and the house uses the rest of the planned power
    assert house.overtaking == ()


GRANTS = {"ev": messages.Grant(kw=1.0, until=datetime(2026, 1, 1, tzinfo=UTC), why="so")}


def test_who_takes_more_for_ten_seconds_is_named_once(home: Home) -> None:
    """The start and the end of an excess are logged once each."""
    watch, said = Watch(), list[str]()
    for second in range(60):
        needs = {"ev": ev(3.0 if second < 40 else 1.0)}
        before, watch = watch, watched(watch, needs, GRANTS, float(second))
        said += news(before, watch, needs, GRANTS)
        assert (watch.named == ("ev",)) is (LONG_S <= second < 40)
    assert said == [
        "Car charging takes 3.00 kW; 1.00 kW is allowed.",
        "Car charging is within its allowed power again.",
    ]


def test_a_fall_that_is_on_its_way_is_no_overtaking() -> None:
    """A power above the grant is not reported shortly after the grant fell."""
    watch = Watch()
    for second in range(24):
        kw = 11.0 if second < 10 else 1.0
        grants = {"ev": GRANTS["ev"].model_copy(update={"kw": kw})}
        watch = watched(watch, {"ev": ev(11.0)}, grants, float(second))
        assert watch.named == ()


def test_a_plan_that_is_over_is_not_in_the_outlook(home: Home) -> None:
    """A plan that ended before the current quarter is not sent."""
    home.live(30, ev(), bs())
    made = answer(home.asked[0])
    old = replace(made.plan, start=made.plan.start - timedelta(days=3))
    home.coordinator.settle(replace(made, plan=old))
    assert home.coordinator.outlook(home.now_s).plan_kw == {}
