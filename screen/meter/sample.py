"""An example house on a January afternoon: for the README picture, the tests and the bench."""

from datetime import UTC, date, datetime, timedelta
from math import exp, sin

from base import messages as m
from screen.meter.view import MeterView

TIME = datetime(2026, 1, 15, 16, 38, 24, tzinfo=UTC)
END = datetime(2026, 1, 15, 16, 45, tzinfo=UTC)
PAST_KW = (3.12, 3.88, 4.02, 3.20, 2.61, 2.38, 2.44, 2.52, 2.70, 2.95, 3.64, 4.11)
FLOOR_KW, MEAN_KW = 2.5, 3.0875
PEAK_EUR_KW = 4.36
HOLDING = "discharging to keep the quarter under its target"
FULL = "0.0 kW is left under the target of this quarter"
NO_PRICE = (
    "No price (no day-ahead price for 2026-01-15 13:00). Use is counted; costs follow when prices"
    " arrive."
)
PEAK = m.Peak(kw=3.41, at=datetime(2026, 1, 6, 16, 15, tzinfo=UTC))


def example() -> MeterView:
    """Thu 15 Jan 2026 17:38:24: an oven, a waiting car, a battery that holds the quarter."""
    return MeterView(
        now=TIME + timedelta(seconds=1),
        heard=TIME,
        house=_house(),
        peak=_peak(),
        rates=_rates(),
        usage=_usage(),
        telegram=_telegram(),
        demand=_demand(),
        outlook=_outlook(),
        bill=_bill(),
        events=_events(),
        neighbours=_neighbours(),
    )


def _house() -> m.House:
    volts, amps = (233.1, 231.8, 234.0), (4.71, 2.02, 6.34)
    watts = (1.10, 0.47, 1.48)
    return m.House(
        time=TIME,
        meter_id="1SAG3105241605",
        tariff="day",
        offtake_kw=3.05,
        injection_kw=0.0,
        grid="3x400",
        phases=tuple(
            m.Phase(offtake_kw=kw, injection_kw=0.0, voltage_v=volt, current_a=amp)
            for kw, volt, amp in zip(watts, volts, amps, strict=True)
        ),
        breaker="on",
        price_offtake_eur_kwh=0.3214,
        price_injection_eur_kwh=0.1599,
        quarter=m.Quarter(
            start=END - timedelta(minutes=15),
            end=END,
            so_far_kw=1.57,
            own_kw=1.57,
            forecast_kw=2.91,
            error_kw=0.12,
        ),
        month_peak=PEAK,
        target_kw=3.41,
        headroom_kw=1.13,
        budget_wh=460.0,
        health=m.Health(state="fresh", age_s=0.2, good=63504, rejected=2),
        grants={
            "battery": m.Grant(
                kw=-1.8, until=END, why="discharging to keep the quarter under its target"
            ),
            "car": m.Grant(
                kw=0.0, until=END, why="0.0 kW is left under the target of this quarter"
            ),
        },
    )


def _peak() -> m.PeakState:
    first = [date(2025, 12 - back, 1) for back in range(12)]
    months = tuple(
        m.MonthPeak(
            month=month,
            kw=kw,
            at=datetime(month.year, month.month, 3 + 2 * place, 17, 15 * (place % 4), tzinfo=UTC),
            source="own" if place == 11 else "meter",
        )
        for place, (month, kw) in enumerate(zip(first, PAST_KW, strict=True))
    )
    return m.PeakState(
        time=TIME,
        quarter=None,
        month_peak=PEAK,
        target_kw=3.41,
        gap_kw=0.5,
        headroom_kw=1.13,
        budget_wh=460.0,
        floor_kw=FLOOR_KW,
        mean_kw=MEAN_KW,
        months=months,
    )


