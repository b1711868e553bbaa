"""Our own strategy: plan/ as the daemon runs it, with the knowledge of a daemon at that time:
a forecast of the load from the past, the solar forecast the day before, prices once they are
out."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import numpy as np

from backtest.cut import PRICE_DAYS
from backtest.plant import CarState, View
from backtest.trips import SPARE_KWH
from backtest.world import QUARTER_H, Car, Floats, World
from base import messages
from base.time import BRUSSELS, QUARTER
from ev.habit import Outing, Usual, expected, unannounced
from plan import forecast
from plan.ahead import ahead
from plan.allocation import Shared, share
from plan.assets import Assets, assets
from plan.month import MonthPeak
from plan.optimise import optimise
from plan.program import NoSolverError
from plan.reserve import reserve_kwh
from plan.schedule import Plan
from plan.state import Rules
from plan.tuning import TUNED, Tuning
from plan.usual import under_the_peak
from plan.week import WEEK, lengthened

HORIZON = 192
REST_S = messages.LEAST_IDLE_S
"""Between a stop and the next start, as car charging does where its owner says nothing."""
FRESH = messages.Health(state="fresh", age_s=0.0, good=1, rejected=0)


@dataclass(frozen=True, slots=True)
class Knows:
    """Knowledge of the future, to find where the remaining saving lies. The default has none."""

    load: bool = False
    sun: bool = False
    prices: bool = False
    trips: bool = False


HONEST = Knows()
INSTANT = Rules(at_once=True)


class Ours:
    """Plans at the start of each quarter, shares at each step."""

    def __init__(
        self,
        world: World,
        tuning: Tuning = TUNED,
        rules: Rules = INSTANT,
        knows: Knows = HONEST,
        learning: forecast.Tuning = forecast.TUNED,
        every: int = 1,
        week: int = WEEK,
        told: int = WEEK,
        habit: bool = True,
    ) -> None:
        """`every`: quarters after which it plans again, 1 as the daemon does, 4 for a quick look.
        Trips are announced `told` quarters before the car leaves; by `habit` the usual ones are
        expected."""
        self.world, self.tuning = world, tuning
        self.rules = replace(rules, fall_s=900.0 / world.steps)
        self.knows, self.learning, self.every = knows, learning, every
        self.week, self.told, self.habit = week, told, habit
        self._habits: dict[str, tuple[tuple[object, ...], tuple[Usual, ...]]] = {}
        self.plan: Plan | None = None
        self.shared = Shared()
        self.typical_kw, self.month_kw = world.typical_kw, world.peak_kw
        count = len(world.past_kw)
        self.past = forecast.learned(
            (world.at(q - count), float(kw)) for q, kw in enumerate(world.past_kw)
        )
        self._loads = world.load_kw.reshape(world.quarters, world.steps).mean(axis=1)
        self._suns = world.solar_kw.reshape(world.quarters, world.steps).mean(axis=1)
        self._months = world.months()

    def decide(self, view: View) -> tuple[float, list[float]]:
        now = self.world.at(view.quarter) + timedelta(seconds=900.0 - view.left_s)
        needs = self.needs(view)
        held = assets(needs, now)
        if view.left_s >= 900.0:
            self.learn(view)
            if not view.quarter % self.every or self.plan is None:
                self._replan(view, held)
        self.shared = share(self.shared, self._house(view, held), held, self.plan, now, self.rules)
        kw = self.shared.kw
        battery = kw.get(("bs", "battery"), 0.0)
        return battery, [kw.get(("ev", car.name), 0.0) for car in self.world.cars]

    def needs(self, view: View) -> dict[str, messages.Need]:
        battery, world = self.world.battery, self.world
        homes = (
            self._car(car, state, view.quarter)
            for car, state in zip(world.cars, view.cars, strict=True)
        )
        return {
            "ev": messages.Need(name="ev", power_kw=0.0, cars=tuple(homes)),
            "bs": messages.Need(
                name="bs",
                power_kw=view.battery_kw,
                batteries=(
                    messages.BatteryNeed(
                        name="battery",
                        power_kw=view.battery_kw,
                        soc_pct=_percent(view.stored_kwh, battery.capacity_kwh),
                        capacity_kwh=battery.capacity_kwh,
                        charge_kw=battery.kw,
                        discharge_kw=battery.kw,
                        efficiency=battery.efficiency,
                        wear_eur_kwh=battery.wear_eur_kwh,
                    ),
                ),
            ),
        }

    def _car(self, car: Car, state: CarState, quarter: int) -> messages.CarNeed:
        """The need message of this car, with its trips as its owner announced them."""
        stored, trips = state.stored_kwh, []
        coming = car.trips[state.next_trip : state.next_trip + 8]
        sure = self.knows.trips
        for count, trip in enumerate(coming):
            if trip.leave > quarter + self.told and (count or state.plugged):
                break
            back = trip.back if sure else trip.told_back
            if count == 0 and not state.plugged:
                back = max(back, quarter + 1)
            use = trip.use_kwh if sure else trip.told_kwh
            trips.append(
                messages.Trip(
                    leaves=self.world.at(trip.leave),
                    returns=self.world.at(back),
                    need_kwh=(trip.need_kwh - stored) / car.efficiency,
                    use_kwh=use / car.efficiency,
                )
            )
        soon = bool(trips) and coming[0].leave <= quarter + HORIZON
        trips += self._usual_trips(car, state, quarter, trips)
        need = coming[0].need_kwh if state.plugged and soon else 0.0
        most = max(car.limit_kwh, need)
        return messages.CarNeed(
            name=car.name,
            plugged=state.plugged,
            power_kw=state.power_kw,
            soc_pct=_percent(stored, car.capacity_kwh),
            capacity_kwh=car.capacity_kwh,
            energy_kwh=max(0.0, need - stored) / car.efficiency,
            deadline=trips[0].leaves if state.plugged and soon else None,
            least_kw=car.least_kw,
            most_kw=car.most_kw,
            efficiency=car.efficiency,
            urgency="trip" if soon else "sun",
            room_kwh=max(0.0, most - stored) / car.efficiency,
            trips=tuple(trips),
            least_idle_s=REST_S,
        )

    def _usual_trips(
        self, car: Car, state: CarState, quarter: int, told: list[messages.Trip]
    ) -> list[messages.Trip]:
        """The usual trips of the days without an announced one, as in ev."""
        if not self.habit:
            return []
        spans = [(trip.leaves, trip.returns) for trip in told]
        return [
            messages.Trip(
                leaves=usual.leaves,
                returns=usual.returns,
                need_kwh=(usual.most_kwh + SPARE_KWH - state.stored_kwh) / car.efficiency,
                use_kwh=usual.kwh / car.efficiency,
                chance=usual.chance,
            )
            for usual in unannounced(self._expected(car, state.next_trip, quarter), spans)
        ]

    def _expected(self, car: Car, made: int, quarter: int) -> tuple[Usual, ...]:
        """The usual trips from now on, computed once after each quarter and trip."""
        key = car.name, made, quarter
        if self._habits.get(car.name, ((), ()))[0] != key:
            at, done = self.world.at, (*car.past, *car.trips[:made])
            ahead = self.told * QUARTER
            past = [Outing(at(trip.leave), at(trip.back), trip.use_kwh, ahead) for trip in done]
            self._habits[car.name] = key, expected(past, at(quarter))
        return self._habits[car.name][1]

    def _house(self, view: View, held: Assets) -> messages.House:
        power_kw = sum(each.power_kw for each in held.every)
        net_kw = view.load_kw - view.solar_kw + power_kw
        start = self.world.at(view.quarter)
        quarter = messages.Quarter.model_construct(
            start=start,
            end=start + timedelta(minutes=15),
            so_far_kw=view.so_far_kwh / QUARTER_H,
            own_kw=None,
            forecast_kw=0.0,
            error_kw=0.0,
        )
        return messages.House.model_construct(
            time=start + timedelta(seconds=900.0 - view.left_s),
            offtake_kw=max(0.0, net_kw),
            injection_kw=max(0.0, -net_kw),
            price_offtake_eur_kwh=float(self.world.buy[view.quarter]),
            price_injection_eur_kwh=float(self.world.sell[view.quarter]),
            quarter=quarter,
            target_kw=max(self.world.floor_kw, view.peak_kw),
            limit_kw=None,
            limit_a=None,
            phases=(),
            health=FRESH,
        )

    def learn(self, view: View) -> None:
        """The quarter that closed is in the past; so is the month."""
        q = view.quarter
        if q:
            self.past = self.past.with_quarter(self.world.at(q - 1), float(self._loads[q - 1]))
            if self._months[q] != self._months[q - 1]:
                self.typical_kw = self.month_kw
        self.month_kw = view.peak_kw

    def _replan(self, view: View, held: Assets) -> None:
        try:
            month, q = self._month(view), view.quarter
            start = self.world.at(q)
            alike = forecast.in_weather(self.past, forecast.placed(start)[0], self.world.air)
            kept = reserve_kwh(alike, start, self.week, month.paid_kw)
            seen = ahead(self.outlook(q), usual_eur_kwh=self._usual(q), reserve_kwh=kept)
            self.plan = under_the_peak(partial(optimise, tuning=self.tuning), seen, held, month)
        except NoSolverError:
            pass  # the last plan continues

    def _usual(self, q: int) -> Floats:
        """Mean price of a kWh in the last two weeks."""
        past = np.concatenate((self.world.past_buy, self.world.buy[:q]))[-2 * WEEK :]
        return past if len(past) >= 96 * 2 else self.world.buy[q : int(self.world.known_until[q])]

    def _month(self, view: View) -> MonthPeak:
        local = self.world.at(view.quarter).astimezone(BRUSSELS)
        first = local.replace(day=1, hour=0, minute=0) + timedelta(days=32)
        return MonthPeak(
            end=first.replace(day=1, hour=0, minute=0),
            peak_kw=view.peak_kw,
            floor_kw=self.world.floor_kw,
            eur_kw=self.world.eur_kw,
            typical_kw=self.typical_kw,
        )

    def outlook(self, q: int) -> messages.Outlook:
        """A week: prices as far as known and then last week's, the solar forecast for two days."""
        world, count = self.world, self.week
        start = world.at(q)
        load = forecast.forecast(self.past, start, count, self.learning, world.air).kw
        back = max(0, q - 4)
        told = world.solar_told_kw
        sun = forecast.sunlight(told[q : q + HORIZON], told[back:q], self._suns[back:q])
        known = count if self.knows.prices else min(int(world.known_until[q]) - q, HORIZON)
        outlook = messages.Outlook.model_construct(
            start=start,
            buy_eur_kwh=world.buy[q : q + known],
            sell_eur_kwh=world.sell[q : q + known],
            solar_kw=self._suns[q : q + count] if self.knows.sun else sun,
        )
        past_sun = np.concatenate((world.past_sun_kw, self._suns[:q]))[-WEEK:]
        past_buy = np.concatenate((world.past_buy, world.buy[:q]))[-96 * PRICE_DAYS :]
        if self.knows.load:
            load = _over(load, self._loads[q : q + count])
        return lengthened(outlook, load, past_buy, past_sun)


def _over(guess: Floats, known: Floats) -> Floats:
    """The known values, with estimates for the others."""
    return np.concatenate((known, guess[len(known) :]))


def _percent(kwh: float, of_kwh: float) -> float:
    return 100.0 * max(0.0, min(1.0, kwh / of_kwh)) if of_kwh > 0 else 0.0
