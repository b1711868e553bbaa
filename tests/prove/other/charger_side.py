# mypy: ignore-errors
"""A simulated charger read by a third-party client, with a set-point where it can write.

Run by tests/prove/chargers.py in a separate environment; imports nothing of this project.
Arguments: family, host:port, token or "", A to set. Prints one line of JSON: power_kw.
"""

import asyncio
import json
import sys
import time


def alfen(host, port, token, set_a):
    from alfen_eve_modbus_tcp import CarCharger

    charger = CarCharger(host=host, port=port)
    charger.connect()
    found = {"power_kw": charger.get_power() / 1000}
    assert charger.get_accounted_for() == 1
    assert charger.get_status().strip("\0") == "C2"
    assert charger.set_current(set_a)
    return found


def keba(host, port, token, set_a):
    from python_keba_client import KebaModbusClient

    charger = KebaModbusClient(address=host, port=port)
    assert int(charger.charging_state["state"]) == 3
    found = {"power_kw": charger.active_power / 1000}
    charger.set_charging_current(int(set_a))
    return found


def heidelberg(host, port, token, set_a):
    """Read by its maker's register table; then stay silent until its watchdog expires."""
    from pyModbusTCP.client import ModbusClient

    charger = ModbusClient(host=host, port=port, unit_id=255, auto_open=True, timeout=3)
    shown = charger.read_input_registers(4, 15)
    assert shown[0] == 0x108
    assert shown[1] == 7
    assert charger.read_input_registers(100, 2) == [16, 6]
    watchdog, failsafe = charger.read_holding_registers(257, 1), 60
    assert charger.write_single_register(262, failsafe)
    assert charger.write_single_register(257, 3000)
    time.sleep(8.0)
    assert charger.read_input_registers(6, 3) == [failsafe] * 3, (
        "its failsafe current does not hold"
    )
    assert charger.write_single_register(257, watchdog[0])
    assert charger.write_single_register(261, int(10 * set_a))
    return {"power_kw": shown[10] / 1000}


def goe(host, port, token, set_a):
    from goe.json_client import LocalJsonClient

    said = LocalJsonClient(f"{host}:{port}").query(["car", "nrg", "eto", "amp"])
    assert said["car"] == 2
    return {"power_kw": said["nrg"][11] / 1000}


def peblar(host, port, token, set_a):
    return asyncio.run(_peblar(host, port, token, set_a))


async def _peblar(host, port, token, set_a):
    from peblar import PeblarApi
    from yarl import URL

    async with PeblarApi(host=host, token=token) as api:
        api.url = URL.build(scheme="http", host=host, port=port, path="/api/wlac/v1/")
        await api.system()
        meter = await api.meter()
        await api.ev_interface(charge_current_limit=int(1000 * set_a))
        return {"power_kw": meter.power_total / 1000}


if __name__ == "__main__":
    kind, place, token, set_a = sys.argv[1:]
    host, _, port = place.partition(":")
    kinds = {"alfen": alfen, "keba": keba, "goe": goe, "peblar": peblar, "heidelberg": heidelberg}
    found = kinds[kind]
    print(json.dumps(found(host, int(port), token, float(set_a))))
