"""The eight causes of a notification: time, sentence and buttons of each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from base import messages
from notify.causes import REASONS
from tests.notify.factories import (
    EVENING,
    LEAVES,
    QUARTER,
    away,
    charging,
    choice,
    guest,
    house,
    lasting,
    outlook,
    peak,
    quarter,
    scene,
    told,
)

PEAK = {"house": house(quarter=quarter(4.6))}


def labels(notification: messages.Notification) -> list[str]:
    return [button.label for button in notification.buttons]


def test_a_quiet_evening_causes_no_notification() -> None:
    assert told(lasting(30)) == []
    assert len(REASONS) == len(messages.REASONS) == 8


def test_a_lasting_new_month_peak_is_notified_with_its_cost() -> None:
    (first,) = told(lasting(5, **PEAK))
    assert first.at == EVENING + timedelta(minutes=1)
    assert first.title == "New month peak: 1.2 kW too much"
    assert first.text == (
        "This quarter hour goes 1.2 kW above 3.4 kW, which costs 5.28 € over the coming bills."
        " Switch something off within 7 minutes."
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"quarter": quarter(4.6, so_far_kw=3.5)},  # too late to avoid it
        {"time": QUARTER + timedelta(minutes=13)},
        {"month_peak": {"kw": 5.0, "at": None}},  # below the month peak
        {"quarter": None},
        {"target_kw": None},
    ],
)
def test_no_notification_of_a_false_or_unavoidable_peak(changed: dict[str, object]) -> None:
    values = {"quarter": quarter(4.6), **changed}
    assert told(lasting(5, house=house(**values))) == []


def test_an_expensive_trip_asks_whether_it_is_accepted() -> None:
    (first,) = told(lasting(5, outlook=outlook(choices=(choice(),))))
    assert first.title == "q4 on Fri 16 Jan 07:30: fully charged for 5.24 € more?"
    assert first.text == (
        "The month peak rises by 1.2 kW. Otherwise the car leaves at 61 %."
        " Without an answer it is accepted."
    )
    assert [(b.label, b.to, b.word) for b in first.buttons] == [
        ("Accept", "ev", "accept"),
        ("Refuse", "ev", "refuse"),
    ]
    assert first.until == LEAVES


def test_a_trip_that_uses_expensive_hours_reports_it() -> None:
    dear = choice(over_kw=0.0, without_pct=None, accepted=False)
    (first,) = told(lasting(5, outlook=outlook(choices=(dear,))))
    assert first.text == (
        "It uses expensive hours. Otherwise the car leaves with 14.0 kWh less than it needs."
        " Without an answer it is refused."
    )


def test_a_trip_that_cannot_be_met_offers_to_charge_at_once() -> None:
    car = messages.CarState(name="q4", charger="main", lacks_kwh=5.2, leaves=LEAVES)
    (first,) = told(lasting(15, charging=charging(cars=(car,))))
    assert first.reason == "trip"
    assert "07:30 with 5.2 kWh less than it needs" in first.text
    assert [(b.word, b.args) for b in first.buttons] == [("boost", ("q4",))]


def test_a_trip_with_a_choice_is_not_notified_twice() -> None:
    car = messages.CarState(name="q4", charger="main", lacks_kwh=5.2, leaves=LEAVES)
    both = {"charging": charging(cars=(car,)), "outlook": outlook(choices=(choice(),))}
    assert len(told(lasting(30, **both))) == 1


def test_a_low_unplugged_car_is_notified_the_evening_before() -> None:
    afternoon = EVENING - timedelta(hours=3)
    assert told(lasting(30, now=afternoon, needs=away())) == []
    (first,) = told(lasting(30, needs=away()))
    assert first.title == "q4 is at 31 % and not plugged in"
    assert first.text == "The car leaves on Fri 16 Jan 07:30 and needs 24 kWh more."


@pytest.mark.parametrize("changed", [{"plugged": True}, {"plugged": None}, {"trips": ()}])
def test_a_car_that_needs_nothing_causes_no_notification(changed: dict[str, object]) -> None:
    assert told(lasting(30, needs=away(**changed))) == []


def test_an_unknown_car_has_a_button_for_each_that_it_may_be() -> None:
    (first,) = told(lasting(30, charging=charging(guest())))
    assert first.title == "Which car is on charger main?"
    assert labels(first) == ["q4", "ioniq", "A guest"]
    assert [button.args for button in first.buttons] == [
        ("q4", "on", "main"), ("ioniq", "on", "main"), ("guest", "on", "main"),
    ]  # fmt: skip


def test_a_car_that_is_known_within_minutes_is_not_asked() -> None:
    known = messages.ChargerState(name="main", plugged=True, car="q4")
    soon = [*lasting(2, charging=charging(guest()))]
    later = lasting(30, now=EVENING + timedelta(minutes=3), charging=charging(known))
    assert told([*soon, *later]) == []


def test_silence_is_notified_after_ten_minutes_each_time() -> None:
    gone = house(health={"state": "stale", "age_s": 60.0, "good": 9, "rejected": 0}, quarter=None)
    silent = lasting(30, house=gone)
    back = lasting(2, now=EVENING + timedelta(minutes=31))
    again = lasting(12, now=EVENING + timedelta(minutes=40), house=gone)
    first, second = told([*silent, *back, *again])
    assert first.at == EVENING + timedelta(minutes=10)
    assert first.title == "No telegram from the meter for 10 minutes"
    assert second.at == EVENING + timedelta(minutes=50)


def test_missing_month_peaks_are_notified_with_a_remedy() -> None:
    (first,) = told(lasting(30, peak=peak(lost_since=EVENING - timedelta(hours=1))))
    assert "since Thu 15 Jan 17:38" in first.text
    assert "mijn.fluvius.be" in first.text


def test_missing_prices_are_notified_at_eight() -> None:
    known = (0.3,) * 26  # prices are known until midnight
    missing = outlook(buy_eur_kwh=(*known, *(None,) * 166))
    (first,) = told(lasting(180, outlook=missing))
    assert first.at.hour == 19  # 20:00 in Belgium
    assert first.title == "No prices for Fri 16 Jan yet"


def test_each_ending_tariff_is_notified_once() -> None:
    rates = messages.Rates(time=EVENING, tariff="day", rates=(), endings=("Tables end.", "So too."))
    assert [each.text for each in told(lasting(5, rates=rates))] == ["Tables end.", "So too."]


def bill(**more: object) -> messages.Bill:
    values = {
        "time": EVENING, "start": date(2025, 12, 3), "total_eur": 244.76,
        "lines": [
            {"name": "capacity tariff", "energy": "electricity", "amount": 3.1, "unit": "kW",
             "eur": 14.2}
        ],
        "peaks": [{"month": date(2025, 12, 1), "kw": 3.41, "billed_kw": 3.41}],
    }  # fmt: skip
    return messages.Bill.model_validate({**values, **more})


def test_the_bill_of_the_month_is_notified_in_the_first_week() -> None:
    new_year = datetime(2026, 1, 1, 8, tzinfo=UTC)
    (first,) = told(lasting(5, now=new_year, closed=bill()))
    assert first.title == "Bill of Dec 2025: 244.76 €"
    assert first.text == (
        "VAT included. The month peak was 3.41 kW; the capacity tariff is 14.20 € of it."
    )
    assert told(lasting(5, closed=bill())) == []
    assert told(lasting(5, now=new_year, closed=bill(total_eur=None))) == []


def test_what_came_from_outside_is_one_printable_line() -> None:
    evil = choice(car="q4\u202e<b>\nx")
    (first,) = told(lasting(5, outlook=outlook(choices=(evil,))))
    assert first.title.startswith("q4<b> x on Fri")


def test_a_scene_without_anything_is_no_error() -> None:
    nothing = messages.House(
        time=None, meter_id=None, tariff=None, offtake_kw=None, injection_kw=None,
        health=messages.Health(state="silent", age_s=None, good=0, rejected=0),
    )  # fmt: skip
    assert told([scene(house=nothing, outlook=None, peak=None)]) == []
