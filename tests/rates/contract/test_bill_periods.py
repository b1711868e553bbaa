"""Sums of a bill: lines and total, months and year, parts and whole, registers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.amounts import OFFTAKE, Register
from rates.bill import Bill, bill
from rates.calendar import quarters_of_day
from rates.contract import Contract, Priced
from rates.curve import Spots
from rates.files import EXAMPLES, load
from tests.rates.contract.factories import (
    ENGIE,
    FIXED,
    GAS,
    WATER,
    at,
    every_quarter,
    flat_peaks,
    made,
    market,
    months,
)  # fmt: skip

DAYS = st.integers(0, 600).map(lambda days: date(2025, 1, 1) + timedelta(days=days))
HOUR_ENGIE = {**ENGIE, "offtake": {**ENGIE["offtake"], "S": "hour"}}
NEAR = Decimal("1e-18")
PEAKS = flat_peaks("3.7", date(2024, 1, 1), 36)
CONTRACTS = {"quarter": made(ENGIE), "hour": made(HOUR_ENGIE)}
CONTRACTS["changed"] = made(
    {**FIXED, "last_day": "2026-03-14"}, {**ENGIE, "first_day": "2026-03-15"}, domiciled=False
)


def drawn(start: date, end: date, contract: Contract) -> Bill:
    return bill(every_quarter(start, end), contract, market, PEAKS, start=start, end=end)


def adds_up(shown: Bill) -> None:
    """Check that lines, line months and months add up to the total, rounded once."""
    assert sum(line.eur_incl for line in shown.lines) == shown.total_eur
    assert sum(shown.months().values()) == shown.total_eur
    for line in shown.lines:
        assert sum(line.months.values()) == line.eur_incl
        assert abs(line.eur_incl - line.incl) <= Decimal("0.005")
    assert abs(shown.total_eur - shown.exact_eur) <= Decimal("0.005")


@settings(max_examples=12, deadline=None)
@given(DAYS, st.integers(1, 75), st.sampled_from([*CONTRACTS]))
def test_lines_and_months_add_up(start: date, days: int, name: str) -> None:
    """This holds in whole cents for any period."""
    shown = drawn(start, start + timedelta(days=days), CONTRACTS[name])
    adds_up(shown)
    assert set(shown.months()) == months(start, start + timedelta(days=days))


@settings(max_examples=12, deadline=None)
@given(DAYS, st.integers(1, 40), st.integers(1, 40), st.sampled_from([*CONTRACTS]))
def test_splitting_a_period_changes_nothing(
    start: date, first: int, second: int, name: str
) -> None:
    """Two consecutive bills add up to the unrounded sum of one."""
    contract, middle = CONTRACTS[name], start + timedelta(days=first)
    end = middle + timedelta(days=second)
    parts = drawn(start, middle, contract).exact_eur + drawn(middle, end, contract).exact_eur
    assert abs(drawn(start, end, contract).exact_eur - parts) < NEAR


@settings(max_examples=10, deadline=None)
@given(DAYS, st.sampled_from([*CONTRACTS]))
def test_the_bill_is_the_sum_of_the_live_bookings(start: date, name: str) -> None:
    """The meter's bookings by quarter add up to the variable part of the bill."""
    contract, end = CONTRACTS[name], start + timedelta(days=3)
    live = Priced(contract, Spots.of(market))
    booked: dict[str, Decimal] = {}
    for quarter, register, amount in every_quarter(start, end):
        sign = 1 if register in OFFTAKE else -1
        for line, eur in live.cost(register, amount, quarter).items():
            booked[line] = booked.get(line, Decimal(0)) + sign * eur
    shown = drawn(start, end, contract)
    for name, eur in booked.items():
        assert abs(sum(ln.incl for ln in shown.lines if ln.name == name) - eur) < NEAR


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2026, 3, 29), 92), (date(2025, 10, 26), 100), (date(2026, 5, 5), 96)],
)
def test_a_day_of_the_clock_change_has_all_its_quarters(day: date, quarters: int) -> None:
    """With 92, 96 or 100 quarters, the billed kWh equal the registers."""
    after = day + timedelta(days=1)
    uses = list(every_quarter(day - timedelta(days=1), after + timedelta(days=1)))
    own = set(quarters_of_day(day))
    shown = bill(uses, made(ENGIE), market, PEAKS, start=day, end=after)
    energy = shown.line("energy")
    assert len(own) == quarters
    assert energy is not None
    assert energy.quantity == sum(kwh for at, reg, kwh in uses if at in own and reg in OFFTAKE)


