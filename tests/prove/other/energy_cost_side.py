# mypy: ignore-errors
"""Bills by PyPI energy-cost in a separate environment: houses as JSON lines in, bills out.

Run by tests/prove/contracts.py; imports nothing of this project.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import pandas as pd
from energy_cost import Contract, Meter, TimeseriesFrame
from energy_cost.data.be.electricity.indexes import BelpexLoadProfile
from energy_cost.index import DataFrameIndex, Index


def frame(rows: list[list[Any]]) -> "TimeseriesFrame":
    data = pd.DataFrame(rows, columns=["timestamp", "value"])
    data["timestamp"] = pd.to_datetime(data["timestamp"], utc=True).dt.tz_convert("Europe/Brussels")
    return TimeseriesFrame(data, resolution=timedelta(minutes=15))


def formula(side: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"constant_cost": side["constant"]}
    if side["index"]:
        told["variable_costs"] = [{"index": side["index"], "scalar": side["slope"]}]
    return told


def bill(house: dict[str, Any]) -> dict[str, float]:
    prices = pd.DataFrame(house["prices"], columns=["timestamp", "value"])
    quarters = DataFrameIndex(prices, resolution=timedelta(minutes=15))
    hourly = prices.copy()
    hourly["timestamp"] = pd.to_datetime(hourly["timestamp"], utc=True)
    hours = hourly.set_index("timestamp").resample("1h").mean()
    hours = hours.resample("15min").ffill().reindex(hourly["timestamp"]).ffill().reset_index()
    Index.register("quarter", quarters)
    Index.register("hour", DataFrameIndex(hours, resolution=timedelta(minutes=15)))
    for name, profile in (("rlp_flanders", "RLP0N"), ("spp", "SPP")):
        region = "flanders" if profile == "RLP0N" else "belgium"
        Index.register(name, BelpexLoadProfile(profile, region, belpex15min=quarters))
    supplier = {
        "start": "2020-01-01T00:00:00+01:00",
        "consumption": formula(house["offtake"]),
        "fixed": {"fee": {"period": "P1Y", "constant_cost": house["fee_ex"]}},
    }
    if house["injected"]:
        supplier["injection"] = formula(house["injection"])
    contract = Contract.model_validate(
        {
            "supplier": [supplier],
            "region": "be_flanders",
            "connection_type": house["energy"],
            "customer_type": "residential",
            "distributor_key": house["distributor"],
        }
    )
    used = Meter(measurements=frame(house["used"]))
    injected = None
    if house["injected"]:
        injected = Meter(measurements=frame(house["injected"]), direction="injection")
    start, end = (pd.Timestamp(house[key]).to_pydatetime() for key in ("start", "end"))
    found = contract.apply(used, injected, start=start, end=end)
    return {
        ".".join(column): float(found[column].sum())
        for column in found.columns
        if column[0] != "timestamp"
    }


for line in sys.stdin:
    try:
        answer = bill(json.loads(line))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
