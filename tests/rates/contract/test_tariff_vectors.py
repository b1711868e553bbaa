"""Published figures of cards, regulator and worked examples, to their own precision."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from base.time import QUARTER
from rates.amounts import Register
from rates.bill import Bill, bill, cents
from rates.capacity import mean_kw
from rates.curve import Spots
from rates.electricity import electricity_month
from rates.files import read_tables
from rates.tariffs import blended_eur_kwh
from rates.terms import Electricity, Home
from tests.rates.contract.factories import ENGIE, FIXED, GAS, WATER, at, flat_peaks, made

SHARED = Path(os.environ.get("DM_SHARED", Path(__file__).parents[4] / "shared"))
START, END = date(2026, 1, 1), date(2027, 1, 1)
PEAKS_KW = ["0.632", "4.600", "0", "1.028", "3.444", "4.164",
            "4.564", "6.000", "9.200", "5.000", "4.120", "4.880"]  # fmt: skip
CARDS = [
    ("0.8702 + 0.1039 x S cent/kWh ex VAT", "110.75", "13.120"),
    ("1.625 + 0.108 x S cent/kWh ex VAT", "96.48305", "12.7679"),
    ("1 + 0.102 x S cent/kWh ex VAT", "115.6468", "13.56"),
]
INJECTED = [
    ("-1.3135 + 0.1000 x S cent/kWh", "104.50", "9.1365"),
    ("-1.10 + 0.0925 x S cent/kWh", "89.87334", "7.2133"),
]


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    path = SHARED / "facts" / "tariff_vectors.json"
    if not path.exists():
        pytest.skip(f"the published figures are not beside the project: {path}")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def rounds_to(value: Decimal, printed: str) -> bool:
    """Check that the value rounds to the published figure."""
    shown = Decimal(printed)
    half = Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)
    return abs(value - shown) <= half


def energy_price(price: str, spot: str, key: str = "offtake") -> Decimal:
    """The energy line incl VAT, in cent/kWh, of a card formula at a spot price."""
    contract = made({**ENGIE, key: {"price": price, "S": "quarter"}})
    register = Register.OFFTAKE_DAY if key == "offtake" else Register.INJECTION_DAY
    spots = Spots.of(lambda _: Decimal(spot))
    lines = contract.cost(register, Decimal(100), at(2026, 4, 1), spots)
    return lines["energy" if key == "offtake" else "injection"]


def year_bill(day: date, offtake: str, injection: str, peak_kw: str) -> Bill:
    """A year under Engie's card in Antwerpen, at the levies of one day.

    All use is in one quarter of it, so that the maximum tariff is applied over the year.
    """
    first, second = at(2026, 3, 2), at(2026, 3, 2) + QUARTER
    uses = [
        (first, Register.OFFTAKE_DAY, Decimal(offtake)),
        (second, Register.INJECTION_DAY, Decimal(injection)),
    ]
    spots = {first: Decimal("110.75"), second: Decimal("104.50")}
    peaks = flat_peaks(peak_kw, date(2025, 1, 1), 24)
    return bill(
        uses, made(ENGIE, max_tariff="yearly").pinned(day), spots, peaks, start=START, end=END
    )


@pytest.mark.parametrize(("price", "spot", "printed"), CARDS)
def test_a_card_formula_gives_the_price_on_the_card(price: str, spot: str, printed: str) -> None:
    """Cards print an example price incl VAT beside their formula."""
    assert rounds_to(energy_price(price, spot), printed)


@pytest.mark.parametrize(("price", "spot", "printed"), INJECTED)
def test_injection_bears_no_vat(price: str, spot: str, printed: str) -> None:
    """A household's injection is paid by the formula."""
    assert rounds_to(energy_price(price, spot, "injection"), printed)


def test_every_card_of_the_shared_vectors(vectors: dict[str, Any]) -> None:
    """Each card check agrees in all printed digits."""
    for card in vectors["card_formula_checks"]:
        offtake = card["vat"] != "0"
        unit = "cent/kWh ex VAT" if offtake else "cent/kWh"
        text = f"{card['b']} + {card['a']} x S {unit}"
        value = energy_price(text, card["spot"], "offtake" if offtake else "injection")
        assert rounds_to(value, card["expected_ct"].split()[0]), card["card"]


