"""An NRGkick's JSON becomes typed values; a value that is missing, null or not a number is None.

Source: the vendor's JSON API v1, queried with `raw` (enumerations as integers). W, Wh, A there.
"""

from collections.abc import Mapping

from base.text import clean
from ev.chargers.command_steps import Told
from ev.chargers.driver import Info, Values
from ev.chargers.http_wire import number, whole
from ev.chargers.nrgkick import words
from ev.facts import ChargerPhase

INFO = "/info?raw&general&connector&versions"
VALUES = "/values?raw&energy&powerflow&general"
CONTROL = "/control"
Answer = Mapping[str, object]

_IDLE_W = 20.0  # its meter shows 1 W and some mA when nothing flows
_DRAWS_A = 1.0
_LINES = (("l1", 2), ("l2", 4), ("l3", 8))  # with their bits in relay_state
_PAUSED: dict[float | None, bool] = {0.0: False, 1.0: True}
_PHASES = {
    1: ChargerPhase.STANDBY,
    2: ChargerPhase.CONNECTED,
    3: ChargerPhase.CHARGING,
    6: ChargerPhase.ERROR,
    7: ChargerPhase.CONNECTED,  # waking the car
}


def info(answer: Answer) -> Info:
    """From /info: the lesser of unit and connector."""
    unit_a = number(answer, "general", "rated_current")
    connector_a = number(answer, "connector", "max_current")
    phases = whole(answer, "connector", "phase_count")
    return Info(
        most_a=min((one for one in (unit_a, connector_a) if one), default=None),
        phases=phases if phases in (1, 2, 3) else None,
    )


def about(answer: Answer) -> dict[str, str]:
    """From /info: model and firmware."""
    general, versions = answer.get("general"), answer.get("versions")
    found = {
        "model": general.get("model_type") if isinstance(general, Mapping) else None,
        "firmware": versions.get("sw_sm") if isinstance(versions, Mapping) else None,
    }
    return {key: clean(value, 80) for key, value in found.items() if isinstance(value, str)}


def values(answer: Answer) -> Values:
    """From /values."""
    phase = _PHASES.get(whole(answer, "general", "status") or 0, ChargerPhase.UNKNOWN)
    power_w = number(answer, "powerflow", "total_active_power")
    currents_a = [number(answer, "powerflow", line, "current") for line, _ in _LINES]
    known_a = tuple(one for one in currents_a if one is not None)
    charges = phase is ChargerPhase.CHARGING
    if not charges and power_w is not None and abs(power_w) < _IDLE_W:
        power_w, known_a = 0.0, (0.0,) * len(known_a)
    session_wh = number(answer, "energy", "charged_energy")
    total_wh = number(answer, "energy", "total_charged_energy")
    return Values(
        phase=phase,
        power_kw=None if power_w is None else power_w / 1000,
        currents_a=known_a if len(known_a) == len(_LINES) else (),
        drawn_phases=_drawn(known_a, whole(answer, "general", "relay_state")) if charges else None,
        session_kwh=None if session_wh is None else session_wh / 1000,
        register_kwh=None if total_wh is None else total_wh / 1000,
        notice=words.notice(
            whole(answer, "general", "error_code"),
            whole(answer, "general", "rcd_trigger"),
            whole(answer, "general", "warning_code"),
        ),
    )


def _drawn(currents_a: tuple[float, ...], relays: int | None) -> int | None:
    """Phases in use: by their currents, or by the closed relays while the car still starts."""
    drawing = sum(one > _DRAWS_A for one in currents_a)
    closed = sum(bool((relays or 0) & bit) for _, bit in _LINES)
    return drawing or closed or None


def control(answer: Answer) -> Told:
    """From /control, or its echo, which has only the values sent. 0 phases: it is switching."""
    phases = whole(answer, "phase_count")
    return Told(
        current_a=number(answer, "current_set"),
        paused=_PAUSED.get(number(answer, "charge_pause")),
        phases=phases if phases in (1, 2, 3) else None,
    )


def question(step: Told) -> str:
    """The one GET that sends all of `step`. A as the device reads them: "6.0" to "32.0"."""
    parts = []
    if step.phases is not None:
        parts.append(f"phase_count={step.phases}")
    if step.current_a is not None:
        parts.append(f"current_set={step.current_a:.1f}")
    if step.paused is not None:
        parts.append(f"charge_pause={step.paused:d}")
    return f"{CONTROL}?{'&'.join(parts)}"
