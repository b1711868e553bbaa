"""Why a battery does what it does, for the screen, the log and dm."""

from enum import StrEnum

from bs.bank import Bank
from bs.inputs import Scene, clock
from bs.room import Room
from bs.worth import Worth


class Act(StrEnum):
    """What a battery is doing, in the screen's words."""

    STARTING = "starting"
    LOST = "self-use"
    UNWELL = "not used"
    OWNER = "as told"
    TAKING = "charging as granted"
    GIVING = "discharging as granted"
    WAITING = "holding as granted"
    SHAVING = "shaving"
    HELPING = "helping"
    SUN = "storing sun"
    GRID = "charging"
    READY = "readying"
    COVERING = "covering"
    KEEPING = "keeping"
    BALANCED = "balanced"
    FULL = "full"
    EMPTY = "empty"


USUALLY_NOTED_S = 60.0
NOTED_S = {Act.LOST: 10.0, Act.OWNER: 0.0, Act.SHAVING: 10.0, Act.HELPING: 10.0}
"""The diary says what a battery does when it has done it so long."""


LOST = "the meter is not heard: the battery looks after the house by itself"


def unwell(scene: Scene) -> str:
    for unit in scene.units:
        if unit.state.notice:
            return f"{unit.battery.name} is not used: {unit.state.notice}"
    return "holding: its state of charge is not known"


def shaving(room: Room, base_kw: float) -> str:
    return (
        f"discharging to keep the quarter below {room.target_kw or 0:.2f} kW: "
        f"it would take {base_kw:.2f} kW"
    )


def sun(surplus_kw: float, worth_eur: float, sell_eur: float) -> str:
    return (
        f"charging from surplus: {surplus_kw:.2f} kW of sun, worth {worth_eur:.2f} EUR/kWh "
        f"stored and {sell_eur:.2f} sold"
    )


def grid(buy_eur: float, worth: Worth, worth_eur: float) -> str:
    if worth.dear is not None and worth.dear_eur_kwh is not None:
        saves = f"{worth.dear_eur_kwh:.2f} EUR/kWh saved at {clock(worth.dear)}"
    else:
        saves = f"a stored kWh is worth {worth_eur:.2f} EUR"
    return f"charging from the grid within the quarter: {buy_eur:.2f} EUR/kWh now, {saves}"


def selling(sell_eur: float) -> str:
    return f"holding: injection earns {sell_eur:.2f} EUR/kWh, more than a stored kWh"


def reserve(keep_kwh: float) -> str:
    return (
        f"charging from the grid within the quarter: {keep_kwh:.1f} kWh is what the peaks of "
        "days like this need"
    )


def covering(house_kw: float, buy_eur: float, car_kw: float) -> str:
    besides = f"; the car's {car_kw:.1f} kW come from the grid" if car_kw > 0 else ""
    return f"discharging for the house: {house_kw:.2f} kW at {buy_eur:.2f} EUR/kWh{besides}"


def helping(scene: Scene, house_kw: float) -> str:
    car, asks = scene.helped, f"{scene.help_kw:.2f} kW"
    besides = f"; {house_kw:.2f} kW for the house" if house_kw > 0 else ""
    if car is None or car.deadline is None:
        return f"discharging to help the car: it asks {asks} for a trip{besides}"
    full = "" if car.target_pct is None else f" with {car.target_pct:.0f} %"
    at = clock(car.deadline)
    return f"discharging to help {car.name}: it must leave{full} at {at} and lacks {asks}{besides}"


def ready(bank: Bank) -> str:
    by = f" by {clock(bank.departs)}" if bank.departs else ""
    return f"charging with {bank.must_kw:.2f} kW to be ready{by}"


def keeping(worth: Worth, spare_kwh: float, buy_eur: float, car_kw: float) -> str:
    if car_kw > 0:
        return f"holding: the car's {car_kw:.1f} kW come from the grid"
    if spare_kwh <= 0 and worth.keep_kwh > 0:
        return f"holding: {worth.keep_kwh:.1f} kWh stay for the peaks of days like this"
    if worth.dear is not None and worth.dear_eur_kwh is not None:
        at = clock(worth.dear)
        return f"holding: {buy_eur:.2f} EUR/kWh now, {worth.dear_eur_kwh:.2f} at {at}"
    return f"holding: a stored kWh is worth more later than {buy_eur:.2f} EUR now"


def granted(why: str) -> str:
    return f"granted by dm: {why}"


def owner(scene: Scene) -> str:
    until = f" until {clock(scene.wish.until)}" if scene.wish.until else ""
    power = f" {scene.wish.power_kw:.2f} kW" if scene.wish.power_kw else ""
    return f"{scene.wish.mode}{power}{until}, as you said"
