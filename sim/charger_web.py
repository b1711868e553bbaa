"""Simulated chargers with a web server of their own: go-e, Peblar, and Home Assistant."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from base.limits import LEAST_A, VOLT
from sim.car import SimCar
from sim.charger_base import Clock, Odd, SimPlain
from sim.charger_http import PAGE
from sim.charger_http import clock as running
from sim.http_server import on_http

Answer = tuple[int, object]
"""HTTP status, and the JSON."""
NOT_FOUND: Answer = 404, {"error": "not found"}


class SimWeb(SimPlain):
    """A charger that answers JSON over HTTP. `key` is the required Authorization header."""

    key = ""

    def measures(self, path: str, method: str) -> bool:
        """True if a request is for measurements."""
        return method == "GET"

    def answer(self, path: str, method: str, query: Mapping[str, str], body: Any) -> Answer:
        """The answer to a request."""
        raise NotImplementedError

    async def handle(self, request: web.Request) -> web.Response:
        """One request answered, or not, as its day is."""
        if self.clock is not None:
            self.step(self.clock())
        slow = self.day is Odd.SLOW and self.measures(request.path, request.method)
        if slow or self.booting or self.day is Odd.SILENT:
            await asyncio.Event().wait()
        if self.day is Odd.GARBAGE:
            return web.Response(text=PAGE, content_type="text/html")
        if self.key and request.headers.get("Authorization") != self.key:
            return web.json_response({"error": "no such token"}, status=401)
        body = json.loads(await request.text() or "null")
        status, said = self.answer(request.path, request.method, request.query, body)
        return web.json_response(said, status=status)


class SimGoe(SimWeb):
    """A go-e of the third hardware: whole amperes, and neutral when its car has left."""

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.forced = 0

    def forget(self) -> None:
        """Store a set value."""

    def left(self) -> None:
        """Let the charger itself decide about the next car."""
        self.forced = 0

    def allowed_a(self) -> float:
        """The current that was set."""
        return 0.0 if self.forced == 1 else self.current_a

    def measures(self, path: str, method: str) -> bool:
        """True for a request that is not a setting."""
        return path == "/api/status"

    def answer(self, path: str, method: str, query: Mapping[str, str], body: Any) -> Answer:
        """Its API v2."""
        if path == "/api/status":
            shown = self._shown()
            return 200, {key: shown[key] for key in query["filter"].split(",") if key in shown}
        if path == "/api/set":
            said = {key: self._set(key, value) for key, value in query.items()}
            return 200 if all(one is True for one in said.values()) else 500, said
        return NOT_FOUND

    def _set(self, key: str, text: str) -> bool | str:
        """True, or the fault of the value."""
        if not text.isdecimal():
            return "value is not an unsigned int"
        value = int(text)
        if key == "amp" and 6 <= value <= self.most_a:
            self.current_a = self.current_a if self.deaf else float(value)
        elif key == "frc" and value <= 2:
            self.forced = self.forced if self.deaf else value
        elif key == "psm" and value <= 2 and not self.refuses_phases:
            self.phases = 1 if value == 1 else 3
        else:
            return f"{key} cannot be {value}"
        return True

    def _shown(self) -> dict[str, object]:
        watts = [round(one * VOLT) for one in self.currents_a]
        allowed = self.allowed_a() >= LEAST_A
        waits = 3 if allowed else 4
        return {
            "car": 2 if self.charging else waits if self.plugged else 1,
            "alw": allowed,
            "acu": self.current_a if allowed else None,
            "ama": int(self.most_a),
            "amp": int(self.current_a),
            "frc": self.forced,
            "psm": 1 if self.phases == 1 else 2,
            "pnp": self.phases if self.charging else 0,
            "err": 0,
            "modelStatus": 15,
            "eto": round(self.total_wh),
            "nrg": [230, 230, 230, 1, *self.currents_a, *watts, 0, sum(watts), 100, 100, 100, 0],
        }


class SimPeblar(SimWeb):
    """A Peblar of three phases. `own_limit_a` is a limit of its own."""

    key = "a-token-of-the-api"
    base = "/api/wlac/v1/"

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.own_limit_a: float | None = None

    def allowed_a(self) -> float:
        """The lowest of its limits."""
        told_a = super().allowed_a()
        return told_a if self.own_limit_a is None else min(told_a, self.own_limit_a)

    def answer(self, path: str, method: str, query: Mapping[str, str], body: Any) -> Answer:
        """Its local REST API."""
        what = path.removeprefix(self.base)
        if method == "PATCH" and what == "evinterface":
            return self._patch(body)
        match what:
            case "system":
                return 200, {
                    "ActiveErrorCodes": [],
                    "ActiveWarningCodes": [],
                    "FirmwareVersion": "1.8.0+sim",
                    "PhaseCount": 3,
                    "ProductPn": "6004-2300-8002",
                    "ProductSn": "00-00-0S0-000",
                    "Uptime": 3600,
                    "Force1PhaseAllowed": not self.refuses_phases,
                }
            case "meter":
                return 200, self._meter()
            case "evinterface":
                return 200, self._interface()
        return NOT_FOUND

    def _patch(self, body: dict[str, Any]) -> Answer:
        limit_ma = body.get("ChargeCurrentLimit")
        if limit_ma is not None and not 0 <= limit_ma <= 1000 * self.most_a:
            return 400, {"error": "out of range"}
        if limit_ma is not None and not self.deaf:
            self.paused = limit_ma < 6000
            self.current_a = limit_ma / 1000
        if "Force1Phase" in body:
            self.phases = 1 if body["Force1Phase"] else 3
        return 200, self._interface()

    def _interface(self) -> dict[str, object]:
        own = self.own_limit_a is not None and self.own_limit_a < self.current_a
        return {
            "ChargeCurrentLimit": round(1000 * self.current_a),
            "ChargeCurrentLimitActual": round(1000 * min(self.current_a, self.own_limit_a or 99)),
            "ChargeCurrentLimitSource": "Household power limit" if own else "Local REST API",
            "CpState": f"State {'C' if self.charging else 'B' if self.plugged else 'A'}",
            "Force1Phase": self.phases == 1,
            "LockState": self.plugged,
        }

    def _meter(self) -> dict[str, object]:
        lines = [*enumerate(self.currents_a, 1)]
        return {
            **{f"CurrentPhase{line}": round(1000 * amps) for line, amps in lines},
            **{f"PowerPhase{line}": round(VOLT * amps) for line, amps in lines},
            **{f"VoltagePhase{line}": round(VOLT) for line, _ in lines},
            "PowerTotal": round(self.watts),
            "EnergyTotal": round(self.total_wh),
            "EnergySession": 0,
        }


ENTITIES = {
    "current": "number.charger_max_current",
    "switch": "switch.charger_enable",
    "status": "sensor.charger_status",
    "power": "sensor.charger_power",
    "energy": "sensor.charger_energy",
}


class SimHomeAssistant(SimWeb):
    """Home Assistant with the entities of one charger; a call for a wrong entity is 200 too.

    `gone`: its integration was removed. `status` replaces the word for its state.

    """

    key = "Bearer a-long-lived-token"

    def __init__(self, car: SimCar) -> None:
        super().__init__(car)
        self.gone, self.status = False, ""
        self.calls: list[tuple[str, object]] = []

    def answer(self, path: str, method: str, query: Mapping[str, str], body: Any) -> Answer:
        """Its REST API."""
        if path.startswith("/api/services/") and method == "POST":
            return self._call(path.removeprefix("/api/services/"), body)
        entity = path.removeprefix("/api/states/")
        if entity not in ENTITIES.values():
            return 404, {"message": "Entity not found."}
        state, attributes = self._state(entity)
        return 200, {
            "entity_id": entity,
            "state": "unavailable" if self.gone else state,
            "attributes": attributes,
            "last_updated": self.time.isoformat(),
        }

    def _call(self, service: str, body: dict[str, Any]) -> Answer:
        self.calls.append((service, body))
        if self.gone or body.get("entity_id") not in ENTITIES.values():
            return 200, []
        if service == "number/set_value":
            value = body["value"]
            if not 6 <= value <= self.most_a or value != int(value):
                return 500, {"message": "500 Internal Server Error"}
            self.current_a = self.current_a if self.deaf else float(value)
        elif service in ("switch/turn_on", "switch/turn_off"):
            self.paused = self.paused if self.deaf else service.endswith("off")
        else:
            return 400, {"message": "Service not found."}
        return 200, [body]

    def _state(self, entity: str) -> tuple[str, dict[str, object]]:
        what = next(key for key, value in ENTITIES.items() if value == entity)
        waits = "paused" if self.paused else "connected"
        status = "charging" if self.charging else waits if self.plugged else "disconnected"
        shown: dict[str, tuple[str, dict[str, object]]] = {
            "current": (
                f"{self.current_a:.0f}",
                {"min": 6, "max": self.most_a, "step": 1, "unit_of_measurement": "A"},
            ),
            "switch": ("off" if self.paused else "on", {}),
            "status": (self.status or status, {}),
            "power": (f"{self.watts / 1000:.2f}", {"unit_of_measurement": "kW"}),
            "energy": (f"{self.total_wh / 1000:.3f}", {"unit_of_measurement": "kWh"}),
        }
        return shown[what]


@asynccontextmanager
async def on_web(
    device: SimWeb, speed: float, now: Clock | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Serve the charger on a loopback port; gives its settings in config.py."""
    device.clock = now or running(speed)
    device.step(device.clock())
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", device.handle)
    async with on_http(app) as url:
        found: dict[str, Any] = {"host": url.removeprefix("http://")}
        yield found | ENTITIES if isinstance(device, SimHomeAssistant) else found
