"""The thirteen months before the demo: quarters with their money and market prices, made fast.

The same house as its meter simulates, a quarter at a time instead of a second: its habits, sky and
heating. The peaks that the meter remembers are in it, and its registers continue where the past
ends.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, pairwise
from math import cos, exp, pi
from pathlib import Path
from random import Random

from apps.ev.stays import Stay
from apps.ev.stays import append as append_stay
from base.time import BRUSSELS, DAY, QUARTER, local_day
from p1.framing import Frame, Framer
from p1.reading import Tariff, read
from p1.telegram import parse
from rates.amounts import Booking, Pricing, Register
from rates.calendar import day_start, quarters_of_day
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.files import load_file
from rates.ledger import Key, Ledger, Stand, advance
from rates.prices.series import DayPrices
from sim import coarse
from sim.garage import CAR, COMES, LEAVES
from sim.habits import runs_of
from sim.options import Options
from sim.registers import MeterState, tariff_at
from sim.stream import states
from sim.telegram import write
from store.prices import Prices
from store.quarters import Quarters
from store.quarters_form import FORM

HISTORY = "history"
MONTHS = 13
AHEAD = timedelta(days=60)
PRICES_BEFORE = timedelta(days=63)
CHUNK = 96 * 7
BELOW_PEAK = 0.95
_REGISTERS = {
    Tariff.DAY: (Register.OFFTAKE_DAY, Register.INJECTION_DAY),
    Tariff.NIGHT: (Register.OFFTAKE_NIGHT, Register.INJECTION_NIGHT),
}
MADE = 3
"""Version of the past: when it rises, a stored past is made again."""
STAYS, STAYS_BACK = "ev_stays.jsonl", 45
FRIDAY, AT_HOME, MINUTE, GRID_EUR_KWH = 4, 0.15, timedelta(minutes=1), 0.14
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Used:
    """The growth of the registers in one quarter: Wh and litres."""

    quarter: datetime
    milli: Mapping[Register, int]

    @property
    def kw(self) -> Decimal:
        """The demand that the meter saw."""
        wh = self.milli.get(Register.OFFTAKE_DAY, 0) + self.milli.get(Register.OFFTAKE_NIGHT, 0)
        return Decimal(wh) * 4 / 1000


def eur_mwh(quarter: datetime) -> Decimal:
    """A made day-ahead price: expensive evenings, cheap nights, summer noons below nothing."""
    local = quarter.astimezone(BRUSSELS)
    hour = local.hour + local.minute / 60
    season = cos((local.timetuple().tm_yday - 15) / 365 * 2 * pi)  # 1 in January
    weather = Random(f"{local:%Y-%m-%d}/market").uniform(0.75, 1.3)
    evening = 85 * exp(-(((hour - 18.75) / 2.0) ** 2)) + 30 * exp(-(((hour - 8) / 1.6) ** 2))
    noon = (85 - 45 * season) * exp(-(((hour - 13.2) / 2.8) ** 2))
    night = 22 * exp(-(((hour - 3.5) / 2.5) ** 2))
    return Decimal(f"{(82 + 18 * season + evening - night) * weather - noon:.2f}")


def prepared(folder: Path, kept: Path, start: datetime, rates: Path, tell: Tell) -> None:
    """Create the history of the folder: a copy of an earlier demo of the day in `kept`, or a new
    one."""
    name = f"{start:%Y-%m-%d}-{MADE}-{FORM.version}"
    if not (kept / name).is_dir():
        make(folder, start, Options(), rates, tell)
        with suppress(OSError):  # a read-only folder: made again next time
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder / HISTORY, kept / f"{name}.new")
            (kept / f"{name}.new").rename(kept / name)
    else:
        shutil.copytree(kept / name, folder / HISTORY)


def make(
    folder: Path,
    start: datetime,
    options: Options,
    rates: Path,
    tell: Tell,
    months: int = MONTHS,
) -> None:
    """Create the history of a house whose simulation begins at `start` (UTC).

    `tell` is called with the progress, 0 to 1.
    """
    contract = load_file(rates)
    assert isinstance(contract, Contract)
    priced = Priced(contract, Spots.of(eur_mwh))
    midnight = day_start(local_day(start))
    today = list(_today(options, midnight, start))
    first = today[0]
    used = list(_before(options, first, months)) + [
        _between(one, two) for one, two in pairwise(today)
    ]
    write_prices(folder, start - PRICES_BEFORE, start + AHEAD)
    for stay in stays_before(local_day(start)):
        append_stay(folder / HISTORY / STAYS, stay)
    with closing(Quarters(folder / HISTORY / "quarters.db")) as quarters:
        stands = _opening(today[-1], priced, used)
        for begin in range(0, len(used), CHUNK):
            some = used[begin : begin + CHUNK]
            stands = _grown(stands, some)
            bookings = chain.from_iterable(_bookings(each, priced) for each in some)
            demand = {each.quarter: each.kw for each in some}
            quarters.commit(bookings, stands, demand)
            tell((begin + len(some)) / len(used))


def write_prices(folder: Path, since: datetime, until: datetime) -> None:
    """Store the simulated market prices of these days, so that no price service is used."""
    with closing(Prices(folder / HISTORY / "prices.db")) as prices:
        day = local_day(since)
        while day <= local_day(until):
            each = tuple(eur_mwh(quarter) for quarter in quarters_of_day(day))
            prices.save(
                DayPrices(
                    day=day,
                    source="simulated market",
                    fetched=day_start(day),
                    step=QUARTER,
                    eur_mwh=each,
                )
            )
            day += DAY


def stays_before(today: date) -> Iterator[Stay]:
    """The energy that the demo's car charged at home in each night of the last weeks, oldest
    first."""
    for back in range(STAYS_BACK, 0, -1):
        day = today - back * DAY
        chance = Random(f"{day}/stay")
        if day.weekday() == FRIDAY or chance.random() < AT_HOME:
            continue
        since = datetime.combine(day, COMES, BRUSSELS) + chance.randrange(40) * MINUTE
        until = datetime.combine(day + DAY, LEAVES, BRUSSELS)
        kwh = round(chance.uniform(7.0, 18.0), 2)
        battery_kwh = round(kwh * chance.uniform(0.0, 0.3), 2)
        sun_kwh = round(kwh * chance.uniform(0.1, 0.5), 2) if day.weekday() > FRIDAY else 0.0
        night = since.replace(hour=23, minute=0)
        eur_kwh = float(eur_mwh(night)) / 1000 * 1.06 + GRID_EUR_KWH
        eur = round((kwh - sun_kwh) * eur_kwh, 2)
        yield Stay(
            since=since,
            until=until,
            charger="main",
            car=CAR,
            kwh=kwh,
            battery_kwh=battery_kwh,
            sun_kwh=sun_kwh,
            eur=eur,
        )


def _today(options: Options, midnight: datetime, start: datetime) -> Iterator[MeterState]:
    """The meter's readings at each quarter from midnight until the last one before `start`."""
    seconds = int((start - midnight) / QUARTER) * 900 + 1
    since = Options(
        speed=0, start=midnight, grid=options.grid, months=options.months, house=options.house
    )
    return (state for n, state in enumerate(states(since, seconds)) if n % 900 == 0)


