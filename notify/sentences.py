"""Every sentence of the notifications, whole: a title and a text for each reason."""

from datetime import date, datetime
from typing import NamedTuple

from base.time import BRUSSELS

ACCEPT, REFUSE, BOOST, GUEST = "Accept", "Refuse", "Charge now", "A guest"


class Told(NamedTuple):
    """What a notification says."""

    title: str
    text: str


def month_peak(over_kw: float, target_kw: float, left_min: int, eur: float | None) -> Told:
    title = f"New month peak: {over_kw:.1f} kW too much"
    if eur is None:
        return Told(
            title,
            f"This quarter hour goes {over_kw:.1f} kW above {target_kw:.1f} kW. Switch something"
            f" off within {left_min} minutes.",
        )
    return Told(
        title,
        f"This quarter hour goes {over_kw:.1f} kW above {target_kw:.1f} kW, which costs {eur:.2f} €"
        f" over the coming bills. Switch something off within {left_min} minutes.",
    )


def dear_trip(
    car: str, leaves: datetime, eur: float, over_kw: float | None, without: str, *, accepted: bool
) -> Told:
    """`over_kw` is None where dear hours are paid; `without` is `leaves_at` or `leaves_short`."""
    why = "It pays dear hours." if over_kw is None else f"The month peak rises by {over_kw:.1f} kW."
    now = "Without an answer it is accepted." if accepted else "Without an answer it is refused."
    return Told(
        f"{car} on {_moment(leaves)}: fully charged for {eur:.2f} € more?", f"{why} {without} {now}"
    )


def leaves_at(soc_pct: float) -> str:
    return f"Otherwise the car leaves at {soc_pct:.0f} %."


def leaves_short(lacks_kwh: float) -> str:
    return f"Otherwise the car leaves with {lacks_kwh:.1f} kWh less than it needs."


def short_trip(car: str, leaves: datetime, lacks_kwh: float) -> Told:
    return Told(
        f"{car} will not be ready",
        f"The car leaves on {_moment(leaves)} with {lacks_kwh:.1f} kWh less than it needs, unless"
        " it charges as fast as it can from now on.",
    )


def unplugged(car: str, leaves: datetime, soc_pct: float, need_kwh: float) -> Told:
    return Told(
        f"{car} is at {soc_pct:.0f} % and not plugged in",
        f"The car leaves on {_moment(leaves)} and needs {need_kwh:.0f} kWh more.",
    )


def unknown_car(charger: str) -> Told:
    return Told(
        f"Which car is on charger {charger}?",
        "Nothing tells for certain which one it is.",
    )


def silence(minutes: int) -> Told:
    return Told(
        f"No telegram from the meter for {minutes} minutes",
        "Cars and batteries follow their own safe limits. Look at the cable, or type"
        " ./do_py.sh doctor on the machine of the meter.",
    )


def consent(since: datetime) -> Told:
    return Told(
        "The meter no longer sends its month peaks",
        f"They are missing since {_moment(since)}; our own count stands in. Renew the consent for"
        " the P1 port on mijn.fluvius.be.",
    )


def no_prices(day: date) -> Told:
    return Told(
        f"No prices for {day:%a %-d %b} yet",
        "The plan uses estimates until they are published; they are asked for each hour.",
    )


def ending(sentence: str) -> Told:
    return Told("Prices that end soon", sentence)


def bill(month: date, eur: float, peak_kw: float | None, peak_eur: float | None) -> Told:
    title = f"{month:%B %Y}: {eur:.2f} €"
    if peak_kw is None:
        return Told(title, "That is the whole month, VAT included.")
    if peak_eur is None:
        return Told(title, f"VAT included. The month peak was {peak_kw:.2f} kW.")
    return Told(
        title,
        f"VAT included. The month peak was {peak_kw:.2f} kW; the capacity tariff is"
        f" {peak_eur:.2f} € of it.",
    )


def test() -> Told:
    return Told("Notifications work", "This is a test of the digital meter. It needs no answer.")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BRUSSELS):%a %-d %b %H:%M}"
