"""A Peblar as a charger's Driver. It has no watchdog: the last set-point stays.

It has several limits of its own; the lowest applies. Source: the maker's local REST API v1.
"""

from collections.abc import Mapping

from base.language import clause
from base.limits import LEAST_A
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.http_wire import HttpDriver, HttpWire, number, whole
from ev.chargers.measured import SessionMeter, drawn_phases
from ev.facts import ChargerPhase
from ev.title_parser import plain

TIMEOUT_S = 5.0
BASE = "/api/wlac/v1/"
OUR_SOURCE = "Local REST API"
KEY = clause(
    "refuses the token: copy the one of Local REST API from its own page to secrets.json, and"
    " set the API to ReadWrite."
)
_PHASES = {
    "State A": ChargerPhase.STANDBY,
    "State B": ChargerPhase.CONNECTED,
    "State C": ChargerPhase.CHARGING,
    "State D": ChargerPhase.CHARGING,
    "State E": ChargerPhase.ERROR,
    "State F": ChargerPhase.ERROR,
}


class Peblar(HttpDriver):
    """The charger at `host`, with its API `token`."""

    def __init__(self, name: str, host: str, token: str) -> None:
        super().__init__(HttpWire(name, host, TIMEOUT_S, {"Authorization": token}))
        self._session = SessionMeter()
        self._firmware = ""

    async def info(self) -> Info:
        """Its number of phases, and True if one can be forced."""
        system = await self._ask("system")
        self._firmware = plain(str(system.get("FirmwareVersion") or ""))
        phases = whole(system, "PhaseCount")
        return Info(
            phases=phases if phases in (1, 3) else None,
            switches_phases=phases == 3 and system.get("Force1PhaseAllowed") is True,
        )

    @property
    def about(self) -> dict[str, str]:
        """Its firmware."""
        return {"firmware": self._firmware} if self._firmware else {}

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements and the set-point; a unit on one phase leaves the others out."""
        meter, its = await self._ask("meter"), await self._ask("evinterface")
        phase = _PHASES.get(str(its.get("CpState")), ChargerPhase.UNKNOWN)
        currents = [number(meter, f"CurrentPhase{line}") for line in (1, 2, 3)]
        known = tuple((one or 0.0) / 1000 for one in currents)
        power_w, register_wh = number(meter, "PowerTotal"), number(meter, "EnergyTotal")
        register_kwh = None if register_wh is None else register_wh / 1000
        values = Values(
            phase=phase,
            power_kw=None if power_w is None else power_w / 1000,
            currents_a=known if currents[0] is not None else (),
            drawn_phases=drawn_phases(known) if phase is ChargerPhase.CHARGING else None,
            session_kwh=self._session.session_kwh(register_kwh, phase),
            register_kwh=register_kwh,
            notice=clause("reports a fault.") if phase is ChargerPhase.ERROR else _held(its),
        )
        return values, _told(its)

    async def tell(self, step: Told) -> Told:
        """Send mA, 0 for a pause."""
        asked: dict[str, object] = {}
        if step.phases is not None:
            asked["Force1Phase"] = step.phases == 1
        if step.paused:
            asked["ChargeCurrentLimit"] = 0
        elif step.current_a is not None:
            asked["ChargeCurrentLimit"] = int(step.current_a * 1000 + 0.5)
        await self._ask("evinterface", "PATCH", asked)
        return step

    async def _ask(
        self, what: str, method: str = "GET", body: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """The JSON object of its answer; empty for a change without one."""
        status, answer = await self._wire.ask(f"{BASE}{what}", method, body)
        if status in (401, 403):
            raise RefusedError(self._wire.name, KEY)
        if status == 400:
            raise RefusedError(
                self._wire.name, clause("does not accept {body}.", body=dict(body or {}))
            )
        if status not in (200, 204):
            raise LineError(
                self._wire.name, clause("is out of order (HTTP {status}).", status=status)
            )
        return {} if body is not None and not answer else self._wire.object_of(answer)


def _told(its: Mapping[str, object]) -> Told:
    limit_ma = number(its, "ChargeCurrentLimit")
    forced = its.get("Force1Phase")
    phases = (1 if forced else 3) if isinstance(forced, bool) else None
    if limit_ma is None:
        return Told(phases=phases)
    current_a = round(limit_ma / 1000, 1)
    if current_a < LEAST_A:
        return Told(paused=True, phases=phases)
    return Told(current_a, paused=False, phases=phases)


def _held(its: Mapping[str, object]) -> str:
    """A sentence when another limit of its own is lower than its set-point."""
    limit_ma, actual_ma = number(its, "ChargeCurrentLimit"), number(its, "ChargeCurrentLimitActual")
    source = plain(str(its.get("ChargeCurrentLimitSource") or ""))
    if limit_ma is None or actual_ma is None or source == OUR_SOURCE or actual_ma >= limit_ma:
        return ""
    return clause(
        "is limited to {a:.0f} A by its own setting: {source}.",
        a=actual_ma / 1000,
        source=source,
    )