def _between(one: MeterState, two: MeterState) -> Used:
    gas, water = ((b.litres - a.litres) for a, b in zip(one.submeters, two.submeters, strict=True))
    grown = {
        Register.OFFTAKE_DAY: two.offtake_day_wh - one.offtake_day_wh,
        Register.OFFTAKE_NIGHT: two.offtake_night_wh - one.offtake_night_wh,
        Register.INJECTION_DAY: two.injection_day_wh - one.injection_day_wh,
        Register.INJECTION_NIGHT: two.injection_night_wh - one.injection_night_wh,
        Register.GAS: gas,
        Register.WATER: water,
    }
    return _used(one.at, grown)


def _used(quarter: datetime, grown: Mapping[Register, int]) -> Used:
    """The growth of each register; 0 for those of the running tariff that did not grow."""
    still = dict.fromkeys(_REGISTERS[tariff_at(quarter)], 0)
    return Used(quarter, still | {key: milli for key, milli in grown.items() if milli})


def _before(options: Options, midnight: MeterState, months: int) -> Iterator[Used]:
    """The quarters of the months before, under the peaks that the meter remembers."""
    peaks = [row.peak for row in midnight.months or ()]
    if midnight.month_peak is not None and midnight.month_peak.w:
        peaks.append(midnight.month_peak)
    by_month = {_month(peak.at - QUARTER): peak for peak in peaks}
    local = midnight.at.astimezone(BRUSSELS)
    month = local.year * 12 + local.month - 1 - months
    day = date(month // 12, month % 12 + 1, 1)
    while day < local.date():
        runs = [run for each in (day - DAY, day) for run in runs_of(options.house.seed, each)]
        for quarter in quarters_of_day(day):
            mean = coarse.quarter(options.house, runs, int(quarter.timestamp()))
            watts, peak = mean.watts, by_month.get(_month(quarter))
            if peak is not None:
                highest = peak.at == quarter + QUARTER
                watts = peak.w if highest else min(watts, BELOW_PEAK * peak.w)
            grown = {
                _REGISTERS[tariff_at(quarter)][watts < 0]: round(abs(watts) / 4),
                Register.GAS: round(mean.gas_l),
                Register.WATER: round(mean.water_l),
            }
            yield _used(quarter, grown)
        day += DAY


def _month(at: datetime) -> tuple[int, int]:
    local = at.astimezone(BRUSSELS)
    return local.year, local.month


def _opening(last: MeterState, pricing: Pricing, used: list[Used]) -> dict[Key, Stand]:
    """The registers before the first quarter, chosen so that they end at `last`."""
    (frame,) = (one for one in Framer().feed(write(last)) if isinstance(one, Frame))
    ledger, _ = advance(Ledger(), read(parse(frame.raw)), last.at, pricing)
    totals = dict.fromkeys(Register, 0)
    for each in used:
        for register, milli in each.milli.items():
            totals[register] += milli
    begin = used[0].quarter
    return {
        key: Stand(stand.milli - totals[key[1]], begin) for key, stand in ledger.baselines.items()
    }


def _grown(stands: Mapping[Key, Stand], used: list[Used]) -> dict[Key, Stand]:
    end = used[-1].quarter + QUARTER
    return {
        key: Stand(stand.milli + sum(each.milli.get(key[1], 0) for each in used), end)
        for key, stand in stands.items()
    }


def _bookings(used: Used, pricing: Pricing) -> Iterator[Booking]:
    for register, milli in used.milli.items():
        amount = Decimal(milli).scaleb(-3)
        yield Booking(
            quarter=used.quarter,
            register=register,
            amount=amount,
            eur=pricing.cost(register, amount, used.quarter),
        )
