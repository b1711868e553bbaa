"""Cost of a kWh into a car as it charges: of the grid its price, of the battery the price that it
would have saved, of the sun the price that it would have earned."""

from dataclasses import dataclass

from base import messages


@dataclass(frozen=True, slots=True)
class FromBattery:
    """Share of the home battery in the cars' power, and the value of its kWh."""

    share: float = 0.0
    eur_kwh: float = 0.0


NOTHING = FromBattery()


def eur_kwh(house: messages.House, cars_kw: float) -> float | None:
    """EUR for each kWh that all cars take together at this moment; None when a price is unknown.

    The house comes first: the cars take the offtake at the meter first, then the power of the
    batteries. A stored kWh is worth the offtake that it would save in the evening. The rest is sun
    that would have been injected.
    """
    if house.offtake_kw is None:
        return None
    bought_kw = house.offtake_kw + (house.discharging_kw or 0.0)
    bought = min(1.0, bought_kw / cars_kw) if cars_kw > 0 else 1.0
    buy, sell = house.price_offtake_eur_kwh, house.price_injection_eur_kwh
    if bought > 0 and buy is None:
        return None
    return bought * (buy or 0.0) + (1.0 - bought) * (sell or 0.0)


def sun_share(house: messages.House, cars_kw: float) -> float:
    """Share of the cars' power from the roof: the part from neither grid nor battery."""
    if house.offtake_kw is None or cars_kw <= 0:
        return 0.0
    bought_kw = house.offtake_kw + (house.discharging_kw or 0.0)
    return max(0.0, 1.0 - bought_kw / cars_kw)


def from_battery(house: messages.House, cars_kw: float) -> FromBattery:
    """Power from the home battery: after the grid, before the sun."""
    gives_kw, eur_kwh = house.discharging_kw or 0.0, house.price_offtake_eur_kwh
    if house.offtake_kw is None or eur_kwh is None or cars_kw <= 0 or gives_kw <= 0:
        return NOTHING
    left_kw = max(0.0, cars_kw - house.offtake_kw)
    return FromBattery(min(gives_kw, left_kw) / cars_kw, eur_kwh)