def test_29_february_has_its_day_of_fees() -> None:
    """A leap year spreads a yearly fee over 366 days."""
    contract = made(FIXED | {"fixed_fee": "366 EUR/year ex VAT", "first_day": "2024-01-01"})
    leap = contract.month("electricity", date(2026, 2, 1))
    assert leap is not None
    fee = next(fee for fee in leap.fees if fee.line == "fixed fee")
    assert fee.over(29, date(2028, 2, 1)) == 29
    assert sum(fee.over(days, date(2028, 1, 1)) for days in (31, 29, 306)) == 366


def test_29_february_is_billed() -> None:
    """At pinned tariffs the quarters of the leap day are billed, and the month has 29 days."""
    contract = made(ENGIE).pinned(date(2026, 9, 1))
    uses = list(every_quarter(date(2024, 2, 28), date(2024, 3, 2)))
    shown = bill(uses, contract, market, PEAKS, start=date(2024, 2, 1), end=date(2024, 3, 1))
    day, fee = shown.line("energy"), shown.line("fixed fee")
    assert day is not None
    assert fee is not None
    leap = {*quarters_of_day(date(2024, 2, 28)), *quarters_of_day(date(2024, 2, 29))}
    assert day.quantity == sum(kwh for at, reg, kwh in uses if at in leap and reg in OFFTAKE)
    assert fee.quantity == 29
    adds_up(shown)


def test_a_year_across_august_2026_changes_excise_with_the_month() -> None:
    """The local month decides: 47.48 and 1.9261 EUR/MWh on 31 July, 46 on 1 August."""
    contract = made(FIXED)
    july, august = at(2026, 7, 31, 21), at(2026, 7, 31, 22)  # 23:00 and 00:00 in Brussels
    uses = [(july, Register.OFFTAKE_DAY, Decimal(1000)), (august, OFFTAKE[1], Decimal(1000))]
    shown = bill(uses, contract, start=date(2026, 1, 1), end=date(2027, 1, 1))
    excise, contribution = shown.line("excise"), shown.line("energy contribution")
    assert excise is not None
    assert contribution is not None
    assert excise.ex == Decimal("47.48") + 46
    assert contribution.ex == Decimal("1.9261")
    assert [str(eur) for eur in excise.months.values()] == ["50.33", "48.76"]
    adds_up(shown)


def test_a_large_user_pays_the_slices_spread_over_the_year() -> None:
    """30 MWh a year cost 20 at 47.48 and 10 at 45.46, averaged to one price."""
    contract = made(FIXED, electricity_kwh_year=30_000)
    lines = contract.cost(Register.OFFTAKE_DAY, Decimal(30_000), at(2026, 5, 1))
    assert abs(lines["excise"] - Decimal("1404.20") * Decimal("1.06")) < NEAR


def test_a_change_of_contract_splits_the_month() -> None:
    """14 days at the old price, 17 at the new, and the fee of the new one for 17 days."""
    shown = drawn(date(2026, 3, 1), date(2026, 4, 1), CONTRACTS["changed"])
    fee, fund, data = (shown.line(n) for n in ("fixed fee", "energy fund", "data management"))
    assert fee is not None
    assert fund is not None
    assert data is not None
    assert fee.quantity == 17
    assert (fund.eur_incl, fund.vat) == (Decimal("10.07"), Decimal(0))
    assert data.quantity == 31


def test_days_without_a_contract_are_reported() -> None:
    """They are not priced, and the bill lists them."""
    contract = made({**FIXED, "first_day": "2026-02-10"})
    shown = drawn(date(2026, 2, 1), date(2026, 3, 1), contract)
    assert shown.notes == ("no electricity contract from 2026-02-01 until 2026-02-09",)


def test_past_use_can_be_priced_at_one_days_tariffs() -> None:
    """Pinned tariffs price a winter of 2023 as today; without them it has no table."""
    pinned = made(FIXED).pinned(date(2026, 9, 1))
    shown = drawn(date(2023, 11, 1), date(2023, 12, 1), pinned)
    assert shown.line("capacity") is not None
    assert shown.line("energy contribution") is None
    adds_up(shown)