def test_the_floor_holds_per_month_before_the_mean(vectors: dict[str, Any]) -> None:
    """Twelve peaks, some below 2.5 kW, give the published mean with the floor applied per month."""
    given = vectors["peak_mean"]
    assert given["peaks_kw"] == PEAKS_KW
    assert rounds_to(twelve_peaks_mean(), given["expected_mean_kw"])


def twelve_peaks_mean() -> Decimal:
    peaks = {date(2026, n + 1, 1): Decimal(kw) for n, kw in enumerate(PEAKS_KW)}
    return mean_kw(peaks, date(2026, 12, 1), Decimal("2.5"))


def test_twelve_published_peaks() -> None:
    """The mean is 4.456 kW; with the floor applied after the mean it would be 3.969."""
    assert twelve_peaks_mean() == Decimal("4.456")


def test_a_year_of_capacity_in_antwerpen(vectors: dict[str, Any]) -> None:
    """4.456 kW costs 233.35 EUR a year incl VAT; the floor 130.92."""
    given = vectors["capacity_annual_incl_vat"]
    line = year_bill(date(2026, 9, 1), "0", "0", given["mean_kw"]).line("capacity")
    assert line is not None
    assert line.eur_incl == Decimal(given["expected"]) == Decimal("233.35")
    floor = year_bill(date(2026, 9, 1), "0", "0", "1").line("capacity")
    assert floor is not None
    assert floor.eur_incl == Decimal("130.92")


def test_the_worked_year_to_the_cent() -> None:
    """3500 kWh, 1000 kWh injected, 4.456 kW: every line of the worked example and its net sum."""
    year = year_bill(date(2026, 9, 1), "3500", "1000", "4.456")
    printed = {
        "energy": "433.20", "fixed fee": "95.00", "certificates": "52.22",
        "distribution": "176.76", "capacity": "220.14", "data management": "17.85",
        "excise": "161.00",
    }  # fmt: skip
    assert {n: str(ex_eur(year, n)) for n in printed} == printed
    injection = year.line("injection")
    assert injection is not None
    assert injection.incl == Decimal("-91.365")
    assert injection.eur_incl == Decimal("-91.37")
    assert year.vat_eur == Decimal("69.37")
    assert year.total_eur == cents(year.exact_eur) == Decimal("1134.18")


def test_the_worked_year_before_august_2026() -> None:
    """The same year with the older excise and contribution."""
    assert year_bill(date(2026, 7, 1), "3500", "1000", "4.456").total_eur == Decimal("1146.81")


def test_the_worked_year_of_the_shared_vectors(vectors: dict[str, Any]) -> None:
    """The inputs of the vector give its results."""
    given = vectors["year_antwerp_engie"]
    inputs = (given["import_kwh"], given["inject_kwh"], given["mean_peak_kw"])
    after, before = (year_bill(date(2026, m, 1), *inputs) for m in (9, 7))
    bought = [ln for ln in after.lines if ln.energy and ln.name != "injection"]
    assert str(sum(ln.eur_ex for ln in bought)) == given["sum_ex"]
    assert str(after.vat_eur) == given["vat"]
    assert str(sum(ln.eur_incl for ln in bought)) == given["gross"]
    income = after.line("injection")
    assert income is not None
    assert str(-income.eur_incl) == given["injection"].split()[0]
    assert str(after.total_eur) == given["net"]
    assert str(before.total_eur) == given["net_before_1_Aug_2026_levies"]
    grid = [after.line(name) for name in ("distribution", "capacity", "data management")]
    assert rounds_to(sum((ln.incl for ln in grid if ln), Decimal(0)), given["network_part_incl"])


FOUR = [("0.250", "0", "85.10"), ("0.900", "0", "120.00"), ("0", "0.400", "-12.50"),
        ("0.050", "0.150", "3.20")]  # fmt: skip


def four_quarters(step: str, quarters: list[Any]) -> Bill:
    """Four quarters of one hour, at the levies from August 2026."""
    start, contract = at(2026, 9, 1), made(
        {**ENGIE, "offtake": {**ENGIE["offtake"], "S": step},
         "injection": {**ENGIE["injection"], "S": step}}
    )  # fmt: skip
    times = [start + n * QUARTER for n in range(4)]
    rows = list(zip(times, quarters, strict=True))
    uses = [(time, Register.OFFTAKE_DAY, Decimal(row[0])) for time, row in rows]
    uses += [(time, Register.INJECTION_DAY, Decimal(row[1])) for time, row in rows]
    spots = {time: Decimal(row[2]) for time, row in rows}
    return bill(uses, contract, spots, start=date(2026, 9, 1), end=date(2026, 9, 2))


