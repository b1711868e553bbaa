"""Compares our bill with that of PyPI energy-cost (EnergyID) by line, for random Flemish houses.

An independent calculator with its own tariff tables, taxes and index code. It runs in an
environment of its own, made once. Each house: a whole year, an area, electricity or gas, a contract
that is fixed or by hour, quarter, RLP or SPP month.
"""

import argparse
import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from base.time import QUARTER
from rates.amounts import Register
from rates.bill import bill
from rates.calendar import day_start
from rates.contract import Contract
from rates.files import load, market_spots

HELP = "bills beside those of PyPI energy-cost, line by line (makes an environment)"
PACKAGE = "energy-cost==0.8.5"
ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".prove" / "energy-cost"
OTHER = Path(__file__).parent / "other" / "energy_cost_side.py"
AREAS = {
    "Antwerpen": 2024, "Imewo": 2024, "Limburg": 2024, "West": 2024,
    "Halle-Vilvoorde": 2025, "Kempen": 2025, "Midden-Vlaanderen": 2025, "Zenne-Dijle": 2025,
}  # fmt: skip
"""Areas, and the first year with their present borders."""
PROFILES_FROM = 2025
CLOSE_EUR = 0.006
PRINTED_GAS = 2026
"""Our gas tariffs of this year are those that cards print, c/kWh in three decimals and EUR in two;
theirs are the operators' sheets. The sheets are right: the room that rounding makes is allowed."""
ROUNDING_EUR_KWH = 0.0000125
LINES: Mapping[str, tuple[str, ...]] = {
    "supplier.consumption.total": ("energy",),
    "supplier.injection.total": ("injection",),
    "supplier.fixed.fee": ("fixed fee",),
    "distributor.consumption.total": ("distribution", "transport"),
    "distributor.capacity.total": ("capacity", "maximum tariff"),
    "distributor.fixed.data_management": ("data management",),
    "distributor.fixed.fixed_distribution_fee": ("grid fixed",),
    "fees.consumption.excise": ("excise",),
    "fees.consumption.energy_contribution": ("energy contribution",),
}
"""Their line, and ours."""


