"""What a kWh into a car costs as it charges: of the grid its price, of the sun what it forgoes."""

from base import messages


def eur_kwh(house: messages.House, cars_kw: float) -> float | None:
    """EUR for each kWh that all cars take together at this moment; None when a price is unknown.

    The house comes first: what the meter shows as offtake is the cars' as far as they take it, and
    the rest of what they take is sun, which would have been injected.
    """
    if house.offtake_kw is None:
        return None
    grid = min(1.0, house.offtake_kw / cars_kw) if cars_kw > 0 else 1.0
    buy, sell = house.price_offtake_eur_kwh, house.price_injection_eur_kwh
    if grid > 0 and buy is None:
        return None
    return grid * (buy or 0.0) + (1.0 - grid) * (sell or 0.0)
