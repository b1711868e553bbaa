"""What one asset does this second, and why: its worth by the plan against the prices of now, inside
what the quarter, the fuse and its own limits leave."""

from collections.abc import Sequence

from base.time import HOUR_S
from plan.assets import Battery, Car, Consumer
from plan.state import Scene, spare_kw

SAME_EUR = 2e-3
"""Prices nearer than this are the same: then the plan's own amount counts."""
SOME_KW = 0.05
BEARABLE = 0.7
"""A car charges on at its least power while the quarter leaves this part of it."""
Turn = tuple[float, str]


def rank(car: Car, scene: Scene) -> tuple[bool, float, str]:
    """Those the plan lets charge now first, of these the one whose kWh is worth most."""
    kw, worth = scene.planned((car.peer, car.name)) or (0.0, 0.0)
    return (kw <= SOME_KW, -round(worth, 3), car.name)


def consumer_turn(consumer: Consumer, scene: Scene) -> Turn:
    """All it asks, as far as the quarter and the connection leave room."""
    wanted = consumer.most_kw, "there is room for all of it"
    return _in_bounds(consumer, wanted, scene, scene.room_kw, scene.room_kw)


def car_turn(car: Car, batteries: Sequence[Battery], scene: Scene, others_kw: float = 0.0) -> Turn:
    """kW for this car: what it wants, as far as the quarter and the connection leave room.

    `others_kw` is what the plan gives to the cars whose turn is still to come.
    """
    if not car.plugged(scene.now):
        return 0.0, "dm has not heard of a car on its cable"
    wanted = _wanted(car, batteries, scene)
    room_kw = scene.room_kw - others_kw
    planned = scene.planned((car.peer, car.name))
    if planned and planned[0] > SOME_KW and _carried(planned[1], batteries, scene):
        # What the plan let the battery carry, it still carries.
        carried_kw = min(planned[0], scene.carried_kw(room_kw))
        return _in_bounds(car, wanted, scene, room_kw, max(room_kw, carried_kw))
    return _in_bounds(car, wanted, scene, room_kw, room_kw)


def _in_bounds(
    taker: Car | Consumer, wanted: Turn, scene: Scene, room_kw: float, most_room_kw: float
) -> Turn:
    """What it wants within the quarter and the connection: from its least power on, or nothing.

    The quarter leaves `room_kw`; `most_room_kw` with what the plan lets a battery carry of it.
    """
    wanted_kw, reason = wanted
    power_kw = min(wanted_kw, most_room_kw)
    if power_kw < wanted_kw - SOME_KW:
        reason = f"{max(0.0, power_kw):.1f} kW is left under the target of this quarter"
    if power_kw < taker.least_kw <= 2 * wanted_kw:
        power_kw, reason = _at_least(taker, scene, room_kw, most_room_kw, reason)
    most_kw = min(taker.most_kw, scene.connection.room_kw(taker))
    if most_kw < power_kw:
        power_kw = most_kw
        if most_kw < taker.least_kw:
            reason = _refused(taker, most_kw, "the main fuse")
        elif most_kw < taker.most_kw:
            reason = f"{max(0.0, most_kw):.1f} kW is left under the main fuse"
    return (power_kw, reason) if power_kw >= max(SOME_KW, taker.least_kw) else (0.0, reason)


def _refused(taker: Car | Consumer, left_kw: float, limit: str) -> str:
    """Why it is not granted its least power."""
    least_kw, left = taker.least_kw, f"{max(0.0, left_kw):.1f} kW is left under {limit}"
    return f"its least of {least_kw:.1f} kW cannot be granted: {left}" if least_kw else left


def _wanted(car: Car, batteries: Sequence[Battery], scene: Scene) -> Turn:
    """What its worth against the prices of now says, before any limit."""
    planned = scene.planned((car.peer, car.name))
    if planned is None:
        if car.stays[0].need_kwh > 0:
            return car.most_kw, "no plan: it charges"
        return scene.sun_kw, "no plan: it takes the sun"
    kw, worth = planned
    as_planned = f"{kw:.1f} kW is planned for now"
    if worth > scene.buy + SAME_EUR:
        return car.most_kw, f"a kWh in it is worth {worth:.3f} EUR, above {scene.buy:.3f} now"
    if worth < scene.sell - SAME_EUR:
        return 0.0, "injecting earns more than it would be worth in the car"
    sun_kw = _sun_kw(worth, batteries, scene)
    if worth > scene.buy - SAME_EUR:
        return max(kw, sun_kw), as_planned
    if kw > SOME_KW and _carried(worth, batteries, scene):
        return max(kw, sun_kw), as_planned
    if worth <= scene.sell + SAME_EUR:
        return min(kw, sun_kw), as_planned
    return sun_kw, "it takes the sun" if sun_kw else "it waits for a better hour"


def _sun_kw(worth: float, batteries: Sequence[Battery], scene: Scene) -> float:
    """The sun that is left when the batteries in which it is worth more had theirs."""
    taken_kw = 0.0
    for battery in batteries:
        planned = scene.planned((battery.peer, battery.name))
        if planned and _takes(battery, planned[1]) > worth + SAME_EUR:
            taken_kw += min(battery.charge_kw, _space_kwh(battery) / scene.left_h)
    return max(0.0, scene.sun_kw - taken_kw)