def python() -> Path:
    """The interpreter of its environment, which is created if missing."""
    found = PLACE / "bin" / "python"
    if not found.exists():
        print(f"making {PLACE} with {PACKAGE}", file=sys.stderr)
        venv.create(PLACE, with_pip=True)
        ask = [str(found), "-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGE]
        subprocess.run(ask, check=True)
    return found


def house(random: Random) -> dict[str, Any]:
    """The input for both: a year of quarters, prices and a contract, EUR/MWh ex VAT."""
    area = random.choice([*AREAS])
    energy = random.choice(["electricity", "electricity", "gas"])
    year = random.randint(AREAS[area], 2026)
    indices = [None, None, "quarter", "hour"]
    if year >= PROFILES_FROM:
        indices += ["rlp_flanders", "rlp_flanders", "spp"]
    index = None if energy == "gas" else random.choice(indices)
    start, end = day_start(date(year, 1, 1)), day_start(date(year + 1, 1, 1))
    quarters = [start + place * QUARTER for place in range((end - start) // QUARTER)]
    most = random.choice([60, 250, 900])  # Wh in a quarter: below the maximum tariff, usual, large
    if energy == "gas":
        most = random.choice([200, 1500])
    sold = index is not None and random.random() < 0.7
    slope = Decimal(random.randint(900, 1200)).scaleb(-3) if index else Decimal(0)
    return {
        "area": area,
        "energy": energy,
        "year": year,
        "index": index,
        "quarters": quarters,
        "prices": [Decimal(random.randint(-5000, 20000)).scaleb(-2) for _ in quarters],
        "used": [random.randrange(most + 1) for _ in quarters],
        "sold": [random.randrange(most + 1) for _ in quarters] if sold else [],
        "constant": Decimal(random.randint(500, 15000)).scaleb(-2),
        "slope": slope,
        "sold_constant": Decimal(random.randint(-2000, 1000)).scaleb(-2),
        "fee": Decimal(random.randint(0, 10000)).scaleb(-2),
    }


def theirs(made: Mapping[str, Any]) -> str:
    """The house as a JSON line for the other side, in MWh; revenue is negative."""
    start, end = made["quarters"][0], made["quarters"][-1] + QUARTER

    def rows(values: Sequence[Any], scale: float) -> list[tuple[str, float]]:
        pairs = zip(made["quarters"], values, strict=True)
        return [(at.isoformat(), float(value) * scale) for at, value in pairs]

    told = {
        "energy": made["energy"],
        "distributor": f"fluvius_{made['area'].lower().replace('-', '_')}",
        "start": start.isoformat(),
        "end": end.isoformat(),
        "offtake": {
            "constant": float(made["constant"]),
            "slope": float(made["slope"]),
            "index": made["index"],
        },
        "injection": {
            "constant": -float(made["sold_constant"]),
            "slope": -0.9,
            "index": made["index"],
        },
        "fee_ex": float(made["fee"]),
        "prices": rows(made["prices"], 1.0),
        "used": rows(made["used"], 1e-6),
        "injected": rows(made["sold"], 1e-6) if made["sold"] else [],
    }
    return json.dumps(told)


def ours(made: Mapping[str, Any]) -> dict[str, float]:
    """EUR ex VAT of each line, and the VAT."""
    price = f"{made['constant']} EUR/MWh ex VAT"
    offtake: dict[str, Any] = {"price": price}
    if made["index"]:
        price = f"{made['constant']} + {made['slope']} x S EUR/MWh ex VAT"
        offtake = {"price": price, "S": made["index"]}
    terms: dict[str, Any] = {
        "energy": made["energy"],
        "name": "house",
        "first_day": "2020-01-01",
        "offtake": offtake,
        "fixed_fee": f"{made['fee']} EUR/year ex VAT",
    }
    if made["sold"]:
        sold = f"{made['sold_constant']} + 0.9 x S EUR/MWh"
        terms["injection"] = {"price": sold.replace("+ -", "- "), "S": made["index"]}
    kwh = sum(made["used"]) / 1000
    home: dict[str, Any] = {"grid_area": made["area"], "max_tariff": "yearly"}
    home |= {"electricity_kwh_year": kwh} if made["energy"] == "electricity" else {}
    if made["energy"] == "gas":
        home |= {"gas_kwh_year": kwh, "gas_kwh_per_m3": 10}
    contract = load(json.dumps({"home": home, "contracts": [terms]}))
    assert isinstance(contract, Contract)
    market = dict(zip(made["quarters"], made["prices"], strict=True))
    drawn = bill(
        _uses(made),
        contract,
        market_spots(market.get),
        start=date(made["year"], 1, 1),
        end=date(made["year"] + 1, 1, 1),
    )
    lines = {line.name: float(line.ex) for line in drawn.lines if line.energy}
    vat = sum((line.incl - line.ex for line in drawn.lines if line.energy), Decimal(0))
    return lines | {"VAT": float(vat)}


def _uses(made: Mapping[str, Any]) -> Iterator[tuple[datetime, Register, Decimal]]:
    bought = Register.GAS if made["energy"] == "gas" else Register.OFFTAKE_DAY
    digits = -4 if made["energy"] == "gas" else -3  # 10 kWh in a m3
    for at, wh in zip(made["quarters"], made["used"], strict=True):
        yield at, bought, Decimal(wh).scaleb(digits)
    for at, wh in zip(made["quarters"], made["sold"], strict=False):
        yield at, Register.INJECTION_DAY, Decimal(wh).scaleb(-3)


def differences(
    other: Mapping[str, Any], mine: Mapping[str, float], room_eur: float = 0.0
) -> list[str]:
    """Each line whose amounts differ, by a cent or by `room_eur`."""
    if "error" in other:
        return [str(other["error"])]
    found = []
    pairs = {name: sum(mine.get(line, 0.0) for line in lines) for name, lines in LINES.items()}
    pairs["taxes.total.total"] = mine["VAT"]
    for name, eur in pairs.items():
        their = other.get(name, 0.0)
        if abs(their - eur) > CLOSE_EUR + room_eur:
            found.append(f"{name} {their:.4f}, ours {eur:.4f}")
    known = {*pairs, "supplier.fixed.total"}
    unknown = [n for n in other if n not in known and not n.endswith("total") and other[n]]
    parts = ("distributor.consumption.",)  # whose total is compared
    found += [f"{name} {other[name]:.4f}: not compared" for name in unknown
              if not name.startswith(parts)]  # fmt: skip
    return found


def main(argv: Sequence[str]) -> int:
    """Return 0 when every line of every house agrees to the cent."""
    parser = argparse.ArgumentParser(prog="./do_py.sh prove contracts", description=__doc__)
    parser.add_argument("--count", type=int, default=60, metavar="N", help="houses (60)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first")
    options = parser.parse_args(argv[1:] if argv[:1] == ["contracts"] else argv)
    side = subprocess.Popen(
        [str(python()), str(OTHER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert side.stdin is not None
    assert side.stdout is not None
    bad = 0
    for number in range(options.first, options.first + options.count):
        made = house(Random(number))
        side.stdin.write(theirs(made) + "\n")
        side.stdin.flush()
        mine = ours(made)
        room_eur = 0.0
        if (made["energy"], made["year"]) == ("gas", PRINTED_GAS):
            room_eur = sum(made["used"]) / 1000 * ROUNDING_EUR_KWH + 0.01
        wrong = differences(json.loads(side.stdout.readline()), mine, room_eur)
        bad += bool(wrong)
        what = f"{made['area']} {made['year']} {made['energy']} {made['index'] or 'fixed'}"
        if wrong:
            print(f"contracts {number} ({what}): {'; '.join(wrong)}")
    side.stdin.close()
    side.wait()
    print(f"contracts: {options.count} houses line by line, {bad} that differ")
    return 1 if bad else 0
