"""A set-point as a charging profile that expires. Pure.

A set-point holds for LASTS_S seconds by its own clock and is renewed well before; then the charger
drops to a safe current. Chargers differ in the profiles that they accept: the forms are tried in
order.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from base.limits import VOLT
from ev.chargers.ocpp import heard
from ev.chargers.ocpp.heard import Abilities, Payload

LASTS_S = 115
"""5 s less than promised: for the whole seconds of its clock, and for the delay of the message."""
RENEW_S = 50.0
LOOK_S, EARLIEST_S, LATEST_S = 300, 100, 120
"""Length of a composite schedule that is checked, and the time span in which it must fall."""
PERSISTENT_SPARE_S = 10.0
PERSISTENT_RISE_S = 60.0
"""An increase waits this long after the last write to a charger that keeps each one in flash
memory."""
EARLY = timedelta(seconds=5)
"""A schedule starts this much before now, so that a slightly late clock has started it too."""
DEFAULT_ID, SESSION_ID = 1, 2
Profile = dict[str, object]


class Since(StrEnum):
    """Start from which the time of a profile counts.

    For a relative profile the standard means the start of the session, but not every maker does:
    only a composite schedule proves it.
    """

    CLOCK = "a time of the charger's clock"
    TOLD = "when it is told"
    START = "the start of the session"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of set-point: in the transaction or as the default of all, on which stack level.

    `ends`: it falls back without communication. `since` is the start of its time.
    """

    session: bool
    stack: int
    ends: bool = True
    since: Since = Since.CLOCK

    @property
    def relative(self) -> bool:
        """True if the charger itself defines the start of its time."""
        return self.since is not Since.CLOCK

    @property
    def persistent(self) -> bool:
        """True if the charger keeps it in flash memory, which wears."""
        return not self.session


def forms(can: Abilities, *, session: bool) -> Iterator[Form]:
    """The forms to try, the best first; those of a transaction only when one is known."""
    stacks = sorted({can.stack_level, 0}, reverse=True)
    if session:
        yield from (Form(True, stack) for stack in stacks)
    yield from (Form(False, stack) for stack in sorted(stacks))
    if session:
        yield Form(True, 0, since=Since.TOLD)
        yield Form(True, 0, since=Since.START)
        yield Form(True, 0, ends=False, since=Since.TOLD)
    yield Form(False, 0, ends=False)
    yield Form(False, 0, ends=False, since=Since.TOLD)


@dataclass(frozen=True, slots=True)
class Limit:
    """A on each of these phases; 0 A is a pause. `told`: the number of phases is sent too."""

    current_a: float
    phases: int = 3
    told: bool = False

    def period(self, start_s: int, *, watts: bool) -> dict[str, object]:
        """A period from this second on; rounded down to 0.1 A or whole W."""
        if watts:
            limit: float = math.floor(self.current_a * VOLT * self.phases + 1e-6)
        else:
            limit = math.floor(self.current_a * 10 + 1e-6) / 10
        period: dict[str, object] = {"startPeriod": start_s, "limit": limit}
        if self.told and self.current_a:
            period["numberPhases"] = self.phases
        return period


def default(safe: Limit, *, watts: bool) -> Profile:
    """Default profile: in force from the boot of a charger while no other is."""
    return {
        "chargingProfileId": DEFAULT_ID,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": _unit(watts),
            "chargingSchedulePeriod": [safe.period(0, watts=watts)],
        },
    }


def profile(
    form: Form,
    limit: Limit,
    safe: Limit,
    *,
    booted: Limit | None,
    watts: bool,
    transaction: int | None,
    clock: datetime,
    session_s: float = 0.0,
) -> Profile:
    """The profile with `limit`, and `safe` after LASTS_S; `clock` is the charger's (UTC).

    In a transaction, which lasts `session_s` already, it simply ends when the default of the boot
    is `safe`; otherwise `safe` is its second period.
    """
    start, ends_s = clock - EARLY, LASTS_S + int(EARLY.total_seconds())
    if form.relative:
        ends_s = LASTS_S + int(session_s if form.since is Since.START else 0)
    periods = [limit.period(0, watts=watts)]
    schedule: dict[str, object] = {"chargingRateUnit": _unit(watts)}
    if form.ends and form.session and safe == booted and not form.relative:
        schedule["duration"] = ends_s
    elif form.ends:
        periods.append(safe.period(ends_s, watts=watts))
    schedule["chargingSchedulePeriod"] = periods
    if not form.relative:
        schedule["startSchedule"] = f"{start:%Y-%m-%dT%H:%M:%S}Z"
    found: Profile = {
        "chargingProfileId": SESSION_ID if form.session else DEFAULT_ID,
        "stackLevel": form.stack,
        "chargingProfilePurpose": "TxProfile" if form.session else "TxDefaultProfile",
        "chargingProfileKind": "Relative" if form.relative else "Absolute",
        "chargingSchedule": schedule,
    }
    if form.session and transaction is not None:
        found["transactionId"] = transaction
    return found


def renewal_due(form: Form, limit: Limit, safe: Limit, age_s: float) -> bool:
    """True if a profile that was sent `age_s` ago must be renewed before RENEW_S pass again.

    One in flash memory is renewed as late as is safe, and never when it has no end.
    """
    if not form.persistent:
        return True
    return form.ends and limit != safe and age_s + RENEW_S > LASTS_S - PERSISTENT_SPARE_S


def falls(answer: Payload, limit: Limit, safe: Limit, *, watts: bool) -> bool:
    """True if a composite schedule, from now on, gives `limit` first and `safe` in time.

    A charger that caps `limit` itself may give less, but more than `safe`.
    """
    periods = _periods(answer, watts=watts)
    told, least = (_number(each, watts=watts) for each in (limit, safe))
    if len(periods) < 2:
        return False
    near = _near(told)
    first, (ends_s, last) = periods[0][1], periods[-1]
    in_time = EARLIEST_S <= ends_s <= LATEST_S
    return in_time and least + near < first <= told + near and last <= least + near


def ends_within(answer: Payload, safe: Limit, *, watts: bool) -> bool | None:
    """True if a composite schedule ends at `safe` or below; None when unknown."""
    periods = _periods(answer, watts=watts)
    if not periods:
        return None
    least = _number(safe, watts=watts)
    return periods[-1][1] <= least + _near(least)


def _periods(answer: Payload, *, watts: bool) -> list[tuple[float, float]]:
    """Start, s, and limit of each period of a composite schedule in our unit."""
    schedule = answer.get("chargingSchedule")
    listed = schedule.get("chargingSchedulePeriod") if isinstance(schedule, Mapping) else None
    if not isinstance(schedule, Mapping) or not isinstance(listed, list):
        return []
    if schedule.get("chargingRateUnit") != _unit(watts):
        return []
    return sorted(
        (starts_s, value)
        for one in listed
        if isinstance(one, Mapping)
        and (starts_s := heard.number(one.get("startPeriod"))) is not None
        and (value := heard.number(one.get("limit"))) is not None
    )


def _number(limit: Limit, *, watts: bool) -> float:
    """The number that is sent for this limit."""
    return float(str(limit.period(0, watts=watts)["limit"]))


def _near(value: float) -> float:
    """Rounding difference."""
    return 0.01 * value + 0.05


def _unit(watts: bool) -> str:
    return "W" if watts else "A"
