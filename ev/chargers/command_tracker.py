"""Tracks the commands of one charger: wanted, sent and confirmed. No I/O, no clock.

A driver asks `next_step`, sends it to the charger, and reports the result here. Times are
seconds of one steady clock.
"""

from dataclasses import replace

from base.language import clause, phrase
from ev.chargers.command_steps import LONG_AGO, Known, Limits, Pace, Told, capped_a, next_step
from ev.facts import ChargerPhase, SetPoint

_ECHO_A = 0.05


class CommandTracker:
    """One charger. `trouble` is why it was last not obeyed, "" when it was.

    `rise_s` is how long after a write a rise waits at least, where the charger's memory wears.
    """

    def __init__(self, most_a: float, pace: Pace, switches_phases: bool) -> None:
        self.told = Told()
        self.trouble = ""
        self.rise_s = 0.0
        self.wanted: SetPoint | None = None
        self.limits = Limits(most_a)
        self._most_a = most_a
        self._pace = pace
        self._switches_phases, self._unit_switches = switches_phases, True
        self._no_switch = ""
        self._phase = ChargerPhase.UNKNOWN
        self._drawn_phases: int | None = None
        self._seen_at = self._wrote_at = self._switched_at = LONG_AGO
        self._failed: Told | None = None
        self._retry_at = LONG_AGO

    @property
    def seen(self) -> bool:
        """True if it was ever read."""
        return self._seen_at > LONG_AGO

    @property
    def can_switch(self) -> bool:
        """True if the number of phases can be chosen, as far as is known."""
        allowed = self._switches_phases and self._unit_switches
        return allowed and not self._no_switch and self.limits.phases > 1

    @property
    def used_phases(self) -> int:
        """On how many phases the car draws, or would."""
        return self._drawn_phases or self.told.phases or self.limits.phases

    @property
    def offered_phases(self) -> int:
        """On how many phases power is offered, whatever the car takes."""
        return self.told.phases or self.limits.phases

    @property
    def notice(self) -> str:
        """Notice for the owner about commands to the charger."""
        return self.trouble or self._no_switch

    def learn(
        self,
        most_a: float | None,
        phases: int | None,
        *,
        switches: bool = True,
        step_a: float = 0.1,
    ) -> None:
        """Set the limits to its reported ones; a clamp learned before is dropped."""
        self.limits = Limits(min(most_a or self._most_a, self._most_a), phases or 3, step_a)
        self._unit_switches = switches

    def see(self, phase: ChargerPhase, drawn: int | None, control: Told, began: float) -> None:
        """Record a read that began then, except for settings written since."""
        self._phase, self._seen_at = phase, began
        if began >= self._wrote_at + self._pace.settle_s:
            self.told = self.told.then(control)
        if phase is ChargerPhase.CHARGING and began >= self._wrote_at + self._pace.stop_s:
            self.told = replace(self.told, paused=False)  # whatever it says
        if phase is ChargerPhase.STANDBY:  # the next car is another, and so may the settings be
            self._drawn_phases, self._no_switch = None, ""
        elif drawn and began >= self._switched_at + self._pace.settle_s:
            self._drawn_phases = drawn

    def next_step(self, now: float) -> Told | None:
        """The next command. One that just failed waits before it is repeated."""
        if self.wanted is None:
            return None
        pace = replace(self._pace, rise_s=max(self._pace.rise_s, self.rise_s))
        step = next_step(self.wanted, self._known(), pace, now)
        if step is None:
            self._failed, self.trouble = None, ""
        elif step == self._failed and now < self._retry_at:
            return None
        return step

    def safe_step(self, current_a: float) -> Told:
        """The command for a charger that is left alone; clears the wanted set-point."""
        self.wanted = None
        safe_a = capped_a(current_a, self.limits)
        return Told(safe_a, paused=False) if safe_a else Told(paused=True)

    def heard(self, step: Told, echo: Told, now: float) -> None:
        """Record the `echo`: less than the command is its limit, any other difference a fault."""
        self._wrote(step, now)
        asked, self.told = self.told.then(step), self.told.then(step).then(echo)
        off_a = (self.told.current_a or 0.0) - (asked.current_a or 0.0)
        if off_a < -_ECHO_A:
            self.limits = replace(self.limits, most_a=self.told.current_a or 0.0)
        if off_a <= _ECHO_A and (asked.paused, asked.phases) == (
            self.told.paused,
            self.told.phases,
        ):
            self._failed, self.trouble = None, ""
        else:
            why = clause(
                "was set to {order} and stays at {text}.",
                order=_words(step),
                text=_words(self.told),
            )
            self._fail(step, why, now)

    def lost(self, step: Told, why: str, now: float) -> None:
        """The outcome of `step` is unknown: nothing of it is certain, and it is sent again."""
        self._wrote(step, now)
        self.told = self.told.without(step)
        self._fail(step, why, now)

    def refused(self, step: Told, why: str, now: float) -> None:
        """Record a refusal of `step`: retried later, phase switches with the next car."""
        self._wrote(step, now)
        if step.phases is not None:
            self._no_switch = why
        self._fail(step, why, now + self._pace.rise_s - self._pace.retry_s)

    def due_at(self, read_at: float, failures: int) -> float:
        """Time of the next read after `read_at`: soon after a write, backed off after failures."""
        pace = self._pace
        usual_s = pace.read_s * 2.0 ** max(0, failures - 1)
        checks = (self._wrote_at + pace.reread_s, self._wrote_at + pace.confirm_s)
        usual_at = read_at + min(usual_s, pace.longest_s)
        return min([usual_at, *(at for at in checks if at > read_at)])

    def _wrote(self, step: Told, now: float) -> None:
        self._wrote_at = now
        if step.phases is not None:
            self._switched_at, self._drawn_phases = now, None

    def _fail(self, step: Told, why: str, now: float) -> None:
        self._failed, self.trouble, self._retry_at = step, why, now + self._pace.retry_s

    def _known(self) -> Known:
        return Known(
            told=self.told,
            limits=self.limits,
            used_phases=self.used_phases,
            idle=self._phase is not ChargerPhase.CHARGING and self._seen_at > self._wrote_at,
            can_switch=self.can_switch,
            wrote_at=self._wrote_at,
            switched_at=self._switched_at,
        )


def _words(told: Told) -> str:
    """A set-point as it is said: "paused", "6.0 A, 3 phases"."""
    parts = [phrase("paused")] if told.paused else []
    if told.current_a is not None:
        parts.append(f"{told.current_a:.1f} A")
    if told.phases is not None:
        one = told.phases == 1
        parts.append(phrase("1 phase") if one else phrase("{count:d} phases", count=told.phases))
    return ", ".join(parts) or phrase("charging")