def _carried(worth: float, batteries: Sequence[Battery], scene: Scene) -> bool:
    """Whether what is in a battery is worth no more than what would be in the car."""
    for battery in batteries:
        planned = scene.planned((battery.peer, battery.name))
        if planned and _gives(battery, planned[1]) <= worth + SAME_EUR:
            return True
    return False


def _at_least(
    taker: Car | Consumer, scene: Scene, room_kw: float, most_room_kw: float, reason: str
) -> Turn:
    """Its least power, when there is room or a battery holds what lacks of it; or nothing."""
    lacking_kw = taker.least_kw - most_room_kw
    if lacking_kw <= 0:
        return taker.least_kw, reason
    held_kw = max(most_room_kw, room_kw + scene.hold_kw - scene.rise_kw)
    if taker.power_kw > SOME_KW and held_kw > BEARABLE * taker.least_kw:
        return taker.least_kw, "at its least power: the quarter bears it, and most loads end soon"
    short = lacking_kw * scene.left_h <= scene.rules.carry_kwh
    if taker.power_kw > SOME_KW and short and taker.least_kw <= scene.carried_kw(room_kw):
        return taker.least_kw, f"at its least power; the battery gives {lacking_kw:.1f} kW of it"
    return 0.0, _refused(taker, room_kw, "the target")


def battery_turn(battery: Battery, scene: Scene) -> Turn:
    """kW of this battery (positive is charging)."""
    power_kw, reason = _wished(battery, scene)
    free_kwh = battery.stored_kwh - scene.kept_kwh((battery.peer, battery.name))
    free_kw = max(0.0, free_kwh) * battery.efficiency / scene.left_h
    if power_kw < -free_kw:
        power_kw, reason = -free_kw, "the rest is kept for what may still come"
    room_kw = max(0.0, min(scene.room_kw, scene.connection.room_kw(battery)))
    if power_kw > room_kw:
        power_kw, reason = room_kw, _in_room(room_kw)
    if scene.over_kw > 0 and power_kw > -scene.over_kw:
        power_kw, reason = -scene.over_kw, _under_target(scene)
    least_kw = -spare_kw(battery, 1.0 / HOUR_S)
    most_kw = min(battery.charge_kw, _space_kwh(battery) * HOUR_S)
    able_kw = min(max(power_kw, least_kw), most_kw)
    if abs(able_kw) < SOME_KW <= abs(power_kw):
        reason = f"holding: it can {'take no more' if power_kw > 0 else 'give nothing'} now"
    return able_kw, reason


def _in_room(room_kw: float) -> str:
    """Why a battery takes no more than quarter and fuse leave."""
    if room_kw < SOME_KW:
        return "holding: quarter and fuse leave no room to charge"
    return "charging as far as quarter and fuse leave room"


def _under_target(scene: Scene) -> str:
    """Why a battery gives what keeps the quarter under its target."""
    if not scene.helped:
        return "discharging to keep the quarter under its target"
    return f"discharging so that {' and '.join(scene.helped)} can charge under the target"


def _wished(battery: Battery, scene: Scene) -> Turn:
    """What its worth against the prices of now says, before any limit."""
    planned = scene.planned((battery.peer, battery.name))
    if planned is None:
        return -scene.net_kw, "no plan: it stores the sun and gives it back"
    kw, worth = planned
    gives, takes = _gives(battery, worth), _takes(battery, worth)
    if scene.sell > gives + SAME_EUR:
        return -battery.discharge_kw, f"injecting earns {scene.sell:.3f} EUR/kWh now"
    if scene.buy < takes - SAME_EUR:
        return battery.charge_kw, f"a kWh costs {scene.buy:.3f} EUR now, worth {takes:.3f} later"
    if scene.net_kw > 0:
        return _importing(scene, kw, gives, takes)
    if scene.sell < takes - SAME_EUR:
        return scene.sun_kw, "storing the sun"
    if scene.sell < takes + SAME_EUR:
        return min(scene.sun_kw, max(kw, 0.0)), "storing the sun as planned"
    return 0.0, f"injecting earns {scene.sell:.3f} EUR/kWh now"


def _importing(scene: Scene, kw: float, gives: float, takes: float) -> Turn:
    """While the house takes from the grid."""
    if scene.buy > gives + SAME_EUR:
        return -scene.net_kw, f"a kWh costs {scene.buy:.3f} EUR now, in the battery {gives:.3f}"
    if scene.buy > gives - SAME_EUR and kw < 0:
        grid_kw = scene.plan.grid_kw[scene.index] if scene.plan else 0.0
        covers = grid_kw < SOME_KW
        return -scene.net_kw if covers else max(kw, -scene.net_kw), "discharging as planned"
    if abs(scene.buy - takes) <= SAME_EUR and kw > 0:
        return kw, "charging as planned"
    return 0.0, f"waiting: a kWh in it saves more than {scene.buy:.3f} EUR later"


def _gives(battery: Battery, worth: float) -> float:
    """What a kWh out of it costs, EUR."""
    return worth / battery.efficiency + battery.wear_eur_kwh


def _takes(battery: Battery, worth: float) -> float:
    """What a kWh into it is worth, EUR."""
    return worth * battery.efficiency - battery.wear_eur_kwh


def _space_kwh(battery: Battery) -> float:
    return max(0.0, battery.capacity_kwh - battery.stored_kwh) / battery.efficiency