def _rates() -> m.Rates:
    rows = (
        ("offtake_day", "offtake day", 0.3214, "EUR/kWh", True),
        ("offtake_night", "offtake night", 0.3214, "EUR/kWh", False),
        ("injection_day", "injection day", 0.1599, "EUR/kWh", True),
        ("injection_night", "injection night", 0.1599, "EUR/kWh", False),
        ("gas", "gas", 1.576, "EUR/m3", True),
        ("water", "water", 6.1, "EUR/m3", True),
    )
    return m.Rates(
        time=TIME,
        tariff="day",
        rates=tuple(
            m.Rate(name=name, label=label, price=price, unit=unit, active=active)
            for name, label, price, unit, active in rows
        ),
        next_change=datetime(2026, 1, 15, 21, 0, tzinfo=UTC),
    )


def _usage() -> m.Usage:
    """kWh by day and night, injection by day and night, m3 of gas and water, the peak."""
    rows = (
        ("day-3", date(2026, 1, 12), 1, 9.80, 8.10, 0.30, 0.0, 6.90, 0.29, 2.84),
        ("day-2", date(2026, 1, 13), 1, 12.40, 9.60, 0.0, 0.0, 8.30, 0.33, 3.05),
        ("day-1", date(2026, 1, 14), 1, 11.80, 9.20, 0.40, 0.0, 7.70, 0.31, 3.12),
        ("today", date(2026, 1, 15), 1, 4.10, 6.90, 0.0, 0.0, 3.10, 0.12, 2.96),
        ("week", date(2026, 1, 12), 4, 38.10, 33.80, 0.70, 0.0, 26.00, 1.05, 3.12),
        ("month", date(2026, 1, 1), 15, 98.20, 140.70, 3.30, 0.0, 99.10, 4.20, 3.41),
        ("year", date(2026, 1, 1), 15, 98.20, 140.70, 3.30, 0.0, 99.10, 4.20, 3.41),
    )
    return m.Usage(time=TIME, periods=tuple(_period(*row) for row in rows))


def _period(
    label: str,
    start: date,
    days: int,
    offtake_day: float,
    offtake_night: float,
    injection_day: float,
    injection_night: float,
    gas: float,
    water: float,
    peak_kw: float,
) -> m.UsagePeriod:
    earned_eur = injection_day * 0.05 + injection_night * 0.04
    electricity_eur = offtake_day * 0.3214 + offtake_night * 0.2687 - earned_eur
    at = PEAK.at if days == 15 else datetime(start.year, 1, max(14, start.day), 17, 0, tzinfo=UTC)
    return m.UsagePeriod(
        label=label,
        start=start,
        days=days,
        offtake_day=m.Used(amount=offtake_day, eur=offtake_day * 0.3214),
        offtake_night=m.Used(amount=offtake_night, eur=offtake_night * 0.2687),
        injection_day=m.Used(amount=injection_day, eur=injection_day * 0.05),
        injection_night=m.Used(amount=injection_night, eur=injection_night * 0.04),
        electricity_eur=electricity_eur,
        gas=m.Used(amount=gas, eur=gas * 1.576),
        gas_kwh=gas * 11.51,
        water=m.Used(amount=water, eur=water * 6.1),
        total_eur=electricity_eur + gas * 1.576 + water * 6.1,
        peak=m.Peak(kw=peak_kw, at=at),
    )


