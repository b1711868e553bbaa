"""The simulated charging station on a real websocket, by the library's own client, which checks
each request against the standard's schema.
"""

import asyncio
import base64
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

from ocpp.charge_point import snake_to_camel_case
from ocpp.messages import Call
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from base.limits import VOLT
from sim.charger_http import Clock
from sim.charger_ocpp import SimOcpp
from sim.charger_ocpp_quirks import Quirk

QUIET = logging.getLogger("sim.ocpp")
QUIET.setLevel(logging.CRITICAL)
REDIAL_S, LATE_REDIAL_S = 2.0, 600.0
STEP_S = 1.0
Hears = Callable[[str], str | None]
"""Decides the handling of a call by its action: None for a good answer, "" for none at all,
else the text that it answers."""

_Method = TypeVar("_Method", bound=Callable[..., object])


def answers(action: Action) -> Callable[[_Method], _Method]:
    """Decorator: the method answers requests of that action."""
    return cast("Callable[[_Method], _Method]", on(action))


class _Client(ChargePoint):  # type: ignore[misc]
    """One line of the station."""

    def __init__(self, name: str, line: ClientConnection, device: SimOcpp, hears: Hears) -> None:
        super().__init__(name, line, logger=QUIET)
        self._line, self._device, self._hears = line, device, hears

    async def start(self) -> None:
        """Questions are answered as the day is, until the line drops."""
        async for raw in self._line:
            message = json.loads(raw)
            if message[0] == Call.message_type_id:
                self._device.asked[message[2]] += 1
            instead = self._hears(message[2]) if message[0] == Call.message_type_id else None
            if instead is None:
                await self.route_message(raw)
            elif instead:
                await self._line.send(instead)

    async def say(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The answer to a call."""
        key = str(self._unique_id_generator())
        await self._line.send(json.dumps([2, key, action, payload]))
        answer = await self._get_specific_response(key, 5.0)
        return dict(getattr(answer, "payload", {}))

    @answers(Action.set_charging_profile)
    def on_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> object:
        status = self._device.take(snake_to_camel_case(cs_charging_profiles))
        return call_result.SetChargingProfile(status=status)

    @answers(Action.get_configuration)
    def on_configuration(self, **_: object) -> object:
        keys: list[Any] = [
            {"key": key, "readonly": False, "value": value}
            for key, value in self._device.configuration.items()
        ]
        if Quirk.ODD in self._device.quirks:
            keys += [
                {"key": "Wild", "readonly": False, "value": None},
                {"key": "HeartbeatInterval", "readonly": False, "value": 60},
                {"key": "AllowOfflineTxForUnknownId", "readonly": "false", "value": True},
            ]
        return call_result.GetConfiguration(configuration_key=keys)

    @answers(Action.change_configuration)
    def on_change(self, key: str, value: str) -> object:
        return call_result.ChangeConfiguration(status=self._device.change(key, value))

    @answers(Action.change_availability)
    def on_availability(self, **_: object) -> object:
        if Quirk.UPSET in self._device.quirks:
            self._device.reboot()
        return call_result.ChangeAvailability(status="Accepted")

    @answers(Action.remote_start_transaction)
    def on_start(self, **_: object) -> object:
        return call_result.RemoteStartTransaction(status=self._device.start_from_outside())

    @answers(Action.get_composite_schedule)
    def on_composite(
        self, connector_id: int, duration: int, charging_rate_unit: str = "A", **_: object
    ) -> object:
        if Quirk.NO_COMPOSITE in self._device.quirks:
            return call_result.GetCompositeSchedule(status="Rejected")
        periods = self._device.composite(duration)
        if charging_rate_unit == "W":
            periods = [{**one, "limit": round(one["limit"] * VOLT * 3)} for one in periods]
        schedule = {
            "duration": duration,
            "chargingRateUnit": charging_rate_unit,
            "chargingSchedulePeriod": periods,
        }
        return call_result.GetCompositeSchedule(
            status="Accepted",
            connector_id=connector_id,
            schedule_start=self._device.stamp(),
            charging_schedule=schedule,
        )

    @answers(Action.trigger_message)
    def on_trigger(self, requested_message: str, **_: object) -> object:
        if Quirk.NO_TRIGGER in self._device.quirks:
            return call_result.TriggerMessage(status="NotImplemented")
        if Quirk.VAIN_TRIGGER not in self._device.quirks:
            match requested_message:
                case "MeterValues":
                    self._device.say("MeterValues", self._device.meter())
                case "BootNotification":
                    self._device.say_boot()
                case _:
                    self._device.say_status()
        return call_result.TriggerMessage(status="Accepted")


class Dialler:
    """A station that connects to `url`, and reconnects. `speed` is how fast its clock runs."""

    def __init__(
        self,
        device: SimOcpp,
        url: str,
        now: Clock,
        speed: float,
        *,
        password: str = "",
        hears: Hears = lambda action: None,
    ) -> None:
        self._device, self._url, self._now, self._speed = device, url, now, speed
        self._password, self._hears = password, hears
        self.lines = 0
        self._line: ClientConnection | None = None

    async def drop(self) -> None:
        """Drop its connection; it reconnects."""
        if self._line is not None:
            await self._line.close()

    async def run(self) -> None:
        """Never returns."""
        while True:
            self._device.step(self._now())
            if not self._device.booting:
                with suppress(OSError, WebSocketException, TimeoutError):
                    await self._attend()
                self._device.dropped()
            late = self.lines and Quirk.LATE_REDIAL in self._device.quirks
            until_s = (LATE_REDIAL_S if late else REDIAL_S) / self._speed
            for _ in range(round(until_s / STEP_S) or 1):
                await self._live(min(STEP_S, until_s))

    async def _attend(self) -> None:
        """One line, from its greeting to its end."""
        name = self._url.rpartition("/")[2]
        login = base64.b64encode(f"{name}:{self._password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"} if self._password else {}
        async with connect(
            self._url,
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers=headers,
            ping_interval=None,
            close_timeout=0.1,
        ) as line:
            self.lines, self._line = self.lines + 1, line
            client = _Client(name, line, self._device, self._hears)
            self._device.greet()
            listening = asyncio.create_task(client.start())
            try:
                while not listening.done() and not self._device.booting:
                    await self._live(0.5 / self._speed)
                    await self._speak(client)
                    if self._redials:
                        await self._attend()
            finally:
                listening.cancel()

    @property
    def _redials(self) -> bool:
        """True if it connects again now, although its first connection is open."""
        charges = self._device.transaction is not None
        return Quirk.TWICE in self._device.quirks and self.lines == 1 and charges

    async def _speak(self, client: _Client) -> None:
        """Send the waiting messages, in order."""
        while self._device.said and not self._device.booting:
            action, payload = self._device.said.pop(0)
            answer = await client.say(action, payload)
            if action == "StartTransaction" and self._device.starting:
                self._device.started(int(answer["transactionId"]))

    async def _live(self, seconds: float) -> None:
        self._device.step(self._now())
        await asyncio.sleep(seconds)
        self._device.step(self._now())


@asynccontextmanager
async def dialling(
    device: SimOcpp, url: str, now: Clock, speed: float, **more: Any
) -> AsyncIterator[Dialler]:
    """Inside the context, the station connects."""
    dialler = Dialler(device, url, now, speed, **more)
    device.step(now())
    task = asyncio.create_task(dialler.run())
    try:
        yield dialler
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def free_port() -> int:
    """A free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
