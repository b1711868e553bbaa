"""A generated house with panels, its exports in every layout, and generated day-ahead prices."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from base.time import BRUSSELS, DAY, QUARTER
from p1.reading import Tariff
from rates.calendar import Hours, day_start, quarters_of_day

ROOT = Path(__file__).parents[2]
EAN = "541448800000000000"
Volumes = Callable[[datetime], tuple[str, str]]
"""Offtake and injection of a quarter as an export writes them, kWh; empty is missing."""


def shared(*parts: str) -> Path:
    """A file stored beside the project; skips the test without it."""
    root = Path(os.environ.get("DM_SHARED", ROOT.parent / "shared"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not here: set DM_SHARED")
    return path


def volumes(quarter: datetime) -> tuple[str, str]:
    """A family with a roof full of panels: high evening use, little sun in winter, noon surplus
    in summer.
    """
    local = quarter.astimezone(BRUSSELS)
    hour = local.hour + local.minute / 60
    season = math.cos((local.timetuple().tm_yday - 15) / 365 * 2 * math.pi)  # 1 in January
    evening = math.exp(-(((hour - 18.5) / 1.8) ** 2)) * (0.28 + 0.1 * season)
    morning = math.exp(-(((hour - 7.2) / 1.0) ** 2)) * 0.12
    clouds = 0.35 + 0.65 * ((local.toordinal() * 7919) % 100) / 100
    sun = max(0.0, math.cos((hour - 13.3) / 12 * math.pi) - 0.25 * (1 + season)) * 0.75 * clouds
    wash = 0.4 if local.weekday() in (2, 5) and 19 <= hour < 20 else 0.0
    net_kwh = 0.06 + evening + morning + wash - sun
    return f"{max(0.0, net_kwh):.3f}", f"{max(0.0, -net_kwh):.3f}"


def price(hour: datetime) -> Decimal:
    """A generated day-ahead price in EUR/MWh: high in the evening, negative at noon in summer."""
    local = hour.astimezone(BRUSSELS)
    season = math.cos((local.timetuple().tm_yday - 15) / 365 * 2 * math.pi)
    evening = 70 * math.exp(-(((local.hour - 19) / 2.2) ** 2))
    noon = (75 - 35 * season) * math.exp(-(((local.hour - 13) / 2.6) ** 2))
    return Decimal(f"{78 + 18 * season + evening - noon:.2f}")


def quarters(start: date, end: date) -> list[datetime]:
    """Every quarter of the days from `start` until before `end`."""
    found: list[datetime] = []
    while start < end:
        found += quarters_of_day(start)
        start += DAY
    return found


def plain_csv(start: date, end: date, told: Volumes = volumes) -> str:
    """The days as a CSV in the project's own form."""
    rows = (
        f"{quarter:%Y-%m-%dT%H:%M:%SZ},{','.join(told(quarter))}"
        for quarter in quarters(start, end)
    )
    return "\n".join(["start_utc,offtake_kwh,injection_kwh", *rows]) + "\n"


def prices_csv(start: date, end: date) -> str:
    """Hourly prices of the days."""
    hours = (q for q in quarters(start, end) if q.minute == 0)
    rows = (f"{hour:%Y-%m-%dT%H:%M:%SZ},60,{price(hour)}" for hour in hours)
    return "\n".join(["start_utc,resolution_min,price_eur_per_mwh", *rows]) + "\n"


# Each layout: header, date form, EAN form, names of the registers, decimal sign, last cells.
DUTCH = ("Afname Dag", "Afname Nacht", "Injectie Dag", "Injectie Nacht")
ENGLISH = ("Offtake Day", "Offtake Night", "Injection Day", "Injection Night")
PEAK = ("Peak offtake", "Off-peak offtake", "Peak injection", "Off-peak injection")
LAYOUTS = {
    "nl_2021": (
        "Van datum;Van tijdstip;Tot datum;Tot tijdstip;EAN;Meter;Metertype;Register;Volume;"
        "Eenheid;Validatiestatus",
        "%d-%m-%Y", f'="{EAN}"', DUTCH, ",", ("Gevalideerd",),
    ),
    "nl_2023": (
        "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;"
        "Volume;Eenheid;Validatiestatus",
        "%d-%m-%Y", f'="{EAN}"', DUTCH, ",", ("Uitgelezen",),
    ),
    "nl_2025": (
        "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;"
        "Volume;Eenheid;Validatiestatus;Omschrijving",
        "%d-%m-%Y", f'="{EAN}"', DUTCH, ",", ("Uitgelezen", ""),
    ),
    "en_2025": (
        "From (date);From (time);Until (date);Until (time);EAN code;Meter;Meter type;Register;"
        "Volume;Unit;Validation status;Description",
        "%d/%m/%Y", f'="{EAN}"', ENGLISH, ",", ("Read", ""),
    ),
    "en_other": (
        "Start Date;Start Time;End Date;End Time;EAN;Meter Nr;Metertype;Register;Volume;Unit;"
        "Validation Status",
        "%d-%m-%Y", EAN, PEAK, ".", ("Validated",),
    ),
}  # fmt: skip


def export(days: Sequence[date], layout: str = "nl_2025", told: Volumes = volumes) -> str:
    """The days as exported by mijn.fluvius.be: the repeated hour interleaved, CRLF, no BOM."""
    header, day_form, ean, names, sign, tail = LAYOUTS[layout]
    rows = [header]
    for day in days:
        for quarter in sorted(quarters_of_day(day), key=_label):
            local, until = quarter.astimezone(BRUSSELS), (quarter + QUARTER).astimezone(BRUSSELS)
            night = Hours().tariff_at(quarter) is Tariff.NIGHT
            for flow, kwh in enumerate(told(quarter)):
                cells = (
                    f"{local:{day_form}}", f"{local:%H:%M:%S}",
                    f"{until:{day_form}}", f"{until:%H:%M:%S}",
                    ean, "1SAG0000000000", "Digitale meter", names[2 * flow + night],
                    kwh.replace(".", sign), "kWh", *(tail if kwh else ("Geen verbruik", *tail[1:])),
                )  # fmt: skip
                rows.append(";".join(cells))
    return "\r\n".join(rows) + "\r\n"


def daily(days: Iterable[date], day_kwh: str, night_kwh: str) -> str:
    """Daily totals as exported by mijn.fluvius.be."""
    head = (
        "EAN-code;Meter;Metertype;Van (datum);Tot (datum);Register;Volume;Eenheid;Validatiestatus"
    )
    rows = [
        f'="{EAN}";1SAG;Digitale meter;{day:%d-%m-%Y};{day + DAY:%d-%m-%Y};{name};{kwh};kWh;Read'
        for day in days
        for name, kwh in (("Afname Dag", day_kwh), ("Afname Nacht", night_kwh))
    ]
    return "\r\n".join([head, *rows]) + "\r\n"


def summed(start: date, end: date, flow: int, told: Volumes = volumes) -> Decimal:
    """kWh of a flow (0 offtake, 1 injection) in the days, directly from the generated volumes."""
    return sum((Decimal(told(q)[flow] or 0) for q in quarters(start, end)), Decimal(0))


def _label(quarter: datetime) -> tuple[str, datetime]:
    return f"{quarter.astimezone(BRUSSELS):%H:%M}", quarter


def noon(day: date) -> datetime:
    """Noon UTC: the time of a run."""
    return day_start(day).astimezone(UTC) + timedelta(hours=12)
