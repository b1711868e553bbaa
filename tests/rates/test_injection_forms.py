"""Injection under a separate contract, and the Walloon meter that subtracts it from offtake."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rates.amounts import Booking, Register
from rates.bill import Bill, bill
from rates.contract import Contract, Priced
from rates.ending import ending
from rates.errors import RatesError
from rates.files import load
from rates.running_bill import month_bill
from rates.usage import add
from tests.rates.contract.factories import FIXED, at, made, text

DAY, NIGHT = Register.OFFTAKE_DAY, Register.OFFTAKE_NIGHT
BACK_DAY, BACK_NIGHT = Register.INJECTION_DAY, Register.INJECTION_NIGHT
START, END = date(2026, 1, 1), date(2027, 1, 1)
APART: dict[str, Any] = {
    "energy": "injection",
    "name": "Engie injection only",
    "first_day": "2026-04-01",
    "fixed_fee": "114.95 EUR/year incl 21 % VAT",
    "injection": {"price": "5 cent/kWh"},
}
BOTH: dict[str, Any] = {
    **FIXED,
    "offtake": {"day": "12 cent/kWh ex VAT", "night": "8 cent/kWh ex VAT"},
}


def prosumer(terms: dict[str, Any] = FIXED, **home: object) -> Contract:
    kept = {"grid_area": "ORES", "compensation": True, "prosumer_kva": 5, **home}
    return made(terms, **kept)


def year_of(contract: Contract, uses: dict[Register, tuple[int, int]]) -> Bill:
    """The bill of 2026: kWh of each register in January and in July."""
    counted = [
        (at(2026, month, 15), register, Decimal(kwh))
        for register, each in uses.items()
        for month, kwh in zip((1, 7), each, strict=True)
        if kwh
    ]
    return bill(counted, contract, start=START, end=END)


def kwh_of(drawn: Bill, name: str) -> Decimal:
    line = drawn.line(name)
    return Decimal(0) if line is None else line.quantity


def test_what_is_sold_apart_has_its_own_price_and_fee() -> None:
    """From April it is 5 cent instead of 3, with a fee that includes 21 % VAT."""
    contract = made(FIXED, APART)
    priced = Priced(contract)
    assert priced.price(BACK_DAY, at(2026, 3, 31)) == Decimal("0.03")
    assert priced.price(BACK_DAY, at(2026, 4, 1)) == Decimal("0.05")
    drawn = year_of(contract, {DAY: (100, 100), BACK_DAY: (100, 100)})
    assert drawn.line("injection").eur_incl == Decimal(-8)  # type: ignore[union-attr]
    (fee,) = (line for line in drawn.lines if line.name == "fixed fee")
    assert (fee.quantity, fee.vat) == (275, Decimal("0.21"))
    assert fee.incl == pytest.approx(Decimal("114.95") * 275 / 365)


def test_a_house_without_injection_at_its_supplier_may_sell_it_elsewhere() -> None:
    """It has no price before that contract; after its end only injection has none."""
    contract = made({**FIXED, "injection": None}, {**APART, "last_day": "2026-10-31"})
    priced = Priced(contract)
    assert priced.price(BACK_DAY, at(2026, 3, 31)) is None
    assert priced.price(BACK_DAY, at(2026, 4, 1)) == Decimal("0.05")
    (said,) = ending(contract, date(2026, 10, 15))
    assert said.endswith("from then on injection has no price.")


def test_injection_takes_off_the_offtake_of_the_year() -> None:
    """1000 kWh offtake in winter and 600 injection in summer: 400 kWh are billed on each line."""
    drawn = year_of(prosumer(), {DAY: (1000, 0), BACK_DAY: (0, 600)})
    names = ("energy", "distribution", "transport", "excise", "connection fee")
    assert {name: kwh_of(drawn, name) for name in names} == dict.fromkeys(names, Decimal(400))
    assert drawn.line("injection") is None
    assert drawn.line("prosumer tariff").eur_incl == Decimal("429.20")  # type: ignore[union-attr]


def test_what_is_injected_beyond_the_offtake_is_worth_nothing() -> None:
    """The year is zero, not negative, and the bill reports it."""
    drawn = year_of(prosumer(), {DAY: (300, 0), BACK_DAY: (0, 600)})
    assert kwh_of(drawn, "energy") == 0
    assert "300 kWh injected until 2026-12-31 are more than was taken" in drawn.notes[0]


@pytest.mark.parametrize(
    ("profile", "january"),
    [
        ("rlp", 600 * Decimal(1175) / 1779),
        ("rlp_spp", 1000 * Decimal(1175) / 1779 - 400 * Decimal(202) / 1579),
    ],
)
def test_net_kwh_are_spread_over_the_year_by_its_profile(profile: str, january: Decimal) -> None:
    """Of 600 net kWh by the RLP, January has 1175 and July 604 of 10,000, at any time of use."""
    index = {"2026-01": 100, "2026-07": 20}
    offtake = {"price": "0.1 x S cent/kWh ex VAT", "index": index}
    contract = prosumer({**FIXED, "offtake": offtake, "net_profile": profile})
    drawn = year_of(contract, {DAY: (500, 500), BACK_DAY: (0, 400)})
    energy = drawn.line("energy")
    assert energy is not None
    assert energy.quantity == pytest.approx(600)
    assert energy.ex == pytest.approx(january * Decimal("0.1") + (600 - january) * Decimal("0.02"))


def test_the_years_of_the_counter_stand_apart() -> None:
    """With a reading on 1 April, solar of the summer does not reduce the winter before."""
    drawn = year_of(prosumer(counter_read="04-01"), {DAY: (1000, 200), BACK_DAY: (0, 600)})
    assert kwh_of(drawn, "energy") == 1000


def test_day_and_night_each_have_a_counter() -> None:
    """A sunny day does not reduce the night where the two have separate prices."""
    uses = {DAY: (500, 0), NIGHT: (500, 0), BACK_DAY: (0, 800)}
    drawn = year_of(prosumer(BOTH), uses)
    assert (kwh_of(drawn, "energy day"), kwh_of(drawn, "energy night")) == (0, 500)
    assert kwh_of(year_of(prosumer(), uses), "energy") == 200


def test_a_kwh_injected_has_the_price_of_one_taken_until_2030() -> None:
    """This holds live too: stored solar equals injected solar. From 2031 on it is sold."""
    priced = Priced(prosumer())
    taken, injected = (priced.price(register, at(2026, 6, 1)) for register in (DAY, BACK_DAY))
    assert taken == injected
    assert priced.price(BACK_DAY, at(2030, 12, 31)) != Decimal("0.03")
    assert priced.price(BACK_DAY, at(2031, 1, 2)) == Decimal("0.03")


def test_the_bill_of_a_month_counts_both_ways() -> None:
    """The bill values injection at the price of offtake."""
    contract, quarter = prosumer(), at(2026, 6, 1)
    bookings = [
        Booking.at(Priced(contract), register, Decimal(kwh), quarter)
        for register, kwh in ((DAY, 100), (BACK_DAY, 40))
    ]
    drawn = month_bill(add({}, bookings), [], Priced(contract), contract, {}, at(2026, 6, 2))
    lines = {line.name: line.eur for line in drawn.lines if line.unit == "kWh"}
    taken = sum(eur for name, eur in lines.items() if name != "injection")
    assert lines["injection"] == pytest.approx(-0.4 * taken, abs=0.02)


def test_an_unknown_prosumer_tariff_is_reported() -> None:
    """Only the tariff of ORES is known; the sentence names the entry and the key to add."""
    day = date(2026, 6, 1)
    for area in ("RESA", "AIEG", "AIESH", "Wavre"):
        (said,) = ending(prosumer(grid_area=area), day)
        assert said.startswith(f"The prosumer tariff of {area} is not known here")
        assert f"the entry of {area} for 2026 from rates/tables/grid.json" in said
        assert '"prosumer_eur_kva_year"' in said
    assert not ending(prosumer(), day)
    assert not ending(made(FIXED, grid_area="Sibelga", prosumer_kva=5), day)


@pytest.mark.parametrize(
    ("home", "sentence"),
    [
        ({"compensation": True}, "home.prosumer_kva is missing; compensation needs it"),
        (
            {"compensation": True, "prosumer_kva": 5},
            "home.compensation for: 'Antwerpen' is unknown; allowed: ORES, RESA",
        ),
        (
            {"compensation": True, "prosumer_kva": 5, "grid_area": "ORES", "grid_tariff": "impact"},
            "cannot be combined with home.grid_tariff 'impact'; allowed: mono, day_night",
        ),
        ({"counter_read": "02-31"}, r"home\.counter_read: must be a month and day"),
    ],
)
def test_what_does_not_go_together_is_refused(home: dict[str, Any], sentence: str) -> None:
    """The error has the key, the value and what is allowed."""
    with pytest.raises(RatesError, match=sentence):
        load(text(FIXED, **home))


def test_two_contracts_of_injection_in_a_month_are_refused() -> None:
    """Injection contracts must follow each other, as other contracts."""
    with pytest.raises(RatesError, match=r"'Engie injection only' and 'other' .* overlap"):
        load(text(FIXED, APART, {**APART, "name": "other", "first_day": "2026-05-01"}))


def test_its_discounts_are_those_of_injection() -> None:
    """A percentage of the offtake energy is not a discount of such a contract."""
    wrong = {**APART, "discounts": [{"name": "x", "percent": 5}]}
    with pytest.raises(RatesError, match="'x' applies to offtake"):
        load(text(FIXED, wrong))