def _telegram() -> m.TelegramText:
    rows = (
        ("0-0:96.1.4", "version", "50221"),
        ("0-0:96.1.1", "meter", "1SAG3105241605"),
        ("0-0:1.0.0", "meter time", "Thu 15 Jan 2026 17:38:24"),
        ("1-0:1.8.1", "offtake day", "3412.418 kWh"),
        ("1-0:1.8.2", "offtake night", "4120.907 kWh"),
        ("1-0:2.8.1", "injection day", "1180.245 kWh"),
        ("1-0:2.8.2", "injection night", "0.012 kWh"),
        ("0-0:96.14.0", "tariff", "day"),
        ("1-0:1.4.0", "demand this quarter", "1.570 kW"),
        ("1-0:1.6.0", "month peak", "3.410 kW, 6 Jan 17:15"),
        ("0-0:98.1.0", "month peaks", "highest of 13: 4.110 kW in Jan 2025"),
        ("1-0:1.7.0", "offtake", "3.050 kW"),
        ("1-0:2.7.0", "injection", "0.000 kW"),
        ("1-0:21.7.0", "offtake L1", "1.100 kW"),
        ("1-0:41.7.0", "offtake L2", "0.470 kW"),
        ("1-0:61.7.0", "offtake L3", "1.480 kW"),
        ("1-0:22.7.0", "injection L1", "0.000 kW"),
        ("1-0:42.7.0", "injection L2", "0.000 kW"),
        ("1-0:62.7.0", "injection L3", "0.000 kW"),
        ("1-0:32.7.0", "voltage L1", "233.1 V"),
        ("1-0:52.7.0", "voltage L2", "231.8 V"),
        ("1-0:72.7.0", "voltage L3", "234.0 V"),
        ("1-0:31.7.0", "current L1", "4.71 A"),
        ("1-0:51.7.0", "current L2", "2.02 A"),
        ("1-0:71.7.0", "current L3", "6.34 A"),
        ("0-0:96.3.10", "main breaker", "on"),
        ("0-0:17.0.0", "power limit", "99.999 kW"),
        ("1-0:31.4.0", "current limit", "999.99 A"),
        ("0-0:96.13.0", "message", ""),
        ("0-1:24.1.0", "medium 1", "gas"),
        ("0-1:96.1.1", "sub-meter 1", "7FLO2121008301"),
        ("0-1:24.4.0", "valve 1", "open"),
        ("0-1:24.2.3", "sub-meter reading 1", "1834.207 m3, 17:35:02"),
        ("0-2:24.1.0", "medium 2", "water"),
        ("0-2:96.1.1", "sub-meter 2", "8SEN0131206841"),
        ("0-2:24.2.1", "sub-meter reading 2", "412.883 m3, 17:36:40"),
    )
    lines = tuple(m.TelegramLine(obis=obis, name=name, text=text) for obis, name, text in rows)
    return m.TelegramText(time=TIME, header="/FLU5\\253770234_A", lines=lines)


def _demand() -> m.Demand:
    """Two days and 17 h by quarter: mornings, evenings, an hour or three of low winter sun."""
    start = datetime(2026, 1, 12, 23, 0, tzinfo=UTC)
    net = [_net_kw(place) for place in range(262)]
    return m.Demand(
        start=start,
        offtake_kw=tuple(max(0.0, kw) for kw in net),
        injection_kw=tuple(max(0.0, -kw) for kw in net),
    )


def _net_kw(place: int) -> float:
    hour, day = (place % 96) / 4, place // 96
    morning, evening = 1.6 * exp(-((hour - 7.5) ** 2) / 1.2), 2.5 * exp(-((hour - 18.5) ** 2) / 4.0)
    sun = (1.5, 0.5, 1.1)[day] * exp(-((hour - 12.7) ** 2) / 3.0)
    return round(
        0.28 + morning + evening - sun + 0.15 * sin(place * 2.3) + 0.1 * sin(place * 0.9), 3
    )


def _outlook() -> m.Outlook:
    """The rest of Thursday and Friday at a dynamic price; Saturday's is not known yet."""
    start = END - timedelta(minutes=15)
    known = int((datetime(2026, 1, 16, 23, 0, tzinfo=UTC) - start) / timedelta(minutes=15))
    market = [_market_eur_mwh(start + place * timedelta(minutes=15)) for place in range(known)]
    unknown = (None,) * (192 - known)
    return m.Outlook(
        start=start,
        buy_eur_kwh=(*(round(0.1309 + 0.0011013 * eur, 4) for eur in market), *unknown),
        sell_eur_kwh=(*(round(0.001 * eur - 0.0131, 4) for eur in market), *unknown),
        peak_eur_kw=PEAK_EUR_KW,
    )


def _market_eur_mwh(at: datetime) -> float:
    """A cold day without wind and the night after it, with wind: a day-ahead price by quarter."""
    hour = (at - datetime(2026, 1, 14, 23, 0, tzinfo=UTC)) / timedelta(hours=1)
    peaks = ((8.2, 3.0, 55.0), (18.3, 4.5, 100.0), (32.2, 3.0, 60.0), (42.2, 5.0, 45.0))
    bumps = sum(high * exp(-((hour - place) ** 2) / wide) for place, wide, high in peaks)
    sun = 42.0 * exp(-((hour - 37.0) ** 2) / 6.0)
    steps = 4.0 * sin(at.minute / 10)
    return 85.68 - 0.9 * (hour - 17.5) + bumps - sun + steps


