"""Readings and prices for the tests of costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from p1.reading import Medium, Reading, Submeter, Tariff
from rates.amounts import Booking, Lines, Pricing, Register
from rates.ledger import Ledger, advance
from rates.seed_form import SeedRates, seed_rates

SEED = """{
  "Gas": {"+": 1.576, "cnv": ["kWh", 11.510]},
  "Water": {"+": 6.1},
  "Electricity": {"+": {"Day": 0.4, "Night": 0.3},
                  "-": {"Day": 0.1, "Night": 0.1}}
}
"""
RATES: SeedRates = seed_rates(SEED)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
METER = "1SAG1234567890"


@dataclass(frozen=True)
class Flat:
    """One price for all registers, on the line `energy`."""

    eur: Decimal

    def cost(self, register: Register, amount: Decimal, quarter: datetime) -> Lines:
        return {"energy": amount * self.eur}

    def price(self, register: Register, quarter: datetime) -> Decimal | None:
        return self.eur

    def doubts(self, register: Register, quarter: datetime) -> Mapping[str, str]:
        return {}


def after(minutes: float = 0, seconds: float = 0) -> datetime:
    return NOON + timedelta(minutes=minutes, seconds=seconds)


def reading(
    at: datetime,
    day: str | None = "1000.000",
    night: str | None = None,
    injection: str | None = None,
    meter_id: str | None = METER,
    submeters: Iterable[Submeter] = (),
) -> Reading:
    return Reading(
        time=at,
        meter_id=meter_id,
        version="50221",
        tariff=Tariff.DAY,
        offtake_day_kwh=_kwh(day),
        offtake_night_kwh=_kwh(night),
        injection_day_kwh=_kwh(injection),
        submeters=tuple(submeters),
    )


def gas(
    taken: datetime | None, m3: str | None, meter_id: str | None = "7FLO1", channel: int = 1
) -> Submeter:
    value = None if m3 is None else Decimal(m3)
    return Submeter(
        channel=channel,
        medium=Medium.GAS,
        meter_id=meter_id,
        value=value,
        unit="m3",
        at=taken,
        valve=None,
    )


def water(taken: datetime, m3: str, meter_id: str = "8SEN2") -> Submeter:
    return Submeter(
        channel=2,
        medium=Medium.WATER,
        meter_id=meter_id,
        value=Decimal(m3),
        unit="m3",
        at=taken,
        valve=None,
    )


@dataclass
class Counted:
    """A ledger fed telegram by telegram, with its bookings and notes."""

    ledger: Ledger = field(default_factory=Ledger)
    bookings: list[Booking] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def feed(self, told: Reading, pricing: Pricing = RATES, at: datetime | None = None) -> None:
        moment = at or told.time
        assert moment is not None
        before = self.ledger
        self.ledger, booked = advance(before, told, moment, pricing)
        self.bookings += booked
        if self.ledger is not before:
            self.notes += self.ledger.notes

    def total(self, register: Register) -> Decimal:
        return sum((b.amount for b in self.bookings if b.register is register), Decimal())

    def by_quarter(self, register: Register) -> Mapping[datetime, Decimal]:
        sums: dict[datetime, Decimal] = {}
        for booking in self.bookings:
            if booking.register is register:
                sums[booking.quarter] = sums.get(booking.quarter, Decimal()) + booking.amount
        return sums


def fed(readings: Iterable[Reading], pricing: Pricing = RATES) -> Counted:
    counted = Counted()
    for told in readings:
        counted.feed(told, pricing)
    return counted


def _kwh(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