def test_day_and_night_follow_the_meters_registers() -> None:
    """The register decides, not the clock: night kWh counted at noon cost the night price."""
    terms = {**FIXED, "offtake": {"day": "14 cent/kWh ex VAT", "night": "11 cent/kWh ex VAT"}}
    contract, noon = made(terms), at(2026, 9, 1)
    uses = [(noon, register, Decimal(100)) for register in OFFTAKE]
    shown = bill(uses, contract, start=date(2026, 9, 1), end=date(2026, 9, 2))
    assert [(ln.name, ln.ex) for ln in shown.lines if "energy" in ln.name] == [
        ("energy day", Decimal(14)), ("energy night", Decimal(11))]  # fmt: skip


def test_a_band_holds_by_weekday_season_and_local_hour() -> None:
    """Luminus SmartFlex: from 21 March to 20 September the hours 11 to 17 are cheap."""
    cheap = {"season": ["03-21", "09-20"], "hours": ["11:00-17:00"], "price": "5 cent/kWh ex VAT"}
    night = {"hours": ["22:00-07:00"], "days": ["sat", "sun"], "price": "8 cent/kWh ex VAT"}
    rest = {"price": "15 cent/kWh ex VAT"}
    contract = made({**FIXED, "offtake": {"bands": [cheap, night, rest]}})

    def energy(*when: int) -> Decimal:
        return contract.cost(Register.OFFTAKE_DAY, Decimal(1), at(*when))["energy"] / Decimal(
            "1.06"
        )

    assert energy(2026, 3, 20, 10) == Decimal("0.15")  # Friday before the season, 11:00
    assert energy(2026, 3, 21, 10) == Decimal("0.05")
    assert energy(2026, 9, 20, 14) == Decimal("0.05")  # 16:00 in summer time
    assert energy(2026, 9, 20, 15) == Decimal("0.15")
    assert energy(2026, 9, 20, 21) == Decimal("0.08")  # Sunday 23:00
    assert energy(2026, 9, 21, 21) == Decimal("0.15")  # Monday 23:00


def test_a_floor_holds_in_each_quarter() -> None:
    """The floor applies per quarter, with a monthly index too."""
    offtake = {**ENGIE["offtake"], "floor": "2 cent/kWh ex VAT"}
    contract, when = made({**ENGIE, "offtake": offtake}), at(2026, 9, 1)
    low, high = (Spots.of({when: Decimal(spot)}) for spot in (-300, 100))
    assert contract.cost(OFFTAKE[0], Decimal(100), when, low)["energy"] == Decimal("2.12")
    assert contract.cost(OFFTAKE[0], Decimal(100), when, high)["energy"] > 11


def test_gas_is_billed_in_kwh_at_the_tier_of_the_year() -> None:
    """The tier of the yearly volume prices every kWh; the second tier has the higher fixed fee."""
    for volume, fixed, kwh in ((5000, "15.68", "0.02257"), (5001, "83.22", "0.00905")):
        contract = made(GAS, gas_kwh_year=volume, gas_kwh_per_m3=11.51)
        uses = [(at(2026, 10, 5), Register.GAS, Decimal(100))]
        shown = bill(uses, contract, start=date(2026, 1, 1), end=date(2027, 1, 1))
        grid, distribution = shown.line("grid fixed", "gas"), shown.line("distribution", "gas")
        assert grid is not None
        assert distribution is not None
        assert grid.eur_incl == Decimal(fixed)
        assert distribution.quantity == 1151
        assert abs(distribution.incl - 1151 * Decimal(kwh)) < NEAR
        adds_up(shown)


def test_every_medium_on_one_bill() -> None:
    """The full example has three energies and a change of contract, and it adds up."""
    contract = load((EXAMPLES / "everything.json").read_text(encoding="utf-8"))
    assert isinstance(contract, Contract)
    start, end = date(2026, 1, 1), date(2026, 5, 10)
    uses = [
        *every_quarter(start, end),
        (at(2026, 2, 2), Register.GAS, Decimal("311.2")),
        (at(2026, 4, 2), Register.WATER, Decimal("61.3")),
    ]
    shown = bill(uses, contract, market, PEAKS, start=start, end=end)
    adds_up(shown)
    assert {line.energy for line in shown.lines} >= {"electricity", "gas", "water"}
    assert shown.line("water comfort rate", "water") is not None


def test_the_social_water_tariff_is_a_fifth() -> None:
    """This includes the fixed fee."""
    uses = [(at(2026, 5, 1), Register.WATER, Decimal(74))]
    full, social = (
        bill(uses, made({**WATER, "social": yes}, residents=2),
             start=date(2026, 1, 1), end=date(2027, 1, 1)).exact_eur
        for yes in (False, True)
    )  # fmt: skip
    assert abs(social - full / 5) < NEAR