def _bill() -> m.Bill:
    """January so far: the bookings, and the fees of 15 days."""
    rows = (
        ("energy", "electricity", 238.90, "kWh", 40.29),
        ("certificates", "electricity", 238.90, "kWh", 3.78),
        ("distribution", "electricity", 238.90, "kWh", 12.79),
        ("excise", "electricity", 238.90, "kWh", 12.02),
        ("energy contribution", "electricity", 238.90, "kWh", 0.49),
        ("injection", "electricity", 3.30, "kWh", -0.17),
        ("energy", "gas", 99.10, "m3", 132.81),
        ("distribution", "gas", 99.10, "m3", 10.32),
        ("transport", "gas", 99.10, "m3", 1.89),
        ("excise", "gas", 99.10, "m3", 9.95),
        ("energy contribution", "gas", 99.10, "m3", 1.21),
        ("water basic rate", "water", 4.20, "m3", 25.62),
        ("fixed fee", "electricity", 15.0, "day", 4.14),
        ("data management", "electricity", 15.0, "day", 0.78),
        ("capacity", "electricity", MEAN_KW, "kW", 6.52),
        ("grid fixed", "gas", 15.0, "day", 3.42),
        ("data management", "gas", 15.0, "day", 0.78),
        ("water fixed fee", "water", 15.0, "day", 2.61),
    )
    return m.Bill(
        time=TIME,
        start=date(2026, 1, 1),
        lines=tuple(
            m.BillLine.model_validate(
                {"name": name, "energy": energy, "amount": amount, "unit": unit, "eur": eur}
            )
            for name, energy, amount, unit, eur in rows
        ),
        total_eur=round(sum(eur for *_, eur in rows), 2),
        expected_eur=558.20,
        peaks=_billed(),
        peak_eur_kw=PEAK_EUR_KW,
        why="Up to 3.41 kW costs nothing: this month's peak is that high already. One kW above it"
        f" costs {PEAK_EUR_KW:.2f} EUR, spread over the next 12 bills.",
    )


def _billed() -> tuple[m.BillPeak, ...]:
    """The twelve months behind the mean, oldest first."""
    past = [(date(2025, 12 - back, 1), kw) for back, kw in enumerate(PAST_KW[:11])]
    months = [*reversed(past), (date(2026, 1, 1), PEAK.kw)]
    return tuple(
        m.BillPeak(
            month=month, kw=kw, billed_kw=max(FLOOR_KW, kw), drops_out_next=month == months[0][0]
        )
        for month, kw in months
    )


def _events() -> m.Events:
    rows: tuple[tuple[int, int, str, str], ...] = (
        (0, 2, "info", "Prices are known again."),
        (6, 0, "info", "Home battery is connected"),
        (6, 41, "info", "Car charging is connected"),
        (8, 45, "info", "Car charging takes 3.20 kW; 2.10 kW is allowed."),
        (
            10,
            12,
            "warning",
            NO_PRICE,
        ),
        (11, 3, "info", "Car charging is within its allowed power again."),
        (12, 47, "info", "Prices are known again."),
        (15, 58, "info", "Telegrams arrive again."),
        (16, 31, "info", "Car charging takes 3.20 kW; 1.80 kW is allowed."),
        (16, 36, "info", "Car charging is within its allowed power again."),
    )
    return m.Events(
        events=tuple(
            m.Event.model_validate(
                {"at": TIME.replace(hour=hour, minute=minute), "level": level, "text": text}
            )
            for hour, minute, level, text in rows
        )
    )


def _neighbours() -> tuple[m.Need, ...]:
    return (
        m.Need(name="battery", power_kw=-1.8, why=HOLDING),
        m.Need(name="car", power_kw=0.0, why=f"q4 has no trip: waiting: {FULL}"),
    )