def ex_eur(shown: Bill, name: str) -> Decimal:
    line = shown.line(name)
    assert line is not None
    return line.eur_ex


def exact(shown: Bill, name: str) -> Decimal:
    line = shown.line(name)
    assert line is not None
    return line.ex


def test_four_quarters_by_quarter_and_by_hour() -> None:
    """The step matters: the same hour costs half at the hourly mean price."""
    quarter, hour = four_quarters("quarter", FOUR), four_quarters("hour", FOUR)
    assert exact(quarter, "energy") == Decimal("0.144925365")
    assert -exact(quarter, "injection") == Decimal("-0.01174425")
    assert exact(hour, "energy") == Decimal("0.07147326")
    assert -exact(hour, "injection") == Decimal("0.01969825")


def test_four_quarters_of_the_shared_vectors(vectors: dict[str, Any]) -> None:
    """Energy, injection, peak and the variable cost agree in every digit."""
    given = vectors["four_quarters"]
    quarter = four_quarters("quarter", given["quarters"])
    hour = four_quarters("hour", given["quarters"])
    assert exact(quarter, "energy") == Decimal(given["energy_ex_quarter"])
    assert -exact(quarter, "injection") == Decimal(given["injection_quarter"])
    assert exact(hour, "energy") == Decimal(given["energy_ex_if_hourly_mean"])
    assert -exact(hour, "injection") == Decimal(given["injection_if_hourly_mean"])
    variable = ("energy", "certificates", "distribution", "excise")
    incl = sum((exact(quarter, name) for name in variable), Decimal(0)) * Decimal("1.06")
    assert rounds_to(incl, given["variable_all_in_incl_vat"])
    capacity = quarter.line("capacity")
    assert capacity is not None
    # one day of a 30-day month, at the only peak there is
    assert rounds_to(capacity.quantity * 360, given["peak_kw"])


def test_gas_excise_in_slices(vectors: dict[str, Any]) -> None:
    """For 17,000 kWh, 12 MWh cost the first rate and 5 the second, as published by CWaPE."""
    given = vectors["gas_excise_blend"]
    levy, _ = read_tables().levy("gas excise", date(2026, 9, 1))
    blend = blended_eur_kwh(levy, Decimal(given["kwh"])) * 100 * Decimal("1.06")
    assert rounds_to(blend, given["expected_ct_incl"])
    contract = made(GAS, gas_kwh_year=17000, gas_kwh_per_m3=10)
    lines = contract.cost(Register.GAS, Decimal(10), at(2026, 9, 1))
    assert rounds_to(lines["excise"], "1.11936")


def test_grid_of_2023_in_antwerpen(vectors: dict[str, Any]) -> None:
    """3500 kWh at 4.26 kW cost 314.89 EUR by the official sheet of 2023."""
    given = vectors["vreg_2023_antwerp"]
    tables, day = read_tables(), date(2023, 7, 1)
    grid, _ = tables.grid("Antwerpen", day)
    assert grid.capacity_eur_kw_year is not None
    ex = (
        grid.capacity_eur_kw_year * Decimal(given["peak"])
        + grid.eur_kwh["mono"] * Decimal(given["kwh"])
        + grid.data_management_eur_year
    )
    assert cents(ex * (1 + tables.vat(day))) == Decimal(given["expected_incl"])


@pytest.mark.parametrize(("m3", "printed"), [(74, "432.71"), (120, "811.79")])
def test_water_in_antwerpen(m3: int, printed: str) -> None:
    """Two residents pay 90 m3 at the basic rate, the rest at double, and 60 EUR fixed."""
    contract = made(WATER, residents=2)
    year = bill([(at(2026, 5, 1), Register.WATER, Decimal(m3))], contract, start=START, end=END)
    assert year.total_eur == Decimal(printed)


def test_water_of_the_shared_vectors(vectors: dict[str, Any]) -> None:
    """Each case agrees, with the operator's rates from our table."""
    given = vectors["water_antwerp_2026"]
    row, _ = read_tables().water_rates("Water-link Antwerpen", date(2026, 1, 1))
    assert str(getattr(row, "drinking", "")) == given["drink_basic"]
    for case in given["cases"]:
        test_water_in_antwerpen(case["m3"], case["expected"])


