# mypy: ignore-errors
"""EMHASS in its own environment: one request per line on stdin, one plan per line on stdout.

Run by tests/prove/peers/emhass.py; imports nothing of this project. A request is JSON in kW, kWh
and EUR, per quarter from now on; its tasks are the stays of cars, as deferrable loads of any power.
Their number must be the same in every request of a process.
"""

import json
import logging
import sys
from pathlib import Path
from time import process_time
from typing import Any

import emhass
import pandas as pd
from emhass.optimization import Optimization

W = 1000.0
LOAD, SUN, BUY, SELL = "load", "sun", "unit_load_cost", "unit_prod_price"
DEFAULTS = Path(emhass.__file__).parent / "data" / "config_defaults.json"
QUIET = logging.getLogger("emhass")
QUIET.setLevel(logging.ERROR)
FOREVER_W = 100_000


def program(asked: dict[str, Any]) -> Optimization:
    """EMHASS's optimisation with its defaults and this home."""
    settings = json.loads(DEFAULTS.read_text())
    battery, tasks = asked["battery"], asked["tasks"]
    count, steps = len(tasks), len(asked["load_kw"])
    settings |= {
        "delta_forecast_daily": pd.to_timedelta(steps * 15, "minutes"),
        "num_threads": 1,
        "set_use_pv": True,
        "set_use_battery": battery["capacity_kwh"] > 0,
        "set_nodischarge_to_grid": False,
        "weight_battery_charge": battery["wear_eur_kwh"],
        "weight_battery_discharge": battery["wear_eur_kwh"],
        "battery_charge_power_max": battery["kw"] * W,
        "battery_discharge_power_max": battery["kw"] * W,
        "battery_charge_efficiency": battery["efficiency"],
        "battery_discharge_efficiency": battery["efficiency"],
        "battery_nominal_energy_capacity": battery["capacity_kwh"] * W,
        "battery_minimum_state_of_charge": 0.0,
        "battery_maximum_state_of_charge": 1.0,
        "maximum_power_from_grid": FOREVER_W,
        "maximum_power_to_grid": FOREVER_W,
        "capacity_cost_per_kw": asked["eur_kw"],
        "number_of_deferrable_loads": count,
        "nominal_power_of_deferrable_loads": [task["most_kw"] * W for task in tasks],
        "minimum_power_of_deferrable_loads": [0.0] * count,
        "treat_deferrable_load_as_semi_cont": [False] * count,
        "set_deferrable_load_single_constant": [False] * count,
        "set_deferrable_startup_penalty": [0.0] * count,
        "deferrable_load_max_cost": [0.0] * count,
        "set_deferrable_max_startups": [0] * count,
        "def_minimum_on_time": [0] * count,
        "def_minimum_off_time": [0] * count,
        "cost_forecast_per_deferrable_load": [None] * count,
        "is_electric_load": [True] * count,
        "operating_hours_of_each_deferrable_load": [0] * count,
        "start_timesteps_of_each_deferrable_load": [0] * count,
        "end_timesteps_of_each_deferrable_load": [0] * count,
    }
    house = {
        "optimization_time_step": pd.to_timedelta(15, "minutes"),
        "time_zone": "UTC",
        "sensor_power_photovoltaics": SUN,
        "sensor_power_load_no_var_loads": LOAD,
    }
    return Optimization(
        house, settings, settings, BUY, SELL, settings["costfun"], {}, QUIET, num_timesteps=steps
    )


def plan(made: Optimization, asked: dict[str, Any]) -> dict[str, Any]:
    """The plan: kW of the battery (positive charges), of each task and of the grid."""
    battery, tasks = asked["battery"], asked["tasks"]
    steps = len(asked["load_kw"])
    frame = pd.DataFrame(
        {BUY: asked["buy_eur_kwh"], SELL: asked["sell_eur_kwh"]},
        index=pd.date_range(asked["start"], periods=steps, freq="15min"),
    )
    sun = pd.Series(asked["solar_kw"], frame.index) * W
    load = pd.Series(asked["load_kw"], frame.index) * W
    soc = battery["stored_kwh"] / battery["capacity_kwh"] if battery["capacity_kwh"] else 0.0
    began = process_time()
    found = made.perform_naive_mpc_optim(
        frame,
        sun,
        load,
        steps,
        soc_init=soc,
        soc_final=asked["end_share"],
        current_period_peak=asked["peak_kw"] * W,
        def_total_hours=[task["kwh"] / task["most_kw"] for task in tasks],
        def_start_timestep=[task["first"] for task in tasks],
        def_end_timestep=[task["last"] for task in tasks],
    )
    took_s = process_time() - began
    if "optimal" not in str(made.optim_status).lower():
        return {"error": str(made.optim_status), "took_s": took_s}
    moved = -found["P_batt"] / W if "P_batt" in found else pd.Series(0.0, frame.index)
    return {
        "battery_kw": list(moved),
        "tasks_kw": [list(found[f"P_deferrable{n}"] / W) for n in range(len(tasks))],
        "grid_kw": list(found["P_grid"] / W),
        "took_s": took_s,
    }


def main() -> None:
    """Answer until stdin ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr
    made: Optimization | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        made = made or program(asked)
        print(json.dumps(plan(made, asked)), file=answers, flush=True)


if __name__ == "__main__":
    main()
