"""/metrics: the state of the programs in Prometheus format. Unknown is left out, never 0."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import NamedTuple

from base import messages
from my_socket import Page, Table

PATH = "/metrics"
KIND = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "digital_meter_"


class Metric(NamedTuple):
    """One number: its name without the prefix, its description, and its labels by name.

    A `counter` only increases; its name ends with _total on the page.
    """

    name: str
    help: str
    value: float | None
    labels: tuple[tuple[str, str], ...] = ()
    counter: bool = False


def served(metrics: Callable[[], Iterable[Metric]]) -> Table:
    """A page of the current `metrics`."""

    async def page(_: str) -> Page:
        found = [metric for metric in metrics() if metric.value is not None]
        # Its import takes a moment on a small machine, and most houses never ask.
        return Page(await asyncio.to_thread(_text, found), HTTPStatus.OK, KIND)

    return page


def of_house(
    house: messages.House, peak: messages.PeakState, bill: messages.Bill
) -> Iterator[Metric]:
    """The meter, the quarter and the money; no live values of a silent meter."""
    if house.health.state == "fresh":
        yield Metric("offtake_watts", "Power from the grid", _watts(house.offtake_kw))
        yield Metric("injection_watts", "Power into the grid", _watts(house.injection_kw))
        yield Metric("headroom_watts", "Room until the quarter ends", _watts(house.headroom_kw))
        yield Metric("steady_watts", "Room that lasts", _watts(house.steady_kw))
        yield Metric("target_watts", "Target of the quarter", _watts(house.target_kw))
        if house.quarter is not None:
            forecast = _watts(house.quarter.forecast_kw)
            so_far = _watts(house.quarter.so_far_kw)
            yield Metric("quarter_so_far_watts", "Mean demand of the quarter so far", so_far)
            yield Metric("quarter_forecast_watts", "Forecast demand of the quarter", forecast)
        for flow, price in (
            ("offtake", house.price_offtake_eur_kwh),
            ("injection", house.price_injection_eur_kwh),
        ):
            yield Metric("price_eur_per_kwh", "Price now", price, (("flow", flow),))
    for name, grant in house.grants.items():
        yield Metric("grant_watts", "Power allowed now", _watts(grant.kw), (("peer", name),))
    if house.month_peak is not None:
        yield Metric("month_peak_watts", "Month peak", _watts(house.month_peak.kw))
    yield Metric("mean_peak_watts", "Mean of twelve month peaks", _watts(peak.mean_kw))
    yield Metric("bill_eur", "Bill of this month so far", bill.total_eur)
    yield Metric("bill_expected_eur", "Expected bill of this month", bill.expected_eur)
    yield Metric("telegrams", "Valid telegrams", house.health.good, counter=True)
    yield Metric("telegrams_rejected", "Damaged telegrams", house.health.rejected, counter=True)
    yield Metric("telegram_age_seconds", "Age of the last telegram", house.health.age_s)


def of_registers(told: messages.Registers) -> Iterator[Metric]:
    """The meter's own registers."""
    for flow in ("offtake", "injection"):
        for tariff in ("day", "night"):
            value = getattr(told, f"{flow}_{tariff}_kwh")
            labels = (("tariff", tariff),)
            yield Metric(f"{flow}_kwh", f"Register of {flow}", value, labels, counter=True)
    yield Metric("gas_m3", "Register of gas", told.gas_m3, counter=True)
    yield Metric("water_m3", "Register of water", told.water_m3, counter=True)


def of_vitals(vitals: messages.Vitals) -> Iterator[Metric]:
    """Metrics of a program's health."""
    labels = (("program", vitals.name),)
    yield Metric("healthy", "1 when all is well", float(vitals.healthy), labels)
    yield Metric("uptime_seconds", "Time since its start", vitals.uptime_s, labels)
    restarts = float(sum(vitals.restarts.values()))
    yield Metric("part_restarts", "Parts started again", restarts, labels, counter=True)


def of_charging(told: messages.Charging) -> Iterator[Metric]:
    """Cars and chargers."""
    for car in told.cars:
        soc = None if car.soc_pct is None else car.soc_pct / 100
        yield Metric("car_charge_ratio", "State of charge", soc, (("car", car.name),))
    for each in told.chargers:
        labels = (("charger", each.name),)
        yield Metric("charger_watts", "Charging power", _watts(each.power_kw), labels)
        yield Metric("charger_set_point_amperes", "Set-point", each.told_a, labels)


def of_batteries(told: messages.Batteries) -> Iterator[Metric]:
    """Home batteries."""
    for each in told.batteries:
        labels = (("battery", each.name),)
        soc = None if each.soc_pct is None else each.soc_pct / 100
        yield Metric("battery_charge_ratio", "State of charge", soc, labels)
        yield Metric("battery_watts", "Power, charging positive", _watts(each.power_kw), labels)


def _watts(kw: float | None) -> float | None:
    return None if kw is None else round(1000.0 * kw, 1)


def _text(metrics: Iterable[Metric]) -> str:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.registry import Collector

    class _Given(Collector):
        """The families of this one page."""

        def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
            families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
            for each in metrics:
                names = [name for name, _ in each.labels]
                kind = CounterMetricFamily if each.counter else GaugeMetricFamily
                if each.name not in families:
                    families[each.name] = kind(PREFIX + each.name, each.help, labels=names)
                assert each.value is not None
                families[each.name].add_metric([text for _, text in each.labels], each.value)
            yield from families.values()

    registry = CollectorRegistry()
    registry.register(_Given())
    return generate_latest(registry).decode()
