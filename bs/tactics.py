"""What the battery makes of a second by itself: the most that charging or discharging is worth.

    sun, a cheap grid, the house  whatever a stored kWh is worth more, or less, than it costs now
    the quarter                   the import is held at the target, not at zero
    a departure, a trip           a car that is also a battery is ready; a car gets the help it asks

The battery does not empty itself into a car: what the car takes is left to the grid, but to hold
the quarter.
"""

from base.time import HOUR_S
from bs import sentences
from bs.inputs import QUARTER_H
from bs.moment import NOTHING, Choice, Moment
from bs.sentences import Act

LEAST_LOWERED_KW = 0.5
NOTHING_KWH = 0.05
SAME_EUR, GOING_EUR = 0.004, 0.008
LAST_S = 10.0


def chosen(moment: Moment, *, going: bool) -> Choice:
    """What is worth most; `going` while it charges from the grid already."""
    choices = charging(moment, going=going), discharging(moment)
    best = max(choices, key=lambda choice: abs(choice.kw or 0.0))
    return best if abs(best.kw or 0.0) >= moment.rules.idle_kw else idle(moment)


def charging(moment: Moment, *, going: bool) -> Choice:
    """The most that charging is worth: from sun, from a cheap grid, for a departure."""
    choices = NOTHING, _sun(moment), _grid(moment, going=going), _ready(moment)
    return max(choices, key=lambda choice: choice.kw or 0.0)


def _sun(moment: Moment) -> Choice:
    surplus_kw = -moment.base_kw
    if surplus_kw <= 0 or moment.stored_eur <= moment.sell_eur:
        return NOTHING
    why = sentences.sun(surplus_kw, moment.stored_eur, moment.sell_eur)
    return Choice(min(moment.bank.charge_kw, surplus_kw), Act.SUN, why)


def _grid(moment: Moment, *, going: bool) -> Choice:
    """From the grid, when a kWh is worth as much stored as it costs.

    As much: when it could as well be charged later in the same cheap night, now is better, slowly.
    """
    most_kw, same_eur = moment.within_kw, GOING_EUR if going else SAME_EUR
    if most_kw is None or moment.stored_eur <= moment.buy_eur - same_eur:
        return NOTHING
    if moment.spare_kwh < 0:
        return Choice(most_kw, Act.GRID, sentences.reserve(moment.worth.keep_kwh))
    why = sentences.grid(moment.buy_eur, moment.worth, moment.stored_eur)
    return Choice(most_kw, Act.GRID, why)


def _ready(moment: Moment) -> Choice:
    """What it must take to be full enough when it leaves, and what the quarter leaves besides."""
    bank = moment.bank
    if bank.must_kw <= 0:
        return NOTHING
    kw = min(bank.charge_kw, max(bank.must_kw, moment.within_kw or 0.0))
    return Choice(kw, Act.READY, sentences.ready(bank), forced=True)


def discharging(moment: Moment) -> Choice:
    """The most that discharging is worth: for the quarter, for a trip, for the house."""
    bank, scene = moment.bank, moment.scene
    most_kw = min(bank.discharge_kw, bank.loose_kwh * bank.efficiency * HOUR_S / LAST_S)
    shaved_kw, house_kw = _shaved_kw(moment), _covered_kw(moment)
    help_kw = min(scene.help_kw, moment.car_kw)
    choices = [NOTHING]
    if shaved_kw > 0:
        why = sentences.shaving(moment.room, moment.base_kw)
        choices.append(Choice(-min(most_kw, shaved_kw), Act.SHAVING, why))
    if help_kw > 0:
        why = sentences.helping(scene, house_kw)
        choices.append(Choice(-min(most_kw, help_kw + house_kw), Act.HELPING, why))
    if house_kw > 0:
        why = sentences.covering(moment.own_kw, moment.buy_eur, moment.car_kw)
        choices.append(Choice(-min(most_kw, house_kw), Act.COVERING, why))
    return min(choices, key=lambda choice: choice.kw or 0.0)


def _covered_kw(moment: Moment) -> float:
    """What the house takes besides its cars, when a stored kWh is worth less than it saves."""
    spare = moment.spare_kwh > moment.bank.waver_kwh
    worth = spare and moment.buy_eur > moment.spent_eur
    return max(0.0, min(moment.own_kw, moment.base_kw)) if worth else 0.0


def _shaved_kw(moment: Moment) -> float:
    """What must be taken off the import for the quarter to end at its target.

    When that cannot be: all there is for the house, but for a car only what lasts until it is
    done. Half an hour of help in four hours of charging leaves the peak where it was.
    """
    bank, hold_kw = moment.bank, moment.room.hold_kw
    if hold_kw is None or moment.base_kw <= hold_kw:
        return 0.0
    over_kw = moment.base_kw - hold_kw
    needed_kwh = over_kw * moment.room.left_s / HOUR_S / bank.efficiency
    if over_kw <= bank.discharge_kw and needed_kwh <= bank.loose_kwh:
        return over_kw
    return over_kw if not moment.car_kw else _lowered_kw(moment)


def _lowered_kw(moment: Moment) -> float:
    """By how much the import can be lowered until the cars are done; 0 when nobody knows."""
    energy_kwh = sum(car.energy_kwh for need in moment.scene.needs for car in need.cars)
    if energy_kwh <= 0:
        return 0.0
    hours = max(energy_kwh / moment.car_kw, QUARTER_H)
    kw = min(moment.bank.discharge_kw, moment.bank.loose_kwh * moment.bank.efficiency / hours)
    return kw if kw >= LEAST_LOWERED_KW else 0.0


def idle(moment: Moment) -> Choice:
    """Nothing is to be done: because there is nothing, or because later is better."""
    bank = moment.bank
    if moment.base_kw < -moment.rules.idle_kw:
        if not bank.charge_kw:
            return Choice(0.0, Act.FULL, "holding: the battery is as full as it may be")
        return Choice(0.0, Act.KEEPING, sentences.selling(moment.sell_eur))
    if moment.base_kw <= moment.rules.idle_kw:
        return Choice(0.0, Act.BALANCED, "holding: house and roof are in balance")
    if bank.loose_kwh < NOTHING_KWH or not bank.discharge_kw:
        return Choice(0.0, Act.EMPTY, "holding: the battery is at its reserve")
    why = sentences.keeping(moment.worth, moment.spare_kwh, moment.buy_eur, moment.car_kw)
    return Choice(0.0, Act.KEEPING, why)
