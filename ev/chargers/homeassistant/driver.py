"""A charger behind Home Assistant as a charger's Driver, over its REST API.

A 200 from a service proves nothing, not even that the entity exists: the value in force is read
back. Two more programs lie between this one and the charger, and both may fail unnoticed.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from base.address import in_url, split
from base.language import clause
from base.limits import LEAST_A
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.command_steps import Told, floored
from ev.chargers.driver import Info, Values
from ev.chargers.http_wire import HttpDriver, HttpWire, number
from ev.chargers.measured import SessionMeter
from ev.facts import ChargerPhase
from ev.title_parser import plain

if TYPE_CHECKING:
    from ev.chargers.homeassistant import HomeAssistantSettings

PORT = 8123
TIMEOUT_S = 5.0
GONE = ("unavailable", "unknown", "none", "")
TOKEN = clause("needs a new long-lived token of Home Assistant in secrets.json.")
SCALES = {"A": 1.0, "mA": 0.001, "W": 0.001, "kW": 1.0, "Wh": 0.001, "kWh": 1.0}
FLOWS_KW = 0.1
_WORDS = {
    ChargerPhase.STANDBY: "a a1 available disconnected unplugged not_plugged not_connected no_car"
    " no_vehicle idle standby free off",
    ChargerPhase.CONNECTED: "b b1 b2 c1 connected plugged plugged_in paused complete completed"
    " finished finishing full preparing ready ready_to_charge waiting waiting_for_car suspended"
    " suspendedev suspendedevse suspended_ev suspended_evse stopped awaiting_start"
    " awaiting_authorization car_connected vehicle_connected on",
    ChargerPhase.CHARGING: "c c2 d2 charging car_charging",
    ChargerPhase.ERROR: "e f error fault faulted",
}
PHASES = {word: phase for phase, words in _WORDS.items() for word in words.split()}


class HomeAssistant(HttpDriver):
    """The entities at Home Assistant's address."""

    def __init__(self, name: str, settings: "HomeAssistantSettings", token: str) -> None:
        host, port = split(settings.host, PORT)
        headers = {"Authorization": f"Bearer {token}"}
        super().__init__(HttpWire(name, f"{in_url(host)}:{port}", TIMEOUT_S, headers))
        self._its = settings
        self._session = SessionMeter()
        self._number: Mapping[str, object] = {}
        self._most_a = 0.0

    async def info(self) -> Info:
        """The bounds and step of its number; for some the maximum follows the set-point."""
        said = await self._state(self._its.current)
        scale = _scale(said, "A")
        most_a = (number(said, "attributes", "max") or 0.0) * scale
        self._most_a = max(self._most_a, most_a)
        step_a = (number(said, "attributes", "step") or 1.0) * scale
        return Info(
            most_a=self._most_a if self._most_a >= LEAST_A else None,
            phases=self._its.phases,
            switches_phases=False,
            step_a=max(0.1, step_a),
        )

    async def read(self) -> tuple[Values, Told]:
        """Read the entities."""
        told_a = self._value(await self._state(self._its.current), "A")
        switch = str((await self._state(self._its.switch)).get("state"))
        word = plain(str((await self._state(self._its.status)).get("state")))
        power_kw = await self._measured(self._its.power, "kW")
        energy_kwh = await self._measured(self._its.energy, "kWh")
        phase = PHASES.get(re.sub(r"[^a-z0-9]+", "_", word.casefold()), ChargerPhase.UNKNOWN)
        if power_kw is not None and phase in (ChargerPhase.CONNECTED, ChargerPhase.CHARGING):
            flows = power_kw > FLOWS_KW
            phase = ChargerPhase.CHARGING if flows else ChargerPhase.CONNECTED
        strange = clause(
            'reports "{word}", which does not show whether a car is connected.', word=word
        )
        values = Values(
            phase=phase,
            power_kw=power_kw,
            session_kwh=self._session.session_kwh(energy_kwh, phase),
            register_kwh=energy_kwh,
            notice=strange if phase is ChargerPhase.UNKNOWN else "",
        )
        paused = switch == "off" or told_a < LEAST_A
        return values, Told(told_a if told_a >= LEAST_A else None, paused, self._its.phases)

    async def tell(self, step: Told) -> Told:
        """Set the number before the switch is on; a value that it does not accept is rounded
        down."""
        current_a = step.current_a
        if step.paused:
            await self._call(self._its.switch, "turn_off")
        elif current_a is not None:
            current_a = await self._limit(current_a)
        if step.paused is False:
            await self._call(self._its.switch, "turn_on")
        return Told(current_a, step.paused, step.phases)

    async def _limit(self, current_a: float) -> float:
        """Send the most A, rounded to the step of its number."""
        said = self._number
        scale = _scale(said, "A")
        most_a = number(said, "attributes", "max")
        if most_a is not None and most_a * scale >= LEAST_A:
            current_a = min(current_a, most_a * scale)
        step = number(said, "attributes", "step") or 1.0
        value = floored(current_a / scale, step)
        set_to: int | float = int(value) if value == int(value) else value
        await self._call(self._its.current, "set_value", value=set_to)
        return value * scale

    async def _call(self, entity: str, service: str, **data: object) -> None:
        domain = entity.partition(".")[0]
        body = {"entity_id": entity, **data}
        status, answer = await self._wire.ask(f"/api/services/{domain}/{service}", "POST", body)
        self._check(status, entity)
        if status == 400:
            raise RefusedError(
                self._wire.name,
                clause(
                    "does not accept {service} of {entity} ({data}).",
                    service=service,
                    entity=entity,
                    data=data,
                ),
            )
        if status not in (200, 201) or not answer.lstrip().startswith(b"["):
            raise LineError(
                self._wire.name,
                clause(
                    "did not execute {service} of {entity} (HTTP {status}).",
                    service=service,
                    entity=entity,
                    status=status,
                ),
            )

    async def _state(self, entity: str) -> Mapping[str, object]:
        """Home Assistant's state of an available entity."""
        status, body = await self._wire.ask(f"/api/states/{entity}")
        self._check(status, entity)
        if status != 200:
            raise LineError(
                self._wire.name, clause("is out of order (HTTP {status}).", status=status)
            )
        said = self._wire.object_of(body)
        attributes = said.get("attributes")
        restored = isinstance(attributes, Mapping) and attributes.get("restored") is True
        if restored or str(said.get("state")).casefold() in GONE:
            raise LineError(
                self._wire.name,
                clause("reports {entity} as unavailable in Home Assistant.", entity=entity),
            )
        if entity == self._its.current:
            self._number = said
        return said

    async def _measured(self, entity: str, unit: str) -> float | None:
        return self._value(await self._state(entity), unit) if entity else None

    def _value(self, said: Mapping[str, object], unit: str) -> float:
        """The state as a number, converted from its own unit to ours."""
        try:
            found = number({"is": float(str(said.get("state")))}, "is")
        except ValueError:
            found = None
        if found is None:
            what = plain(str(said.get("entity_id")))
            raise LineError(
                self._wire.name,
                clause("reports {what} in Home Assistant, which is not a number.", what=what),
            )
        return found * _scale(said, unit)

    def _check(self, status: int, entity: str) -> None:
        if status in (401, 403):
            raise RefusedError(self._wire.name, TOKEN)
        if status == 404:
            raise RefusedError(
                self._wire.name, clause("has no {entity} in Home Assistant.", entity=entity)
            )


def _scale(said: Mapping[str, object], unit: str) -> float:
    """Factor that converts the number to A, kW or kWh; 1 without a unit."""
    attributes = said.get("attributes")
    own = attributes.get("unit_of_measurement") if isinstance(attributes, Mapping) else None
    return SCALES.get(str(own or unit), 1.0)
