"""Next command for a charger: decreases at once, increases and phase switches rate-limited.

Pure; times are seconds of one steady clock. A charger never gets more than was granted: not
more A on any phase, and not more power while it waits to be switched to fewer.
"""

import math
from dataclasses import asdict, dataclass, replace

from base.limits import LEAST_A
from ev.facts import SetPoint

LONG_AGO = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Intervals between reads and writes, s: they spare flash memory, contactors and car.

    `change_a` is the least change worth telling. After a write it is read again after `reread_s`
    and `confirm_s`; its report does not override its confirmation before `settle_s`. A failed
    write is repeated after `retry_s`, a pause that the car does not keep after `stop_s`; failed
    reads are repeated with back-off, up to `longest_s`.
    """

    change_a: float = 0.5
    read_s: float = 10.0
    info_s: float = 600.0
    reread_s: float = 2.0
    confirm_s: float = 8.0
    settle_s: float = 5.0
    rise_s: float = 10.0
    switch_s: float = 600.0
    retry_s: float = 2.0
    stop_s: float = 30.0
    longest_s: float = 30.0

    def faster(self, speed: float) -> "Pace":
        """The same for a simulation whose clock runs `speed` times as fast."""
        times = {name: value for name, value in asdict(self).items() if name.endswith("_s")}
        return replace(self, **{name: value / speed for name, value in times.items()})


@dataclass(frozen=True, slots=True)
class Limits:
    """The common limit of charger, connector and cable; `step_a` is its resolution."""

    most_a: float = 16.0
    phases: int = 3
    step_a: float = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """A charger's settings as reported, or a command. None is unknown, or unchanged."""

    current_a: float | None = None
    paused: bool | None = None
    phases: int | None = None

    def then(self, later: "Told") -> "Told":
        """These values, with those of `later` where it has any."""
        return Told(
            self.current_a if later.current_a is None else later.current_a,
            self.paused if later.paused is None else later.paused,
            self.phases if later.phases is None else later.phases,
        )

    def without(self, failed: "Told") -> "Told":
        """The known settings after `failed`, which may or may not have been received."""
        return Told(
            self.current_a if failed.current_a is None else None,
            self.paused if failed.paused is None else None,
            self.phases if failed.phases is None else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Inputs of the next step.

    `used_phases` is on how many the car draws, or would. `idle`: read since the last write, and
    it does not charge. `wrote_at` and `switched_at` are when anything, and phases, were sent last.
    """

    told: Told
    limits: Limits
    used_phases: int
    idle: bool
    can_switch: bool
    wrote_at: float = LONG_AGO
    switched_at: float = LONG_AGO


def next_step(wanted: SetPoint, known: Known, pace: Pace, now: float) -> Told | None:
    """The command to send now; None when not due."""
    told = known.told
    if _switches(wanted, known, pace, now):
        return _toward_phases(wanted, known)
    current_a = fitted_a(wanted, known)
    if not current_a:
        return None if told.paused else Told(paused=True)
    if told.paused is False and told.current_a is not None:
        if abs(current_a - told.current_a) < pace.change_a:
            return None
        rises = current_a > told.current_a
    else:
        rises = told.paused is True  # after a failed write it may be at its maximum: not a rise
    if rises and now - known.wrote_at < pace.rise_s:
        return None
    return Told(current_a, None if told.paused is False else False)


def fitted_a(wanted: SetPoint, known: Known) -> float:
    """A for each phase in use, within the limits, downwards to their step; 0 for a pause.

    A charger that will be on fewer phases, but is not yet, gets the intended power. Where
    nothing can be switched the phases are the car's own, and known to who asks.
    """
    current_a = capped_a(wanted.current_a, known.limits)
    if known.can_switch and 0 < wanted.phases < known.used_phases:
        current_a = capped_a(current_a * wanted.phases / known.used_phases, known.limits)
    return current_a


def capped_a(current_a: float, limits: Limits) -> float:
    """Within the limits, downwards to their step; 0 when that is below 6 A, or no number."""
    most_a = min(current_a, limits.most_a)
    return floored(most_a, limits.step_a) if most_a >= LEAST_A else 0.0


def floored(value: float, step: float) -> float:
    """The highest multiple of a step that is not above the value."""
    return round(math.floor(value / step + 1e-6) * step, 6)


def _switches(wanted: SetPoint, known: Known, pace: Pace, now: float) -> bool:
    """True if a phase switch is due: charging, on another number of phases, after `switch_s`."""
    phases = min(wanted.phases, known.limits.phases)
    return (
        known.can_switch
        and wanted.current_a >= LEAST_A
        and phases not in (known.told.phases, known.used_phases)
        and now - known.switched_at >= pace.switch_s
    )


def _toward_phases(wanted: SetPoint, known: Known) -> Told | None:
    """Pause, wait for the car to stop, switch; then the delay of an increase passes before it
    resumes."""
    if not known.told.paused:
        return Told(paused=True)
    if not known.idle:
        return None
    return Told(phases=min(wanted.phases, known.limits.phases))
