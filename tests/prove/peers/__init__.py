"""Compares our plan with others on the same home, the same forecasts and the same bill.

EMHASS is the third party's code from PyPI, in a separate environment. The demand-rate program is
ours, after the published description of evcc's optimiser: not evcc's code. All of them plan every
two hours; the others look 24 hours ahead, ours a week as usual. "held" keeps the battery's planned
power, "grid" the planned power at the meter. s/plan is CPU time. Cost is energy + peak + wear, plus
1 EUR for a missed kWh, less the value of the energy left in battery and cars.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from statistics import fmean
from time import process_time

from backtest import cut, data
from backtest.bound import clairvoyant
from backtest.command import homes
from backtest.jobs import OURS, commit, quiet, solver, versions
from backtest.ours import Ours
from backtest.plant import Outcome, Strategy, View, live, share_of
from backtest.rules import uncontrolled
from backtest.world import World
from base.time import BRUSSELS, QUARTER
from tests.prove.peers.demand_rate import demand_rate
from tests.prove.peers.emhass import VERSION, Emhass, python
from tests.prove.peers.follower import EVERY, Follower

HELP = "our plan beside EMHASS and a demand-rate program (makes an environment)"
HEAD = f"{'':<21}{'code of':<9}" + "".join(
    f"{name:>8}" for name in ("cost", "energy", "peak", "wear", "left", "missed", "share", "s/plan")
)


class Timed(Ours):
    """Our planner, with the time of each plan, forecast and outlook included."""

    def __init__(self, world: World) -> None:
        super().__init__(world, every=EVERY)
        self.took_s: list[float] = []

    def decide(self, view: View) -> tuple[float, list[float]]:
        began, plan = process_time(), self.plan
        decided = super().decide(view)
        if self.plan is not plan:
            self.took_s.append(process_time() - began)
        return decided


Row = tuple[str, str, Outcome, Sequence[float], int]


def rows(world: World, end_share: float) -> Iterator[Row]:
    """Each party on one period: name, author of its code, outcome, seconds, failed plans."""

    def lived(strategy: Strategy) -> Outcome:
        return live(world, strategy, "", lambda _: None)

    ours = Timed(world)
    yield "ours", "ours", lived(ours), ours.took_s, 0
    for how in ("grid", "held"):
        with Emhass() as emhass:
            one = Follower(world, emhass, end_share=end_share, held=how == "held")
            yield f"EMHASS {VERSION}, {how}", "EMHASS", lived(one), one.took_s, one.failed
    for how in ("grid", "held"):
        one = Follower(world, demand_rate, end_share=end_share, held=how == "held")
        yield f"demand rate, {how}", "ours", lived(one), one.took_s, one.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """This number of days of a home in the data folder, from a local day."""

    home: str
    contract: str
    first: date
    cars: int = 1
    days: int = 7

    def world(self) -> World:
        (home,) = homes(self.home, [self.contract])
        begin = datetime(self.first.year, self.first.month, self.first.day, tzinfo=BRUSSELS)
        at = (begin.astimezone(UTC) - home.series.start) // QUARTER
        span = (at, at + self.days * 96)
        return cut.stretch(home.series, home.tariff, self.cars, span, by_minute=False)


STRETCHES = (
    Stretch(home="made2023", contract="A", first=date(2023, 4, 3)),
    Stretch(home="be2025", contract="B", first=date(2025, 11, 3)),
)
"""Of months that nothing was tuned on."""


def table(asked: Stretch, end_share: float) -> tuple[list[str], bool]:
    """The lines of one period, and whether ours costs least of those without knowledge of the
    future.
    """
    world = asked.world()
    none = live(world, uncontrolled(world), "", lambda _: None)
    bound = clairvoyant(world)
    share = partial(share_of, without=none, bound_eur=bound.cost_eur)
    where = f"{asked.home}, contract {asked.contract}, cars {asked.cars}"
    lines = [f"{where}, {asked.days} days from {asked.first}", HEAD]
    lines.append(_line("no control", "-", none, 0.0, ()))
    costs = []
    for name, whose, outcome, took_s, failed in rows(world, end_share):
        note = f" ({failed} plans failed)" if failed else ""
        lines.append(_line(name, whose, outcome, share(outcome), took_s) + note)
        costs.append(outcome.cost_eur)
    lines.append(_line("perfect knowledge", "ours", bound, 100.0, ()))
    return lines, costs[0] == min(costs)


def _line(name: str, whose: str, out: Outcome, share: float, took_s: Sequence[float]) -> str:
    money = (out.cost_eur, out.energy_eur, out.peak_eur, out.wear_eur, out.leftover_eur)
    cells = "".join(f"{each:8.2f}" for each in money)
    seconds = f"{fmean(took_s):8.3f}" if took_s else f"{'-':>8}"
    return f"{name:<21}{whose:<9}{cells}{out.missed_kwh:8.1f}{share:8.1f}{seconds}"


def main(argv: Sequence[str]) -> int:
    """Return 0 when ours costs least of those without knowledge of the future, in each period."""
    parser = argparse.ArgumentParser(
        prog="./do_py.sh prove peers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--days", type=int, default=7, metavar="N", help="days of each stretch (7)")
    add("--home", choices=data.HOMES, help="one home of DM_SHARED instead of two")
    add("--contract", choices=("A", "B"), default="A", help="its contract (A)")
    add("--cars", type=int, default=1, metavar="N", help="its cars (1)")
    add("--from", dest="first", type=date.fromisoformat, default=date(2022, 11, 7),
        metavar="DAY", help="its first day (2022-11-07)")  # fmt: skip
    add("--end", type=float, default=0.5, metavar="SHARE",
        help="state of charge that EMHASS is asked to end each plan with (0.5)")  # fmt: skip
    options = parser.parse_args(argv)
    chosen: Sequence[Stretch] = STRETCHES
    if options.home:
        chosen = [
            Stretch(
                home=options.home, contract=options.contract, cars=options.cars, first=options.first
            )
        ]
    wanted = [replace(each, days=options.days) for each in chosen]
    python()
    first = True
    with ProcessPoolExecutor(len(wanted), initializer=quiet) as pool:
        for lines, least in pool.map(partial(table, end_share=options.end), wanted):
            print(*lines, "", sep="\n", flush=True)
            first &= least
    print(f"ours {versions()[OURS]}; {solver()}; commit {commit()}")
    return 0 if first else 1
