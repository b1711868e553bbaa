"""A real Home Assistant as a charger: set and read over its REST API, as an owner sets it up.

Its charger is a number and a switch with sensors of its template integration; the token is a long-
lived one that Home Assistant issued.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from ev.chargers import registry
from ev.chargers.charger import ChargerError, LineError, RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Driver
from ev.facts import ChargerPhase
from tests.prove.mqtt.assistant import VERSION, Assistant

CHARGER = """\
input_number:
  limit: {name: Limit, min: 6, max: 16, step: 1, initial: 16, unit_of_measurement: A}
  energy: {name: Energy, min: 0, max: 99999, step: 0.001, initial: 1234.5}
input_boolean:
  enable: {name: Enable, initial: true}
  there: {name: Integration is there, initial: true}
template:
  - number:
      - name: Charger current
        unit_of_measurement: A
        min: 6
        max: 16
        step: 1
        state: "{{ states('input_number.limit') }}"
        availability: "{{ is_state('input_boolean.there', 'on') }}"
        set_value:
          - action: input_number.set_value
            target: {entity_id: input_number.limit}
            data: {value: "{{ value }}"}
  - sensor:
      - name: Charger status
        state: "{{ 'charging' if is_state('input_boolean.enable', 'on') else 'paused' }}"
      - name: Charger power
        unit_of_measurement: W
        state: >-
          {{ states('input_number.limit') | float * 690
             if is_state('input_boolean.enable', 'on') else 0 }}
      - name: Charger energy
        unit_of_measurement: kWh
        state: "{{ states('input_number.energy') }}"
"""
ENTITIES = {
    "current": "number.charger_current",
    "switch": "input_boolean.enable",
    "status": "sensor.charger_status",
    "power": "sensor.charger_power",
    "energy": "sensor.charger_energy",
}
THERE = "input_boolean.there"


async def by_home_assistant() -> list[str]:
    """The differences between a real Home Assistant and the driver's expectations."""
    with tempfile.TemporaryDirectory(prefix="dm-charger-") as folder:
        assistant = Assistant(Path(folder) / "assistant", None, CHARGER)
        try:
            await assistant.start()
            await assistant.until_running()
            token = await assistant.ask(
                "auth/long_lived_access_token", client_name="digital meter", lifespan=1
            )
            return [line async for line in _wrong(assistant, token)]
        finally:
            await assistant.close()


def _driver(assistant: Assistant, token: str, **other: str) -> Driver:
    host = assistant.url.removeprefix("http://")
    said = {"kind": "homeassistant", "host": host, **ENTITIES, **other}
    its = registry.FAMILIES["homeassistant"].settings.model_validate(said)
    return registry.driver_of("homeassistant", its, {"token": token})


async def _wrong(assistant: Assistant, token: str) -> AsyncIterator[str]:
    driver = _driver(assistant, token)
    try:
        info = await driver.info()
        if (info.most_a, info.step_a) != (16.0, 1.0):
            yield f"its number is read as {info}"
        for step, power_kw, phase in (
            (Told(10.0, paused=False), 6.9, ChargerPhase.CHARGING),
            (Told(7.9), 4.83, ChargerPhase.CHARGING),  # whole amperes, downwards
            (Told(25.0), 11.04, ChargerPhase.CHARGING),  # its maximum
            (Told(paused=True), 0.0, ChargerPhase.CONNECTED),
            (Told(8.0, paused=False), 5.52, ChargerPhase.CHARGING),
        ):
            await driver.tell(step)
            await assistant.settled()
            values, told = await driver.read()
            read = (round(values.power_kw or 0.0, 3), values.phase, bool(told.paused))
            if read != (power_kw, phase, bool(step.paused)) or values.register_kwh != 1234.5:
                yield f"told {step} it reads {values}, {told}"
        await assistant.call(THERE, "turn_off")
        await assistant.settled()
        if said := await _raised(driver, LineError):
            yield f"with its integration gone: {said}"
        await assistant.call(THERE, "turn_on")
    finally:
        await driver.aclose()
    for what, other in (
        ("a wrong token", _driver(assistant, "wrong")),
        ("a wrong entity", _driver(assistant, token, current="number.nobody")),
    ):
        try:
            if said := await _raised(other, RefusedError):
                yield f"with {what}: {said}"
        finally:
            await other.aclose()


async def _raised(driver: Driver, error: type[ChargerError]) -> str:
    """Empty if a reading raises that error, else a sentence."""
    try:
        return f"reads {await driver.read()}"
    except error:
        return ""
    except ChargerError as other:
        return f"{type(other).__name__}: {other}"


def home_assistant() -> str:
    """Home Assistant's name and version."""
    return f"Home Assistant {VERSION}"
