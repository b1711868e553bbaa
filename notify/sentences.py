"""Every sentence of the notifications, whole: a title and a text for each reason.

In English, as on the wire: the sender translates them with `Language.read`.
"""

from datetime import date, datetime
from typing import NamedTuple

from base.language import phrase
from base.time import BRUSSELS

ACCEPT, REFUSE, BOOST, GUEST = (
    phrase("Accept"),
    phrase("Refuse"),
    phrase("Charge now"),
    phrase("A guest"),
)


class Told(NamedTuple):
    """Title and text of a notification."""

    title: str
    text: str


def month_peak(over_kw: float, target_kw: float, left_min: int, eur: float | None) -> Told:
    title = phrase("New month peak: {kw:.1f} kW too much", kw=over_kw)
    if eur is None:
        text = phrase(
            "This quarter hour goes {kw:.1f} kW above {target:.1f} kW. Switch something off within"
            " {min:d} minutes.",
            kw=over_kw,
            target=target_kw,
            min=left_min,
        )
        return Told(title, text)
    text = phrase(
        "This quarter hour goes {kw:.1f} kW above {target:.1f} kW, which costs {eur:.2f} € over the"
        " coming bills. Switch something off within {min:d} minutes.",
        kw=over_kw,
        target=target_kw,
        eur=eur,
        min=left_min,
    )
    return Told(title, text)


def dear_trip(
    car: str, leaves: datetime, eur: float, over_kw: float | None, without: str, *, accepted: bool
) -> Told:
    """`over_kw` is None where dear hours are paid; `without` is `leaves_at` or `leaves_short`."""
    title = phrase(
        "{car} on {time}: fully charged for {eur:.2f} € more?",
        car=car,
        time=_moment(leaves),
        eur=eur,
    )
    why = (
        phrase("It uses expensive hours.")
        if over_kw is None
        else phrase("The month peak rises by {kw:.1f} kW.", kw=over_kw)
    )
    now = (
        phrase("Without an answer it is accepted.")
        if accepted
        else phrase("Without an answer it is refused.")
    )
    return Told(title, f"{why} {without} {now}")


def leaves_at(soc_pct: float) -> str:
    return phrase("Otherwise the car leaves at {soc:.0f} %.", soc=soc_pct)


def leaves_short(lacks_kwh: float) -> str:
    return phrase("Otherwise the car leaves with {kwh:.1f} kWh less than it needs.", kwh=lacks_kwh)


def short_trip(car: str, leaves: datetime, lacks_kwh: float) -> Told:
    return Told(
        phrase("{car} will not be ready", car=car),
        phrase(
            "The car leaves on {time} with {kwh:.1f} kWh less than it needs, unless it charges"
            " at full power from now on.",
            time=_moment(leaves),
            kwh=lacks_kwh,
        ),
    )


def unplugged(car: str, leaves: datetime, soc_pct: float, need_kwh: float) -> Told:
    return Told(
        phrase("{car} is at {soc:.0f} % and not plugged in", car=car, soc=soc_pct),
        phrase(
            "The car leaves on {time} and needs {kwh:.0f} kWh more.",
            time=_moment(leaves),
            kwh=need_kwh,
        ),
    )


def unknown_car(charger: str) -> Told:
    return Told(
        phrase("Which car is on charger {charger}?", charger=charger),
        phrase("The car could not be identified with certainty."),
    )


def silence(minutes: int) -> Told:
    return Told(
        phrase("No telegram from the meter for {min:d} minutes", min=minutes),
        phrase(
            "Cars and batteries follow their own safe limits. Check the cable, or run"
            " ./do_py.sh doctor on the meter's machine."
        ),
    )


def consent(since: datetime) -> Told:
    return Told(
        phrase("The meter no longer sends its month peaks"),
        phrase(
            "They have been missing since {time}; our own count replaces them. Renew the"
            " consent for the P1 port on mijn.fluvius.be.",
            time=_moment(since),
        ),
    )


def no_prices(day: date) -> Told:
    return Told(
        phrase("No prices for {day} yet", day=f"{day:%a %-d %b}"),
        phrase(
            "The plan uses estimates until the prices are published; they are requested each hour."
        ),
    )


def ending(sentence: str) -> Told:
    return Told(phrase("Prices that end soon"), sentence)


def bill(month: date, eur: float, peak_kw: float | None, peak_eur: float | None) -> Told:
    title = phrase("Bill of {month}: {eur:.2f} €", month=f"{month:%b %Y}", eur=eur)
    if peak_kw is None:
        return Told(title, phrase("That is the whole month, VAT included."))
    if peak_eur is None:
        return Told(title, phrase("VAT included. The month peak was {kw:.2f} kW.", kw=peak_kw))
    text = phrase(
        "VAT included. The month peak was {kw:.2f} kW; the capacity tariff is {eur:.2f} € of it.",
        kw=peak_kw,
        eur=peak_eur,
    )
    return Told(title, text)


def test() -> Told:
    return Told(
        phrase("Notifications work"),
        phrase("This is a test of the digital meter. It needs no answer."),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BRUSSELS):%a %-d %b %H:%M}"
