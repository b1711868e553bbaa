"""A simulated HomeWizard P1 meter with one Plug-In battery behind it, as their local API v2."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any, Unpack

from aiohttp import web

from sim.battery import Given, Pack, SimBattery, Trouble

METER_TOKEN, PACK_TOKEN = "A" * 32, "B" * 32
DEVICES = {
    METER_TOKEN: {
        "product_name": "P1 meter",
        "product_type": "HWE-P1",
        "serial": "5c2fafabcdef",
        "firmware_version": "6.0301",
        "api_version": "2.2.0",
    },
    PACK_TOKEN: {
        "product_name": "Plug-In Battery",
        "product_type": "HWE-BAT",
        "serial": "5c2faf012345",
        "firmware_version": "2.0102",
        "api_version": "2.2.0",
    },
}
"""Answer of /api to each token."""
MODES = ("zero", "to_full", "standby", "predictive")
BOTH = ("charge_allowed", "discharge_allowed")
Clock = Callable[[], float]
Json = dict[str, Any]


class SimHomeWizard(SimBattery):
    """The P1 meter and its battery. `button` is whether the button was just pressed."""

    kind = "homewizard"
    usual = Pack(capacity_kwh=2.7, charge_kw=0.8, discharge_kw=0.8)

    def __init__(self, **given: Unpack[Given]) -> None:
        super().__init__(**given)
        self.mode = "zero"
        self.permissions: tuple[str, ...] = BOTH
        self.button = False
        self.permits, self.quiet = True, False
        """True if its firmware has permissions; True if it answers a PUT with an empty 204."""

    def wanted_kw(self, now_s: float) -> float:
        """The power that mode and permissions allow."""
        if self.mode == "to_full":
            return self.pack.charge_kw
        if self.mode == "standby":
            return 0.0
        wanted_kw = self.self_use_kw()
        allowed = BOTH[0] if wanted_kw > 0 else BOTH[1]
        return wanted_kw if allowed in self.permissions else 0.0

    def group(self) -> Json:
        """Answer of /api/batteries."""
        nothing = Trouble.NO_CAPACITY in self.trouble
        known = {"permissions": list(self.permissions)} if self.permits else {}
        return known | {
            "mode": self.mode,
            "charge_to_full": self.mode == "to_full",
            "battery_count": 1,
            "power_w": round(1000 * self.state.power_kw),
            "target_power_w": round(1000 * self.wanted_kw(0.0)),
            "max_consumption_w": 0 if nothing else round(1000 * self.pack.charge_kw),
            "max_production_w": 0 if nothing else round(1000 * self.pack.discharge_kw),
        }

    def told(self, wanted: Json) -> str:
        """Take a command; empty, or the error of a value it does not accept."""
        mode = wanted.get("mode", self.mode)
        permissions = wanted.get("permissions") if self.permits else None
        if mode not in MODES:
            return "json:parameter-invalid-type:mode"
        if permissions is not None and (mode == "to_full" or set(permissions) - set(BOTH)):
            return "json:parameter-invalid-type:permissions"
        self.mode = mode
        if mode == "standby" or not self.permits:
            self.permissions = () if mode == "standby" else BOTH
        elif permissions is not None:
            self.permissions = tuple(permissions)
        elif mode == "to_full":
            self.permissions = BOTH
        return ""


@asynccontextmanager
async def served_http(
    device: SimHomeWizard,
    *,
    now_s: Clock | None = None,
    certificate: SSLContext | None = None,
) -> AsyncIterator[str]:
    """Meter and battery answer on the address that is given, until the end."""
    server = _Server(device, now_s or asyncio.get_running_loop().time)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate)
        await site.start()
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class _Server:
    def __init__(self, device: SimHomeWizard, clock: Clock) -> None:
        self._device, self._clock = device, clock
        device.step(clock())

    async def answer(self, request: web.Request) -> web.Response:
        """One request answered, or not."""
        device = self._device
        device.step(self._clock())
        if Trouble.SILENT in device.trouble:
            await asyncio.Event().wait()
        if Trouble.CUT in device.trouble:
            return web.Response(text='{"mode": "ze', content_type="application/json")
        if device.deaf or (device.refusal and request.method == "PUT"):
            code = device.deaf or device.refusal
            return web.json_response({"error": "request:failed"}, status=code)
        if request.path == "/api/user":
            return self._pair()
        path_tokens = {"/api/measurement": (PACK_TOKEN,), "/api": (METER_TOKEN, PACK_TOKEN)}
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if shown not in path_tokens.get(request.path, (METER_TOKEN,)):
            return web.json_response({"error": "user:unauthorized"}, status=401)
        if request.path == "/api":
            return web.json_response(DEVICES[shown])
        return await self._api(request)

    def _pair(self) -> web.Response:
        if not self._device.button:
            return web.json_response({"error": "user:creation-not-enabled"}, status=403)
        return web.json_response({"token": METER_TOKEN, "name": "local/bs"})

    async def _api(self, request: web.Request) -> web.Response:
        device = self._device
        if request.path == "/api/measurement":
            full = 255 if Trouble.SOC_255 in device.trouble else round(device.shown_pct, 1)
            power_w = round(1000 * device.state.power_kw)
            return web.json_response({"power_w": power_w, "state_of_charge_pct": full})
        if request.path != "/api/batteries":
            return web.Response(status=404, text="Nothing matches the given URI")
        if request.method == "PUT":
            device.writes += 1
            wanted = await request.json()
            if Trouble.FORGETS not in device.trouble and (error := device.told(wanted)):
                return web.json_response({"error": error}, status=400)
        elif Trouble.STRANGER in device.trouble and device.writes:
            device.mode, device.permissions = "predictive", BOTH
        device.step(self._clock())
        if request.method == "PUT" and device.quiet:
            return web.Response(status=204)
        return web.json_response(device.group())
