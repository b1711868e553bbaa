"""Wallonia and Brussels: tables, tariff hours, and items without VAT."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from base.time import BRUSSELS
from p1.reading import Tariff
from rates.amounts import Register
from rates.bill import bill
from tests.rates.contract.factories import FIXED, GAS, at, made


def local(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BRUSSELS).astimezone(UTC)


def line(area: str, tariff: str, register: Register, when: datetime, name: str) -> Decimal:
    contract = made(FIXED, grid_area=area, grid_tariff=tariff)
    return contract.cost(register, Decimal(100), when)[name].quantize(Decimal("1e-10"))


@pytest.mark.parametrize(
    ("hour", "cents"), [(18, "16.57"), (8, "10.83"), (23, "10.83"), (0, "10.83"),
                        (3, "5.09"), (13, "5.09")],
)  # fmt: skip
def test_the_impact_tariff_goes_by_the_clock(hour: int, cents: str) -> None:
    """PIC is 17-22, MEDIUM 07-11 and 22-01, ECO the rest, on weekends too."""
    for day in (4, 6):  # a Sunday and a Tuesday of January
        when = local(1, day, hour)
        assert line("ORES", "impact", Register.OFFTAKE_DAY, when, "distribution") == Decimal(cents)


def test_walloon_distribution_by_the_meters_registers() -> None:
    """Single rate, or day and night; transport is added."""
    noon = local(3, 3, 12)
    assert line("RESA", "mono", Register.OFFTAKE_NIGHT, noon, "distribution") == Decimal("11.06")
    assert line("RESA", "day_night", Register.OFFTAKE_DAY, noon, "distribution") == Decimal("12.20")
    assert line("RESA", "day_night", Register.OFFTAKE_NIGHT, noon, "distribution") == Decimal(
        "7.01"
    )
    assert line("RESA", "mono", Register.OFFTAKE_DAY, noon, "transport") == Decimal("2.74")


def test_the_walloon_connection_fee_bears_no_vat() -> None:
    """It is 0.075 cent per kWh, unchanged."""
    contract = made(FIXED, grid_area="ORES")
    uses = [(at(2026, 5, 1), Register.OFFTAKE_DAY, Decimal(1000))]
    shown = bill(uses, contract, start=date(2026, 1, 1), end=date(2027, 1, 1))
    fee = shown.line("connection fee")
    assert fee is not None
    assert (fee.eur_ex, fee.eur_incl) == (Decimal("0.75"), Decimal("0.75"))
    assert shown.line("capacity") is None


@pytest.mark.parametrize(("tariff", "due"), [("mono", "14.10"), ("impact", None)])
def test_the_walloon_fixed_term_is_not_due_under_impact(tariff: str, due: str | None) -> None:
    """It is 14.10 EUR a year at ORES, and nothing under Impact."""
    contract = made(FIXED, grid_area="ORES", grid_tariff=tariff)
    fixed = bill([], contract, start=date(2026, 1, 1), end=date(2027, 1, 1)).line("grid fixed")
    assert (fixed.eur_incl if fixed else None) == (Decimal(due) if due else None)


@pytest.mark.parametrize(
    ("kva", "service", "power"),
    [("1.44", None, "50.07"), ("9.2", "21.37", "50.07"), ("13", "26.71", "50.07"),
     ("17.3", "39.94", "100.15"), ("60", "173.25", "100.15")],
)  # fmt: skip
def test_brussels_by_the_power_of_the_connection(kva: str, service: str | None, power: str) -> None:
    """The public service term and the power term depend on the connection; metering is 14.73."""
    contract = made(FIXED, grid_area="Sibelga", connection_kva=float(kva))
    shown = bill([], contract, start=date(2026, 1, 1), end=date(2027, 1, 1))
    fees = {ln.name: str(ln.eur_incl) for ln in shown.lines}
    assert fees.get("public service") == service
    assert fees["power term"] == power
    assert fees["data management"] == "14.73"


@pytest.mark.parametrize(
    ("area", "month", "day", "hour", "tariff"),
    [
        ("Antwerpen", 7, 21, 12, Tariff.DAY),  # a holiday on a Tuesday
        ("Sibelga", 7, 21, 12, Tariff.NIGHT),
        ("Sibelga", 7, 22, 12, Tariff.DAY),
        ("Antwerpen", 7, 25, 12, Tariff.NIGHT),  # a Saturday
        ("ORES", 7, 25, 9, Tariff.DAY),
        ("ORES", 7, 22, 12, Tariff.NIGHT),
        ("ORES", 7, 22, 21, Tariff.DAY),
    ],
)
def test_day_and_night_hours_per_region(
    area: str, month: int, day: int, hour: int, tariff: Tariff
) -> None:
    """The day rate in Flanders: weekdays 07-22 with holidays. Brussels: not on holidays.
    Wallonia: every day.
    """
    assert made(FIXED, grid_area=area).tariff_at(local(month, day, hour)) is tariff


@pytest.mark.parametrize(
    ("area", "printed"),
    [
        ("ORES", {"grid fixed": "140.93", "distribution": "375.02", "transport": "28.12"}),
        ("RESA", {"grid fixed": "122.05", "distribution": "429.93", "connection fee": "1.28"}),
        (
            "Sibelga",
            {"grid fixed": "43.07", "distribution": "245.99", "data management": "24.95"}
            | {"public service": "12.59"},
        ),
    ],
)
def test_gas_in_wallonia_and_brussels(area: str, printed: dict[str, str]) -> None:
    """A year of 17,000 kWh in the second tier of Engie's card, with VAT."""
    contract = made(GAS, grid_area=area, gas_kwh_year=17000, gas_kwh_per_m3=10)
    uses = [(at(2026, 10, 5), Register.GAS, Decimal(1700))]
    drawn = bill(uses, contract, start=date(2026, 1, 1), end=date(2027, 1, 1))
    lines = {line.name: str(line.eur_incl) for line in drawn.lines if line.energy == "gas"}
    assert printed.items() <= lines.items()
