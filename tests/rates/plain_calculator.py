"""A month of a Flemish house by plain arithmetic from the published rules, independent of rates/.

Amounts in EUR, c = cent per kWh ex VAT, S in EUR/MWh. Sources: Fluvius (capacity tariff and floor
per month, mean of twelve months), law of 27 December 2004 art. 419 (excise), the cards (maximum).
It shares no code and no table with the program: the numbers are entered again.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

D = Decimal
AREAS_2026 = {  # EUR/kW/year and EUR/kWh, ex VAT
    "Antwerpen": ("49.4036563", "0.0505027"), "Halle-Vilvoorde": ("56.0428955", "0.0531770"),
    "Imewo": ("54.2009816", "0.0522864"), "Kempen": ("56.2069857", "0.0597838"),
    "Limburg": ("49.0469384", "0.0542695"), "Midden-Vlaanderen": ("50.1239818", "0.0498061"),
    "West": ("57.0995726", "0.0631937"), "Zenne-Dijle": ("56.1228635", "0.0553921"),
}  # fmt: skip
DATA_MANAGEMENT = D("17.85")
CEILING = D("0.3276168")
ENERGY_FUND = D("10.07")
DAYS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


@dataclass(frozen=True, kw_only=True)
class PlainHouse:
    """`kind` is fixed, month, hour or quarter; the c and slope of a formula are ex VAT."""

    area: str
    month: int
    kind: str
    c: Decimal
    slope: Decimal
    injection_c: Decimal
    injection_slope: Decimal
    certificates_c: Decimal
    fee_year: Decimal
    domiciled: bool
    month_index: Decimal
    peaks: tuple[Decimal, ...]
    kwh_year: Decimal


def plain_bill(
    house: PlainHouse,
    bought: list[Decimal],
    sold: list[Decimal],
    prices: list[Decimal],
) -> dict[str, Decimal]:
    """EUR incl VAT per line, each rounded to the cent once. Lists are by quarter of the month."""
    kwh = sum(bought, D(0))
    energy, earned = D(0), D(0)
    for n, (use, back) in enumerate(zip(bought, sold, strict=True)):
        if house.kind == "fixed":
            s = D(0)
        elif house.kind == "month":
            s = house.month_index
        elif house.kind == "hour":
            first = n - n % 4
            s = sum(prices[first : first + 4], D(0)) / 4
        else:
            s = prices[n]
        energy += use * (house.c + house.slope * s) / 100
        earned += back * (house.injection_c + house.injection_slope * s) / 100
    kw_year, per_kwh = (D(text) for text in AREAS_2026[house.area])
    billed = [max(D("2.5"), peak) for peak in house.peaks[-12:]]
    mean = sum(billed, D(0)) / len(billed)
    capacity, floor = mean * kw_year / 12, D("2.5") * kw_year / 12
    distribution = kwh * per_kwh
    room = max(CEILING * kwh - distribution, floor)
    less = max(D(0), capacity - room)  # per month, or over a year that consists of this month
    early = house.month < 8
    excise, contribution = (D("0.04748"), D("0.0019261")) if early else (D("0.046"), D(0))
    if early and house.kwh_year > 20000:
        above = house.kwh_year - 20000
        excise = (20000 * D("0.04748") + above * D("0.04546")) / house.kwh_year
    days = DAYS[house.month]
    ex = {
        "energy": energy,
        "certificates": kwh * house.certificates_c / 100,
        "distribution": distribution,
        "capacity": capacity,
        "maximum tariff": -less,
        "excise": kwh * excise,
        "energy contribution": kwh * contribution,
        "fixed fee": house.fee_year * days / 365,
        "data management": DATA_MANAGEMENT * days / 365,
    }
    lines = {name: _cents(eur * D("1.06")) for name, eur in ex.items() if _cents(eur * D("1.06"))}
    if not house.domiciled:
        lines["energy fund"] = ENERGY_FUND
    if _cents(earned):
        lines["injection"] = -_cents(earned)
    return lines


def _cents(eur: Decimal) -> Decimal:
    return eur.quantize(D("0.01"), ROUND_HALF_UP)
