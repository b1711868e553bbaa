"""A set-point as a charging profile that ends by itself. Pure.

What a charger is told holds LASTS_S seconds by its own clock and is renewed well before; then it
falls to a safe current. Chargers differ in what they take: the forms are tried in order.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from base.limits import VOLT
from ev.chargers.ocpp.heard import Abilities

LASTS_S = 120
RENEW_S = 50.0
EARLY = timedelta(seconds=5)
"""A schedule starts so much before now: a clock that is a little late has started it too."""
DEFAULT_ID, SESSION_ID = 1, 2
Profile = dict[str, object]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to tell: in the transaction or as the default of all, on which stack level.

    `ends`: without a word it falls. `relative`: its time counts from the start of charging, so
    that an end cannot be told.
    """

    session: bool
    stack: int
    ends: bool = True
    relative: bool = False


def forms(can: Abilities, *, session: bool) -> Iterator[Form]:
    """The forms to try, the best first; without a known transaction none that needs one."""
    stacks = sorted({can.stack_level, 0}, reverse=True)
    if session:
        yield from (Form(True, stack) for stack in stacks)
    yield from (Form(False, stack) for stack in sorted(stacks))
    if session:
        yield Form(True, 0, ends=False, relative=True)
    yield Form(False, 0, ends=False)
    yield Form(False, 0, ends=False, relative=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """A on each of so many phases; 0 A is a pause. `told`: whether the number is to be told."""

    current_a: float
    phases: int = 3
    told: bool = False

    def period(self, start_s: int, *, watts: bool) -> dict[str, object]:
        """From so many seconds on; to 0.1 A, or whole W, downwards."""
        if watts:
            limit: float = math.floor(self.current_a * VOLT * self.phases + 1e-6)
        else:
            limit = math.floor(self.current_a * 10 + 1e-6) / 10
        period: dict[str, object] = {"startPeriod": start_s, "limit": limit}
        if self.told and self.current_a:
            period["numberPhases"] = self.phases
        return period


def default(safe: Limit, *, watts: bool) -> Profile:
    """What holds from the boot of a charger on whenever nothing else does."""
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
) -> Profile:
    """The profile that tells `limit`, and `safe` after LASTS_S; `clock` is the charger's (UTC).

    In a transaction it just ends where the default of the boot is `safe`; where that is another
    or was refused (None), `safe` is its second period.
    """
    start, ends_s = clock - EARLY, LASTS_S + int(EARLY.total_seconds())
    periods = [limit.period(0, watts=watts)]
    schedule: dict[str, object] = {"chargingRateUnit": _unit(watts)}
    if form.ends and form.session and safe == booted:
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


def _unit(watts: bool) -> str:
    return "W" if watts else "A"