def test_water_in_wallonia_and_brussels() -> None:
    """SWDE charges 527.83 EUR for 80 m3; Brussels has one rate and a yearly fee."""
    use = [(at(2026, 5, 1), Register.WATER, Decimal(80))]
    swde = made({**WATER, "operator": "SWDE"}, residents=3)
    assert bill(use, swde, start=START, end=END).total_eur == Decimal("527.83")
    brussels = made({**WATER, "operator": "Vivaqua"}, residents=3)
    assert bill(use, brussels, start=START, end=END).total_eur == 80 * Decimal("5.35") + Decimal(
        "40.23"
    )


AREAS = {
    "Antwerpen": ("4.3640", "5.35329", "130.92", "53.2565", "5.99007"),
    "Halle-Vilvoorde": ("4.9505", "5.63676", "148.51", "59.5556", "6.20396"),
    "Imewo": ("4.7878", "5.54236", "143.63", "56.4368", "6.24373"),
    "Kempen": ("4.9650", "6.33708", "148.95", "56.2987", "6.43857"),
    "Limburg": ("4.3325", "5.75257", "129.97", "51.8057", "6.79739"),
    "Midden-Vlaanderen": ("4.4276", "5.27945", "132.83", "51.9852", "5.60719"),
    "West": ("5.0438", "6.69853", "151.31", "60.3483", "7.46649"),
    "Zenne-Dijle": ("4.9575", "5.87156", "148.73", "59.1475", "6.42466"),
}


@pytest.mark.parametrize(("area", "printed"), AREAS.items())
def test_every_fluvius_area(area: str, printed: tuple[str, ...]) -> None:
    """The cards' figures incl VAT: a kW a month, a kWh, the yearly floor, and those of 2025."""
    terms = made(FIXED, grid_area=area).contracts[0]
    assert isinstance(terms, Electricity)
    home = Home(grid_area=area)
    tables = read_tables()
    shown = []
    for day in (date(2026, 9, 1), date(2025, 6, 1)):
        month = electricity_month(terms, home, tables, day)
        distribution = month.rates[Register.OFFTAKE_DAY][1]
        assert month.capacity is not None
        assert distribution.flat is not None
        kw_year = month.capacity.eur_kw_year * Decimal("1.06")
        shown.append((kw_year, distribution.flat * Decimal("106")))
    (now_kw, now_kwh), (then_kw, then_kwh) = shown
    assert rounds_to(now_kw / 12, printed[0])
    assert rounds_to(now_kwh, printed[1])
    assert abs(now_kw * Decimal("2.5") - Decimal(printed[2])) <= Decimal("0.01")
    assert rounds_to(then_kw, printed[3])
    assert rounds_to(then_kwh, printed[4])


def test_the_grid_table_agrees_with_the_shared_one() -> None:
    """Eight areas and two years of another card agree to five digits of a cent."""
    path = SHARED / "data" / "tariffs" / "flanders_grid_tariffs_digital_meter.csv"
    if not path.exists():
        pytest.skip(f"the grid tariffs are not beside the project: {path}")
    vat = Decimal("1.06")
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        year, dso, kw, kwh, _, management, *_ = row.split(",")
        grid, _ = read_tables().grid(dso, date(int(year), 3, 1))
        scale = Decimal(1) if grid.vat == "incl" else vat
        assert grid.capacity_eur_kw_year is not None
        assert abs(grid.capacity_eur_kw_year * scale - Decimal(kw)) < Decimal("0.0002")
        assert abs(grid.eur_kwh["mono"] * scale * 100 - Decimal(kwh)) < Decimal("0.00002")
        assert abs(grid.data_management_eur_year * scale - Decimal(management)) < Decimal("0.01")


def test_what_a_kwh_more_costs_at_any_spot_price() -> None:
    """Marginal prices of the worked table: offtake incl VAT, and injection."""
    contract = made(ENGIE)
    table = {-50: ("0.07227", "-0.06314"), 0: ("0.12733", "-0.01314"), 50: ("0.18240", "0.03686"),
             100: ("0.23747", "0.08686"), 200: ("0.34760", "0.18686")}  # fmt: skip
    for spot, (bought, sold) in table.items():
        when = at(2026, 9, 1)
        spots = Spots.of({when: Decimal(spot)})
        offtake = contract.price(Register.OFFTAKE_DAY, when, spots)
        injection = contract.price(Register.INJECTION_NIGHT, when, spots)
        assert offtake is not None
        assert injection is not None
        assert rounds_to(offtake, bought)
        assert abs(injection - Decimal(sold)) <= Decimal("0.00001")
