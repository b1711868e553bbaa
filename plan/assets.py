"""Conversion of each peer's request to an asset that can be planned: a car, a battery, a load.

Impossible values (a battery of 0 kWh, a deadline in the past, no state of charge) are left out or
replaced by the nearest sensible one, with a sentence. Energy of a car is counted where it is paid:
at the charger, in kWh more than it has now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from base import messages
from base.language import phrase
from base.time import HOUR
from plan.asset import Asset, Store, Taker
from plan.batteries import Battery
from plan.cars import AT_ONCE_EUR_KWH, MISSED_EUR_KWH, Car, Stay
from plan.loads import Deferrable, Load
from plan.state import Base

UNKNOWN_SOC = 50.0
SOONEST = timedelta(minutes=15)
BY_NAME = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Assets:
    """Everything that is planned and granted, in a fixed order, with notes on odd values.

    `takers` only take power, `stores` can give it back.
    """

    takers: tuple[Taker, ...] = ()
    stores: tuple[Store, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Asset, ...]:
        return (*self.takers, *self.stores)

    @property
    def cars(self) -> tuple[Car, ...]:
        return tuple(each for each in self.takers if isinstance(each, Car))

    @property
    def batteries(self) -> tuple[Battery, ...]:
        return tuple(each for each in self.stores if isinstance(each, Battery))

    @property
    def material(self) -> tuple[object, ...]:
        """The parts of the assets that require a new plan when they change; empty: nothing to plan.

        The order of the peers does not matter."""
        return tuple((each.key, each.material) for each in self.every if each.planned)

    @property
    def expects(self) -> bool:
        """True if a car has a trip that was not announced."""
        return any(stay.usual for car in self.cars for stay in car.stays)

    @property
    def sure(self) -> "Assets":
        """The assets without the needs of trips that were not announced."""
        takers = (each.sure if isinstance(each, Car) else each for each in self.takers)
        return replace(self, takers=tuple(takers))

    @property
    def yields_kw(self) -> float:
        """Their power that is given up as soon as the house needs it."""
        return round(sum(each.yields_kw for each in self.every), 3)


def assets(needs: Mapping[str, messages.Need], now: datetime) -> Assets:
    """Assets that the peers ask for, at `now` (UTC), by name: independent of their order, so that a
    plan always puts the same one of two equal ones first."""
    takers, stores, notes = list[Taker](), list[Store](), list[str]()
    for peer, need in sorted(needs.items()):
        takers += [
            made for each in sorted(need.cars, key=BY_NAME) if (made := car(peer, each, now, notes))
        ]
        stores += [
            held
            for each in sorted(need.batteries, key=BY_NAME)
            if (held := battery(peer, each, notes))
        ]
        takers += [
            it for each in sorted(need.loads, key=BY_NAME) if (it := load(peer, each, now, notes))
        ]
        if not need.assets and need.most_kw > 0:
            least_kw = min(need.least_kw, need.most_kw)
            takers.append(
                Load(
                    peer=peer,
                    power_kw=need.power_kw or 0.0,
                    least_kw=least_kw,
                    most_kw=need.most_kw,
                )
            )
    return Assets(tuple(takers), tuple(stores), tuple(notes))


def estimated(assets: Assets, base: Base, net_kw: float) -> Assets:
    """The assets with the power of cars that follow a new set-point estimated.

    A charger reports its power seconds after the meter, `net_kw`, shows it. Until then the house is
    assumed unchanged, as far as that explains the meter.
    """
    moving = {
        car.key: sorted((car.power_kw, car.toward_kw))
        for car in assets.takers
        if isinstance(car, Car) and car.toward_kw is not None
    }
    if base.at is None or not moving:
        return assets
    least_kw, most_kw = (sum(each) for each in zip(*moving.values(), strict=True))
    settled_kw = sum(each.power_kw for each in assets.every if each.key not in moving)
    all_kw = min(max(net_kw - settled_kw - base.now_kw, least_kw), most_kw)
    part = (all_kw - least_kw) / (most_kw - least_kw) if most_kw > least_kw else 0.0

    def guessed(taker: Taker) -> Taker:
        if not isinstance(taker, Car) or taker.key not in moving:
            return taker
        low, high = moving[taker.key]
        return replace(taker, power_kw=low + part * (high - low))

    return replace(assets, takers=tuple(map(guessed, assets.takers)))


def car(peer: str, need: messages.CarNeed, now: datetime, notes: list[str]) -> Car | None:
    """The car, None when there is nothing to plan for it. Sentences are added to `notes`."""
    if need.most_kw <= 0 or (need.urgency == "none" and not need.trips):
        return None
    least_kw = need.least_kw
    if least_kw > need.most_kw:
        notes.append(
            phrase(
                "{name} needs at least {least_kw:.1f} kW but takes at most {most_kw:.1f} kW:"
                " its minimum is ignored",
                name=need.name,
                least_kw=least_kw,
                most_kw=need.most_kw,
            )
        )
        least_kw = 0.0
    stays = tuple(_stays(need, now, notes))
    room_kwh = need.energy_kwh if need.room_kwh is None else need.room_kwh
    if not stays:
        return None
    return Car(
        peer=peer,
        name=need.name,
        power_kw=need.power_kw or 0.0,
        least_kw=least_kw,
        most_kw=need.most_kw,
        room_kwh=max(room_kwh, need.energy_kwh if need.plugged else 0.0),
        stays=stays,
        phases=need.phases,
        least_idle_s=need.least_idle_s,
        calm_s=need.calm_s,
        toward_kw=need.toward_kw,
        soon=bool(need.plugged) and need.urgency == "trip" and need.deadline is None,
    )


def _stays(need: messages.CarNeed, now: datetime, notes: list[str]) -> Iterable[Stay]:
    """Stays of the car on its charger, from now on."""
    home: datetime | None = now if need.plugged else None
    missed = need.value_eur_kwh or MISSED_EUR_KWH
    deadline = need.deadline if need.urgency != "now" else None
    if need.plugged and need.urgency == "now":
        soon = now + SOONEST + need.energy_kwh / need.most_kw * HOUR
        yield Stay(
            start=now,
            end=soon,
            need_kwh=need.energy_kwh,
            use_kwh=0.0,
            missed_eur_kwh=AT_ONCE_EUR_KWH,
        )
        home = soon
    if need.plugged and deadline is not None:
        if deadline <= now:
            notes.append(
                phrase(
                    "{name} should have left by now: planned as soon as possible",
                    name=need.name,
                )
            )
        trip = next((each for each in need.trips if each.leaves == deadline), None)
        leaves = max(deadline, now + SOONEST)
        yield Stay(
            start=now,
            end=leaves,
            need_kwh=need.energy_kwh,
            use_kwh=trip.use_kwh if trip else 0.0,
            missed_eur_kwh=missed,
        )
        home = trip.returns if trip else None
    for trip in sorted(need.trips, key=lambda each: each.leaves):
        if trip.leaves == deadline or trip.returns <= now:
            continue
        if home is not None and trip.leaves > home:
            yield Stay(
                start=home,
                end=trip.leaves,
                need_kwh=trip.need_kwh,
                use_kwh=trip.use_kwh * trip.chance,
                missed_eur_kwh=missed * trip.chance,
                usual=trip.chance < 1,
            )
        home = trip.returns
    if home is not None:
        yield Stay(start=home, end=None)


def load(peer: str, need: messages.LoadNeed, now: datetime, notes: list[str]) -> Deferrable | None:
    """The load that can wait, None when it can take nothing. Sentences are added to `notes`."""
    if need.most_kw <= 0:
        return None
    if need.least_kw > need.most_kw:
        notes.append(
            phrase(
                "{name} needs at least {least_kw:.1f} kW but takes at most {most_kw:.1f} kW:"
                " planned as on or off only",
                name=need.name,
                least_kw=need.least_kw,
                most_kw=need.most_kw,
            )
        )
    if need.deadline is not None and need.deadline <= now:
        notes.append(
            phrase(
                "{name} should have been done by now: planned as soon as possible", name=need.name
            )
        )
    return Deferrable(
        peer=peer,
        name=need.name,
        power_kw=need.power_kw or 0.0,
        least_kw=min(need.least_kw, need.most_kw),
        most_kw=need.most_kw,
        phases=need.phases,
        energy_kwh=need.energy_kwh,
        end=None if need.deadline is None else max(need.deadline, now + SOONEST),
        missed_eur_kwh=need.value_eur_kwh or MISSED_EUR_KWH,
        least_on_s=need.least_on_s,
        least_off_s=need.least_off_s,
        priority=need.priority,
    )


def battery(peer: str, need: messages.BatteryNeed, notes: list[str]) -> Battery | None:
    """The battery, None when it can store nothing. Sentences are added to `notes`."""
    if need.capacity_kwh <= 0 or (need.charge_kw <= 0 and need.discharge_kw <= 0):
        notes.append(phrase("{name} has no capacity: it is not planned", name=need.name))
        return None
    soc_pct = need.soc_pct
    if soc_pct is None:
        notes.append(
            phrase(
                "{name} does not report its state of charge: half full is assumed", name=need.name
            )
        )
        soc_pct = UNKNOWN_SOC
    share = need.capacity_kwh / 100.0
    return Battery(
        peer=peer,
        name=need.name,
        power_kw=need.power_kw or 0.0,
        stored_kwh=soc_pct * share,
        reserve_kwh=need.reserve_pct * share,
        capacity_kwh=need.capacity_kwh,
        charge_kw=need.charge_kw,
        discharge_kw=need.discharge_kw,
        efficiency=need.efficiency,
        wear_eur_kwh=need.wear_eur_kwh,
    )
