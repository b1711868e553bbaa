"""Messages made of the facts of the house. Pure; `now` is our clock, for the time before the first
telegram."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from apps.dm.house import House, carried_kw, endings, price_trouble
from base import messages
from base.language import phrase
from base.text import masked
from base.time import DAY, QUARTER, local_day, quarter_of
from p1.obis import describe
from p1.reading import Medium, Reading, Tariff
from p1.telegram import Telegram
from peak import state as peak
from rates import usage
from rates.amounts import Pricing, Register
from rates.calendar import day_start, month_before, month_start
from rates.contract import Priced
from rates.ledger import running
from rates.running_bill import month_bill
from rates.settlement import Settled
from rates.stretch import Use

OUTLOOK_QUARTERS = 192
_KWH = (Register.OFFTAKE_DAY, Register.INJECTION_DAY)
PRICES_TO_COME = phrase("tomorrow's prices come after 13:00")


def house_message(house: House, health: messages.Health) -> messages.House:
    """The message of this second."""
    reading = house.reading
    if reading is None or house.at is None:
        return messages.House(
            time=None,
            meter_id=None,
            tariff=None,
            offtake_kw=None,
            injection_kw=None,
            health=health,
        )
    state = peak_state(house)
    price = _price_now(house, house.at)
    return messages.House(
        time=reading.time,
        meter_id=masked(reading.meter_id) if reading.meter_id else None,
        tariff=reading.tariff.value if reading.tariff else None,
        offtake_kw=reading.offtake_kw,
        injection_kw=reading.injection_kw,
        grid=reading.grid.value if reading.grid else None,
        phases=tuple(
            messages.Phase(
                offtake_kw=phase.offtake_kw,
                injection_kw=phase.injection_kw,
                voltage_v=phase.voltage_v,
                current_a=phase.current_a,
            )
            for phase in reading.phases
        ),
        breaker=reading.breaker.value if reading.breaker else None,
        limit_kw=reading.limit_kw,
        limit_a=reading.limit_a,
        message=reading.message,
        price_offtake_eur_kwh=price.buy_eur_kwh,
        price_injection_eur_kwh=price.sell_eur_kwh,
        price_provisional=price.provisional,
        quarter=state.quarter,
        month_peak=state.month_peak,
        target_kw=state.target_kw,
        headroom_kw=state.headroom_kw,
        steady_kw=state.steady_kw,
        budget_wh=state.budget_wh,
        health=health,
    )


def peak_state(house: House) -> messages.PeakState:
    """The quarter and the months."""
    carries_kw = carried_kw(house)
    free_kw = carries_kw if house.peak_is_free else 0.0
    now_kw = max(0.0, _net_kw(house))
    return peak.peak_state(house.peaks, house.rules.ceiling_kw, carries_kw - now_kw, free_kw)


def rates(house: House, now: datetime) -> messages.Rates:
    """The current prices; `now` is our clock, for the time before the first telegram."""
    tariff = house.reading.tariff if house.reading else None
    panel = usage.panel(house.prices.pricing, tariff, house.at or now, house.clock)
    why = price_trouble(house, now)
    more = {"note": phrase("No price now: {reason}.", reason=why)} if why else {}
    return panel.model_copy(update={**more, "endings": endings(house, now)})


def outlook(
    house: House,
    now: datetime,
    peak_eur_kw: float | None,
    solar_w: Mapping[datetime, float],
    cap_eur_kwh: float = 0.0,
) -> messages.Outlook:
    """The next two days by quarter; `now` is our clock, for the time before the first telegram.

    `solar_w` is the forecast of the roof per quarter, W. `cap_eur_kwh` is the maximum tariff of
    this month per kWh.
    """
    start = quarter_of(house.at or now)
    quarters = [start + count * QUARTER for count in range(OUTLOOK_QUARTERS)]
    nights = [house.clock.tariff_at(quarter) is Tariff.NIGHT for quarter in quarters]
    today, pricing = local_day(house.at or now), house.prices.pricing
    published = pricing.published if isinstance(pricing, Priced) else pricing
    pairs = [
        usage.prices_eur_kwh(pricing if local_day(quarter) <= today else published, quarter, night)
        for quarter, night in zip(quarters, nights, strict=True)
    ]
    return messages.Outlook(
        start=start,
        buy_eur_kwh=tuple(
            buy if buy is None or month_start(local_day(quarter)) > today else buy + cap_eur_kwh
            for quarter, (buy, _) in zip(quarters, pairs, strict=True)
        ),
        sell_eur_kwh=tuple(sell for _, sell in pairs),
        provisional=_marks(house.prices.pricing, quarters),
        solar_kw=tuple(map(_kw(solar_w), quarters)) if solar_w else (),
        peak_eur_kw=peak_eur_kw,
        note=_outlook_note(house, now, dict(zip(quarters, pairs, strict=True))),
    )


def _outlook_note(
    house: House, now: datetime, prices: Mapping[datetime, tuple[float | None, float | None]]
) -> str:
    """Reason why part of today or tomorrow has no price; "" when all of it has."""
    if (why := price_trouble(house, now)) is not None:
        return why
    tomorrow = local_day(house.at or now) + DAY
    unknown = (quarter for quarter, (buy, _) in prices.items() if buy is None)
    if any(local_day(quarter) <= tomorrow for quarter in unknown):
        return PRICES_TO_COME
    doubts = house.prices.pricing.doubts
    known = [quarter for quarter, (buy, _) in prices.items() if buy is not None]
    whys = usage.reasons(doubts(register, quarter) for quarter in known for register in _KWH)
    return phrase("~ {reason}", reason=whys[0]) if whys else ""


def _kw(watts: Mapping[datetime, float]) -> Callable[[datetime], float | None]:
    return lambda quarter: watts[quarter] / 1000 if quarter in watts else None


def bill(
    house: House, uses: Sequence[Use], now: datetime, settled: Sequence[Settled] = ()
) -> messages.Bill:
    """The running month's bill. `uses` are the bookings of the last weeks, by quarter.

    `settled` are the settlements since the month began.
    """
    peaks = {row.month: row.kw for row in house.peaks.months.rows}
    prices, at = house.prices, house.at or now
    return month_bill(house.days, uses, prices.pricing, prices.contract, peaks, at, settled)


def last_bill(house: House, month: date, settled: Iterable[Settled]) -> messages.Bill | None:
    """The whole bill of the month before `month`; None when nothing of it is known."""
    first, end = month_before(month), day_start(month)
    if not any(first <= day < month for day in house.days):
        return None
    peaks = {row.month: row.kw for row in house.peaks.months.rows if row.month < month}
    prices, last = house.prices, end - timedelta(seconds=1)
    its = [each for each in settled if each.at < end]
    return month_bill(house.days, (), prices.pricing, prices.contract, peaks, last, its)


def usage_table(house: House) -> messages.Usage:
    """The usage table, the running quarter included."""
    if house.reading is None or house.at is None:
        return messages.Usage(time=None, periods=())
    extra = running(house.ledger, house.reading, house.at)
    return messages.Usage(time=house.reading.time, periods=usage.table(house.rows, extra))


def history(house: House, count: int, settled: Sequence[Settled] = ()) -> messages.History:
    """The last `count` closed days that are known, oldest first, and the settlements."""
    closed = sorted(day for day in house.days if house.today is None or day < house.today)
    rows = (usage.day_row(day, house.days[day], house.prices.gas_kwh_m3) for day in closed[-count:])
    return messages.History(days=tuple(rows), settled=tuple(usage.told(each) for each in settled))


def telegram_text(telegram: Telegram | None, time: datetime | None) -> messages.TelegramText:
    """The last telegram, line by line."""
    if telegram is None:
        return messages.TelegramText(time=None, header="", lines=())
    lines = (
        messages.TelegramLine(obis=row.obis, name=row.name, text=row.text)
        for row in describe(telegram)
    )
    return messages.TelegramText(time=time, header=telegram.header, lines=tuple(lines))


def registers(reading: Reading | None) -> messages.Registers:
    """The meter's registers, as it sent them; of several gas or water meters the first."""
    if reading is None:
        return messages.Registers(time=None, meter_id=None)
    behind = {sub.medium: sub.value for sub in reversed(reading.submeters) if sub.unit == "m3"}
    return messages.Registers(
        time=reading.time,
        meter_id=reading.meter_id,
        offtake_day_kwh=_float(reading.offtake_day_kwh),
        offtake_night_kwh=_float(reading.offtake_night_kwh),
        injection_day_kwh=_float(reading.injection_day_kwh),
        injection_night_kwh=_float(reading.injection_night_kwh),
        gas_m3=_float(behind.get(Medium.GAS)),
        water_m3=_float(behind.get(Medium.WATER)),
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _price_now(house: House, at: datetime) -> usage.Price:
    """The price in the current tariff."""
    tariff = house.reading.tariff if house.reading else None
    night = (tariff or house.clock.tariff_at(at)) is Tariff.NIGHT
    return usage.price_of(house.prices.pricing, quarter_of(at), night)


def _marks(pricing: Pricing, quarters: Sequence[datetime]) -> tuple[bool, ...]:
    marks = tuple(usage.is_provisional(pricing, quarter) for quarter in quarters)
    return marks if any(marks) else ()


def _net_kw(house: House) -> float:
    reading = house.reading
    return (reading.offtake_kw or 0.0) - (reading.injection_kw or 0.0) if reading else 0.0
