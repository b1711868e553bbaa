"""A go-e Charger as a charger's Driver. It has no watchdog: the last set-point stays.

Whole amperes only. Its own session counter and state are unreliable around a phase switch.
Source: the maker's HTTP API v2.
"""

import math

from base.language import clause
from ev.chargers.charger import LineError, RefusedError
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.http_wire import HttpDriver, HttpWire, number, whole
from ev.chargers.measured import SessionMeter, drawn_phases
from ev.facts import ChargerPhase
from ev.title_parser import plain

TIMEOUT_S = 5.0
STATUS = "/api/status?filter="
READS = "car,alw,amp,frc,psm,pnp,err,modelStatus,eto,nrg"
NEUTRAL, OFF, ON = 0, 1, 2
CLOSED = clause(
    'has no HTTP API v2: switch it on in the go-e app (Internet, Advanced settings, "API v2").'
)
SWITCHES = (22, 23)
"""modelStatus while it switches phases: it then reports no car, even if there is one."""
_PHASES = {
    1: ChargerPhase.STANDBY,
    2: ChargerPhase.CHARGING,
    3: ChargerPhase.CONNECTED,
    4: ChargerPhase.CONNECTED,
    5: ChargerPhase.ERROR,
}


class Goe(HttpDriver):
    """The charger at `host`."""

    def __init__(self, name: str, host: str) -> None:
        super().__init__(HttpWire(name, host, TIMEOUT_S))
        self._session = SessionMeter()

    async def info(self) -> Info:
        """The most that charger and adapter take."""
        answer = await self._status("ama,psm")
        return Info(most_a=number(answer, "ama"), switches_phases="psm" in answer, step_a=1.0)

    async def read(self) -> tuple[Values, Told]:
        """Read the measurements and the set-point."""
        answer = await self._status(READS)
        phase = _PHASES.get(whole(answer, "car") or 0, ChargerPhase.UNKNOWN)
        if phase is ChargerPhase.STANDBY and whole(answer, "modelStatus") in SWITCHES:
            phase = ChargerPhase.CONNECTED
        currents = [number(answer, "nrg", at) for at in (4, 5, 6)]
        known = tuple(one for one in currents if one is not None)
        power_w, register_wh = number(answer, "nrg", 11), number(answer, "eto")
        error = whole(answer, "err")
        register_kwh = None if register_wh is None else register_wh / 1000
        values = Values(
            phase=phase,
            power_kw=None if power_w is None else power_w / 1000,
            currents_a=known if len(known) == len(currents) else (),
            drawn_phases=drawn_phases(known) if phase is ChargerPhase.CHARGING else None,
            session_kwh=self._session.session_kwh(register_kwh, phase),
            register_kwh=register_kwh,
            notice=clause("reports error {code}: look in the go-e app.", code=error)
            if error
            else "",
        )
        return values, _told(answer)

    async def tell(self, step: Told) -> Told:
        """Send all of `step` at once."""
        asked: dict[str, int] = {}
        if step.phases is not None:
            asked["psm"] = 1 if step.phases == 1 else 2
        if step.current_a is not None:
            asked["amp"] = math.floor(step.current_a + 1e-6)
        if step.paused is not None:
            asked["frc"] = OFF if step.paused else ON
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        status, body = await self._wire.ask(f"/api/set?{query}")
        answer = self._wire.object_of(body)
        for key in asked:
            if answer.get(key) is not True:
                why = plain(str(answer.get(key) or f"HTTP {status}"))
                raise RefusedError(
                    self._wire.name,
                    clause(
                        "refuses {key}={asked}: {reason}.", key=key, asked=asked[key], reason=why
                    ),
                )
        return step

    async def _status(self, keys: str) -> dict[str, object]:
        status, body = await self._wire.ask(f"{STATUS}{keys}")
        if status == 404:
            raise RefusedError(self._wire.name, CLOSED)
        if status != 200:
            raise LineError(
                self._wire.name, clause("is out of order (HTTP {status}).", status=status)
            )
        return self._wire.object_of(body)


def _told(answer: dict[str, object]) -> Told:
    """The set-point in force. In neutral, as after a car has left, the charger itself decides to
    charge or not."""
    forced, allowed = whole(answer, "frc"), answer.get("alw")
    paused = None if forced is None else forced == OFF
    if forced == NEUTRAL:
        paused = not allowed if isinstance(allowed, bool) else None
    phases = {1: 1, 2: 3}.get(whole(answer, "psm") or 0)
    return Told(number(answer, "amp"), paused=paused, phases=phases)
